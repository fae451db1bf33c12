// Package knownhosts reads known_hosts, judges host keys by it, and adds to it, as OpenSSH does (check_host_key in its
// sshconnect.c).
//
//	Read → Known.At(Place) → Host.Judge(key) → nil, or an *Error with its Verdict
//
// The readers in x/crypto and skeema/knownhosts differ from OpenSSH in four ways that users meet: they refuse a whole
// file because of one line that they cannot read, they do not accept an entry without a port for a host on another
// port than 22, they take a revoked key for revoked on every host, and they call a host certificate of an unknown
// authority an error where OpenSSH looks at the key inside.
package knownhosts

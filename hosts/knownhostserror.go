package hosts

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// shownKey is a key as people compare it.
func shownKey(key ssh.PublicKey) string { return key.Type() + " " + ssh.FingerprintSHA256(key) }

// hostKeyFailure explains a key that was refused.
func (st *settings) hostKeyFailure(e *keyError) *Error {
	name := st.place().names[0]
	switch {
	case e.verdict == errUnknownKey && e.invalid != nil:
		err := fmt.Errorf("the host key of %s is not known: %s, and its certificate of the authority in %s does not count: %w",
			name, shownKey(e.key), e.authority.where(), e.invalid)
		return st.fail(HostKey, err, fmt.Sprintf("have the authority certify the key of the host again, for %s: "+
			"ssh-keygen -s AUTHORITY -h -I NAME -n %[1]s KEY.pub", st.place().principal))
	case e.verdict == errUnknownKey:
		return st.fail(HostKey, fmt.Errorf("the host key of %s is not known: %s", name, shownKey(e.key)), st.unknownHint())
	case e.verdict == errRevokedKey && e.authority != nil:
		err := fmt.Errorf("the authority that certified the host key of %s is revoked by %s: %s", name, e.line.where(),
			shownKey(e.key))
		return st.fail(HostKey, err, "have another authority certify the key of the host")
	case e.verdict == errRevokedKey:
		err := fmt.Errorf("the host key of %s is revoked by %s: %s", name, e.line.where(), shownKey(e.key))
		return st.fail(HostKey, err, "nobody should use this key any more: give the host a new one")
	case e.verdict == errShortKey:
		err := fmt.Errorf("the host key of %s is too short: %s has %d bits, and RequiredRSASize asks for %d", name,
			shownKey(e.key), rsaBits(e.key), st.demands.rsaBits)
		return st.fail(HostKey, err, "give the host a longer key, or one of another kind")
	case e.line == nil: // pinned
		return st.fail(HostKey, fmt.Errorf("the host key of %s is not the one that host_key names: it is %s, not %s", name,
			shownKey(e.key), shownKey(st.pin)),
			"if the host was given a new key, put it into host_key; else somebody may be listening in")
	}
	err := fmt.Errorf("the host key of %s has changed: it is %s, but %s says %s", name, shownKey(e.key), e.line.where(),
		shownKey(e.line.key))
	if e.invalid != nil {
		err = fmt.Errorf("%w, and its certificate of the authority in %s does not count: %w", err, e.authority.where(),
			e.invalid)
	}
	return st.fail(HostKey, err, "somebody may be listening in; if the host was really given a new key, "+
		e.line.removal(name))
}

// where is the place of an entry.
func (l *knownLine) where() string { return l.file + ":" + strconv.Itoa(l.line) }

// removal says how to remove an entry.
func (l *knownLine) removal(name string) string {
	if strings.ContainsAny(l.hosts, "*?!") { // which ssh-keygen leaves alone
		return fmt.Sprintf("remove line %d of %s, which is about other hosts too", l.line, l.file)
	}
	return fmt.Sprintf("run ssh-keygen -R %s -f %s", word(name), word(l.file))
}

// word is a word of a command line, in quotes only where it needs them.
func word(s string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-:@%+=,", r)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !plain(r) }) {
		return Quote(s)
	}
	return s
}

// unknownHint says how a key becomes known.
func (st *settings) unknownHint() string {
	file := st.ownKnown()
	otherwise := "connect once with a terminal to be asked, or take every new key with --host-keys accept-new"
	switch {
	case file == "":
		return "there is no known_hosts file to put it into: check the fingerprint, and give the key as host_key"
	case st.alias != "" || len(st.jumps) > 0 || st.proxyCommand != "": // ssh-keyscan finds it under another name, or not at all
		return "check the fingerprint, then " + otherwise
	}
	return fmt.Sprintf("check the fingerprint, then run ssh-keyscan -p %d %s >> %s, or %s", st.port, st.host,
		word(file), otherwise)
}

// ownKnown is the file that new keys are added to, or "" if there is none.
func (st *settings) ownKnown() string {
	if len(st.userKnown) == 0 {
		return ""
	}
	return st.userKnown[0]
}

// unreadable is the error of known_hosts that cannot be read.
func (st *settings) unreadable(err error) *Error {
	return st.fail(HostKey, fmt.Errorf("known_hosts cannot be read: %w", err),
		"mend what keeps it from being read, or name another file with known_hosts")
}

// untrusted is the error of a new key that a person did not trust; err is why there was no answer.
func (st *settings) untrusted(key ssh.PublicKey, err error) *Error {
	name := st.place().names[0]
	if err != nil {
		err = fmt.Errorf("the new host key of %s was neither trusted nor refused: %w", name, err)
	} else {
		err = errors.New("the new host key of " + name + " was not trusted: " + shownKey(key))
	}
	return st.fail(HostKey, err, "compare the fingerprint with the one that the host itself shows: "+
		"ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")
}

package hosts

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"deployer/internal/sshconfig"

	"golang.org/x/crypto/ssh"
)

// This file reads known_hosts and judges host keys as OpenSSH does (check_host_key in its sshconnect.c). The readers in
// x/crypto and skeema/knownhosts differ from it in four ways that users meet: they refuse a whole file because of one
// line that they cannot read, they do not accept an entry without a port for a host on another port than 22, they take
// a revoked key for revoked on every host, and they call a host certificate of an unknown authority an error where
// OpenSSH looks at the key inside.

// known is what known_hosts says about some hosts.
type known []knownLine

// knownLine is an entry of known_hosts.
type knownLine struct {
	file   string
	line   int
	marker string // "", certAuthority or revoked
	hosts  string // patterns, or the hash of one name
	kind   string // of the key, as the line says
	blob   string // of the key, in base64
	key    ssh.PublicKey
}

const (
	certAuthority = "@cert-authority"
	revoked       = "@revoked"
)

// readKnown reads the entries of all files. A file that does not exist has none.
func readKnown(files []string) (known, error) {
	var all known
	for _, file := range files {
		text, err := os.ReadFile(file)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		all = append(all, parseKnown(file, text)...)
	}
	return all, nil
}

// parseKnown passes over lines that cannot be read, as OpenSSH does: they can only make a host unknown.
func parseKnown(file string, text []byte) known {
	var all known
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if entry, ok := parseKnownLine(string(line)); ok {
			entry.file, entry.line = file, number
			all = append(all, entry)
		}
	}
	return all
}

func parseKnownLine(text string) (l knownLine, ok bool) {
	fields := strings.Fields(text)
	if len(fields) > 0 && strings.HasPrefix(fields[0], "@") {
		l.marker, fields = fields[0], fields[1:]
		if l.marker != certAuthority && l.marker != revoked {
			return l, false
		}
	}
	if len(fields) < 3 || strings.HasPrefix(fields[0], "#") {
		return l, false
	}
	l.hosts, l.kind, l.blob = fields[0], fields[1], fields[2]
	return l, true
}

// readKey reads the key of a line, which is done for the few that are about the host in question.
func (l *knownLine) readKey() bool {
	blob, err := base64.StdEncoding.DecodeString(l.blob)
	if err != nil {
		return false
	}
	l.key, err = ssh.ParsePublicKey(blob)
	return err == nil && l.key.Type() == l.kind
}

// knownName is how known_hosts names a host.
func knownName(host string, port int) string {
	host = strings.ToLower(host)
	if port == defaultPort {
		return host
	}
	return "[" + host + "]:" + strconv.Itoa(port)
}

// of reports whether the entry is about a host.
func (l *knownLine) of(name string) bool {
	if strings.HasPrefix(l.hosts, "|") {
		return hashedIs(l.hosts, name)
	}
	return sshconfig.MatchesName(l.hosts, name)
}

// hashedIs reports whether |1|SALT|HASH stands for name.
func hashedIs(hashed, name string) bool {
	parts := strings.Split(hashed, "|")
	if len(parts) != 4 || parts[1] != "1" {
		return false
	}
	salt, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil {
		return false
	}
	sum, err := base64.StdEncoding.DecodeString(parts[3])
	if err != nil {
		return false
	}
	mac := hmac.New(sha1.New, salt)
	mac.Write([]byte(name))
	return hmac.Equal(mac.Sum(nil), sum)
}

// about returns the entries for a host whose keys can be read.
func (k known) about(name string) known {
	var found known
	for _, l := range k {
		if l.of(name) && l.readKey() {
			found = append(found, l)
		}
	}
	return found
}

// The ways in which known_hosts can stand to a key.
var (
	errUnknownKey = errors.New("the host key is not known")
	errChangedKey = errors.New("the host key has changed")
	errRevokedKey = errors.New("the host key is revoked")
)

// keyError says why a host key is not trusted.
type keyError struct {
	verdict   error // one of the above
	key       ssh.PublicKey
	line      *knownLine // that says otherwise; nil for an unknown key
	invalid   error      // why its certificate does not count; nil if it has none of a known authority
	authority *knownLine // that the certificate is of
}

func (e *keyError) Error() string { return e.verdict.Error() }
func (e *keyError) Unwrap() error { return e.verdict }

// place is what a host is called: its names in known_hosts, the first of which counts, and in certificates.
type place struct {
	names     []string
	principal string
}

// place returns how known_hosts calls the host. An entry without a port is good for every port.
func (st *settings) place() place {
	if st.alias != "" {
		name := strings.ToLower(st.alias)
		return place{[]string{name}, name}
	}
	host := strings.ToLower(st.host)
	p := place{[]string{knownName(host, st.port)}, host}
	if st.port != defaultPort {
		p.names = append(p.names, host)
	}
	return p
}

// hostEntries are the entries for one host, by its names.
type hostEntries struct {
	place
	by      []known  // as place.names
	signing []string // what authorities may sign with; nil: all that is safe
}

// at returns the entries for a host.
func (k known) at(p place) *hostEntries {
	h := &hostEntries{place: p}
	for _, name := range p.names {
		h.by = append(h.by, k.about(name))
	}
	return h
}

// judge returns nil for a trusted key, else a *keyError.
func (h *hostEntries) judge(key ssh.PublicKey) error {
	cert, isCert := key.(*ssh.Certificate)
	if !isCert {
		return h.judgePlain(&keyError{key: key})
	}
	bad := &keyError{key: cert.Key}
	for _, about := range h.by {
		if l := about.find(revoked, cert.SignatureKey); l != nil {
			return &keyError{verdict: errRevokedKey, key: cert.SignatureKey, line: l, authority: l}
		}
		l := about.find(certAuthority, cert.SignatureKey)
		if l == nil || bad.authority != nil {
			continue
		}
		if bad.invalid = h.check(cert); bad.invalid == nil {
			return h.notRevoked(cert.Key)
		}
		bad.authority = l
	}
	return h.judgePlain(bad) // the key inside may be known
}

// notRevoked returns nil, or a *keyError for a revoked key.
func (h *hostEntries) notRevoked(key ssh.PublicKey) error {
	for _, about := range h.by {
		if l := about.find(revoked, key); l != nil {
			return &keyError{verdict: errRevokedKey, key: key, line: l}
		}
	}
	return nil
}

// judgePlain judges a key without its certificate. bad becomes the error, if it is not trusted.
func (h *hostEntries) judgePlain(bad *keyError) error {
	for i, about := range h.by {
		if l := about.find(revoked, bad.key); l != nil {
			bad.verdict, bad.line = errRevokedKey, l
			return bad
		}
		if about.find("", bad.key) != nil {
			return nil
		}
		if l := about.other(bad.key); l != nil && i == 0 {
			bad.verdict, bad.line = errChangedKey, l
			return bad
		}
	}
	bad.verdict = errUnknownKey
	return bad
}

func (k known) find(marker string, key ssh.PublicKey) *knownLine {
	for i, l := range k {
		if l.marker == marker && bytes.Equal(l.key.Marshal(), key.Marshal()) {
			return &k[i]
		}
	}
	return nil
}

// other returns the entry that another key was expected by, preferably one of the same type.
func (k known) other(key ssh.PublicKey) *knownLine {
	var found *knownLine
	for i, l := range k {
		if l.marker == "" && (found == nil || l.key.Type() == key.Type() && found.key.Type() != key.Type()) {
			found = &k[i]
		}
	}
	return found
}

// check checks a certificate of a known authority.
func (h *hostEntries) check(cert *ssh.Certificate) error {
	if format := cert.Signature.Format; h.signing != nil && !slices.Contains(h.signing, format) {
		return fmt.Errorf("it is signed with %s, which CASignatureAlgorithms leaves out", format)
	}
	return checkCertificate(cert, h.principal)
}

// checkCertificate checks what the authority certified, but not the authority. Its error says what the certificate is.
func checkCertificate(cert *ssh.Certificate, principal string) error {
	for condition := range cert.CriticalOptions {
		return fmt.Errorf("it has a condition that is not known: %q", condition)
	}
	switch now := time.Now(); {
	case cert.CertType != ssh.HostCert:
		return errors.New("it is not for hosts")
	case cert.Signature.Format == ssh.KeyAlgoRSA:
		return errors.New("it is signed with SHA-1")
	case cert.ValidBefore != ssh.CertTimeInfinity && now.Unix() >= int64(cert.ValidBefore):
		return errors.New("it ended at " + certTime(cert.ValidBefore))
	case now.Unix() < int64(cert.ValidAfter):
		return errors.New("it begins at " + certTime(cert.ValidAfter))
	case len(cert.ValidPrincipals) > 0 && !slices.Contains(cert.ValidPrincipals, principal): // without any, it is for all
		return errors.New("it is for other hosts: " + printable(strings.Join(cert.ValidPrincipals, ", ")))
	}
	var checker ssh.CertChecker
	return checker.CheckCert(principal, cert)
}

// certTime is a time as certificates have it.
func certTime(t uint64) string { return time.Unix(int64(t), 0).UTC().Format(time.RFC3339) }

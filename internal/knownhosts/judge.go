package knownhosts

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"deployer/internal/printable"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// The ways in which known_hosts can stand to a key.
var (
	ErrUnknown = errors.New("the host key is not known")
	ErrChanged = errors.New("the host key has changed")
	ErrRevoked = errors.New("the host key is revoked")
)

// Error says why a host key is not trusted.
type Error struct {
	Verdict   error // one of the above
	Key       ssh.PublicKey
	Line      *Line // that says otherwise; nil for an unknown key
	Invalid   error // why its certificate does not count; nil if it has none of a known authority
	Authority *Line // that the certificate is of
}

func (e *Error) Error() string { return e.Verdict.Error() }
func (e *Error) Unwrap() error { return e.Verdict }

// Judge returns nil for a trusted key, else an *Error.
func (h *Host) Judge(key ssh.PublicKey) error {
	cert, isCert := key.(*ssh.Certificate)
	if !isCert {
		return h.judgePlain(&Error{Key: key})
	}
	bad := &Error{Key: cert.Key}
	for _, about := range h.by {
		if l := about.find(revoked, cert.SignatureKey); l != nil {
			return &Error{Verdict: ErrRevoked, Key: cert.SignatureKey, Line: l, Authority: l}
		}
		l := about.find(certAuthority, cert.SignatureKey)
		if l == nil || bad.Authority != nil {
			continue
		}
		if bad.Invalid = h.check(cert); bad.Invalid == nil {
			return h.notRevoked(cert.Key)
		}
		bad.Authority = l
	}
	return h.judgePlain(bad) // the key inside may be known
}

// Refuse returns an *Error for a key that is revoked by any of the entries, or whose authority is, and else nil.
func (e Entries) Refuse(key ssh.PublicKey) error {
	if cert, ok := key.(*ssh.Certificate); ok {
		if l := e.find(revoked, cert.SignatureKey); l != nil {
			return &Error{Verdict: ErrRevoked, Key: cert.SignatureKey, Line: l, Authority: l}
		}
		key = cert.Key
	}
	if l := e.find(revoked, key); l != nil {
		return &Error{Verdict: ErrRevoked, Key: key, Line: l}
	}
	return nil
}

// notRevoked returns nil, or an *Error for a revoked key.
func (h *Host) notRevoked(key ssh.PublicKey) error {
	for _, about := range h.by {
		if l := about.find(revoked, key); l != nil {
			return &Error{Verdict: ErrRevoked, Key: key, Line: l}
		}
	}
	return nil
}

// judgePlain judges a key without its certificate. bad becomes the error, if it is not trusted.
func (h *Host) judgePlain(bad *Error) error {
	for i, about := range h.by {
		if l := about.find(revoked, bad.Key); l != nil {
			bad.Verdict, bad.Line = ErrRevoked, l
			return bad
		}
		if about.find("", bad.Key) != nil {
			return nil
		}
		if l := about.other(bad.Key); l != nil && i == 0 {
			bad.Verdict, bad.Line = ErrChanged, l
			return bad
		}
	}
	bad.Verdict = ErrUnknown
	return bad
}

func (e Entries) find(marker string, key ssh.PublicKey) *Line {
	for i, l := range e {
		if l.Marker == marker && bytes.Equal(l.Key.Marshal(), key.Marshal()) {
			return &e[i]
		}
	}
	return nil
}

// other returns the entry that another key was expected by, preferably one of the same type.
func (e Entries) other(key ssh.PublicKey) *Line {
	var found *Line
	for i, l := range e {
		if l.Marker == "" && (found == nil || l.Key.Type() == key.Type() && found.Key.Type() != key.Type()) {
			found = &e[i]
		}
	}
	return found
}

// check checks a certificate of a known authority.
func (h *Host) check(cert *ssh.Certificate) error {
	if format := cert.Signature.Format; h.signing != nil && !slices.Contains(h.signing, format) {
		return fmt.Errorf("it is signed with %s, which CASignatureAlgorithms leaves out", format)
	}
	return checkCertificate(cert, h.place.Principal)
}

// checkCertificate checks what the authority certified, but not the authority. Its error says what the certificate is.
func checkCertificate(cert *ssh.Certificate, principal string) error {
	for condition := range cert.CriticalOptions {
		return fmt.Errorf("it has a condition that is not known: %q", condition)
	}
	outside := sshkeys.Outside(cert, time.Now())
	switch {
	case cert.CertType != ssh.HostCert:
		return errors.New("it is not for hosts")
	case cert.Signature.Format == ssh.KeyAlgoRSA:
		return errors.New("it is signed with SHA-1")
	case outside != "":
		return errors.New("it " + outside)
	case len(cert.ValidPrincipals) > 0 && !slices.Contains(cert.ValidPrincipals, principal): // without any, it is for all
		return errors.New("it is for other hosts: " + printable.Text(strings.Join(cert.ValidPrincipals, ", ")))
	}
	var checker ssh.CertChecker
	return checker.CheckCert(principal, cert)
}

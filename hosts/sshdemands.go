package hosts

import (
	"bytes"
	"crypto/rsa"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// demands are what ssh_config asks of keys beyond their kind.
type demands struct {
	rsaBits int      // that RSA keys must have
	signing []string // what an authority may sign host keys with; nil: all that is safe
	revoked known    // host keys, and authorities, that nobody is to trust
}

// demands finds them.
func (r *resolver) demands() error {
	d := &r.st.demands
	d.rsaBits = r.RequiredRSASize
	r.st.crypto.RekeyThreshold = uint64(r.RekeyLimit)
	if said := r.CASignatureAlgorithms; said != "" {
		plain := slices.DeleteFunc(slices.Clone(hostKeyAlgorithms), isCertificate)
		if d.signing = said.Of(plain, plain); len(d.signing) == 0 {
			return r.wrong("CASignatureAlgorithms", fmt.Errorf("names nothing that is known here: %s", strings.Join(plain, ", ")))
		}
	}
	for _, file := range r.RevokedHostKeys {
		keys, err := readRevoked(file)
		if err != nil {
			return r.wrong("RevokedHostKeys", err)
		}
		d.revoked = append(d.revoked, keys...)
	}
	return nil
}

// readRevoked reads a list of public keys. What cannot be read is an error, since it may be what matters.
func readRevoked(file string) (known, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("SSHKRL\n")) {
		return nil, fmt.Errorf("%s: revocation lists of ssh-keygen -k are not supported, lists of public keys are", file)
	}
	var all known
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		key, _, _, _, err := ssh.ParseAuthorizedKey(line)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: it is not a public key", file, number)
		}
		all = append(all, knownLine{file: file, line: number, marker: revoked, key: key})
	}
	return all, nil
}

var errShortKey = errors.New("the host key is too short")

// refuse returns nil, or a *keyError for a host key that is not to be used, whatever known_hosts says of it.
func (d *demands) refuse(key ssh.PublicKey) error {
	plain := key
	if cert, ok := key.(*ssh.Certificate); ok {
		plain = cert.Key
		if l := d.revoked.find(revoked, cert.SignatureKey); l != nil {
			return &keyError{verdict: errRevokedKey, key: cert.SignatureKey, line: l, authority: l}
		}
	}
	if l := d.revoked.find(revoked, plain); l != nil {
		return &keyError{verdict: errRevokedKey, key: plain, line: l}
	}
	if d.tooShort(plain) {
		return &keyError{verdict: errShortKey, key: plain}
	}
	return nil
}

// tooShort reports whether a key is an RSA key with fewer bits than are asked for.
func (d *demands) tooShort(key ssh.PublicKey) bool {
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return rsaBits(key) > 0 && rsaBits(key) < d.rsaBits
}

// rsaBits is the length of an RSA key, and 0 of others.
func rsaBits(key ssh.PublicKey) int {
	holder, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return 0
	}
	if public, ok := holder.CryptoPublicKey().(*rsa.PublicKey); ok {
		return public.N.BitLen()
	}
	return 0
}

// warn tells of what ssh_config says and has no effect here.
func (r *resolver) warn() {
	for _, n := range r.Unsupported {
		r.st.warnings = append(r.st.warnings, fmt.Sprintf("ssh_config: %s has no effect here", n))
	}
	for _, v := range r.Values("BindInterface") {
		r.st.warnings = append(r.st.warnings, fmt.Sprintf("ssh_config: %s: BindInterface has no effect here", v.At))
	}
	if r.AddKeysToAgent == "ask" {
		at := r.Values("AddKeysToAgent")[0].At
		r.st.warnings = append(r.st.warnings, fmt.Sprintf("ssh_config: %s: AddKeysToAgent ask has no effect here", at))
	}
	if r.RekeyInterval > 0 {
		at := r.Values("RekeyLimit")[0].At
		r.st.warnings = append(r.st.warnings, fmt.Sprintf("ssh_config: %s: the time of RekeyLimit has no effect here", at))
	}
}

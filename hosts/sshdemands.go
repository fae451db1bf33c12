package hosts

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"deployer/internal/knownhosts"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// demands are what ssh_config asks of keys beyond their kind.
type demands struct {
	rsaBits int                // that RSA keys must have
	signing []string           // what an authority may sign host keys with; nil: all that is safe
	revoked knownhosts.Entries // host keys, and authorities, that nobody is to trust
}

// demands finds them.
func (r *resolver) demands() error {
	d := &r.st.demands
	d.rsaBits = r.RequiredRSASize
	r.st.crypto.RekeyThreshold = uint64(r.RekeyLimit)
	if said := r.CASignatureAlgorithms; said != "" {
		plain := slices.DeleteFunc(sshkeys.HostAlgorithms(), sshkeys.IsCertificate)
		if d.signing = said.Of(plain, plain); len(d.signing) == 0 {
			return r.wrong("CASignatureAlgorithms", fmt.Errorf("names nothing that is known here: %s", strings.Join(plain, ", ")))
		}
	}
	for _, file := range r.RevokedHostKeys {
		keys, err := knownhosts.ReadRevoked(file)
		if err != nil {
			return r.wrong("RevokedHostKeys", err)
		}
		d.revoked = append(d.revoked, keys...)
	}
	return nil
}

var errShortKey = errors.New("the host key is too short")

// refuse returns nil, or a *knownhosts.Error for a host key that is not to be used, whatever known_hosts says of it.
func (d *demands) refuse(key ssh.PublicKey) error {
	if err := d.revoked.Refuse(key); err != nil || !d.tooShort(key) {
		return err
	}
	if cert, ok := key.(*ssh.Certificate); ok {
		key = cert.Key
	}
	return &knownhosts.Error{Verdict: errShortKey, Key: key}
}

// tooShort reports whether a key is an RSA key with fewer bits than are asked for.
func (d *demands) tooShort(key ssh.PublicKey) bool {
	bits := sshkeys.RSABits(key)
	return bits > 0 && bits < d.rsaBits
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

package hosts

import (
	"deployer/internal/knownhosts"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// keyKinds are the algorithms of host keys that may be asked for. The zero value is all that are safe.
type keyKinds struct {
	allowed []string // the best first; nil: all that are safe
	fixed   bool     // in this order, whatever is known of the host
}

func (k keyKinds) all() []string {
	if k.allowed == nil {
		return sshkeys.HostAlgorithms()
	}
	return k.allowed
}

// order returns the algorithms with those first whose keys are known.
func (k keyKinds) order(h *knownhosts.Host) []string {
	if k.fixed {
		return k.all()
	}
	return h.Order(k.all())
}

// of returns the algorithms that a key can sign with, without a certificate: what is allowed, else what is safe, since
// the key itself was asked for.
func (k keyKinds) of(key ssh.PublicKey) []string {
	if allowed := sshkeys.Plain(key, k.all()); len(allowed) > 0 {
		return allowed
	}
	return sshkeys.Plain(key, sshkeys.HostAlgorithms())
}

// signs returns how a key may sign to log in, as algorithms of the key without its certificate. It may return none.
func (st *settings) signs(key ssh.PublicKey) []string {
	allowed := st.signatures
	if allowed == nil {
		allowed = sshkeys.UserAlgorithms()
	}
	return sshkeys.Signatures(key, allowed)
}

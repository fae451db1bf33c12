package hosts

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"deployer/internal/sshagent"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// credential is a key that can be offered to a server, or a certificate of one.
type credential struct {
	name   string          // for people
	public ssh.PublicKey   // nil of an encrypted key whose format hides it, and where no .pub file tells it
	signer ssh.Signer      // nil while locked
	locked *sshkeys.Locked // not nil: the passphrase is not known yet
	held   *sshagent.Link  // not nil: the agent signs
	file   string          // that asks for it; "": it is another one of the agent's
}

// shortName is its name without the agent's.
func (c *credential) shortName() string { return strings.TrimPrefix(c.name, agentKey+": ") }

// way is its name among the ways that were tried: the keys of the agent are counted.
func (c *credential) way() string {
	if c.held != nil {
		return agentKey
	}
	return c.name
}

func newCredential(name string, signer ssh.Signer) *credential {
	return &credential{name: name, public: signer.PublicKey(), signer: signer}
}

// distinct leaves out keys that come a second time.
func distinct(all []*credential) []*credential {
	var out []*credential
	for _, c := range all {
		if !slices.ContainsFunc(out, func(o *credential) bool { return sshkeys.Same(o.public, c.public) }) {
			out = append(out, c)
		}
	}
	return out
}

// certified returns the way to log in with a key and its certificate.
func (c *credential) certified(name string, cert *ssh.Certificate) (*credential, error) {
	if !bytes.Equal(cert.Key.Marshal(), c.public.Marshal()) {
		return nil, fmt.Errorf("it is for another key")
	}
	with := &credential{name: name + validity(cert), public: cert, locked: c.locked, held: c.held, file: c.file}
	if c.signer == nil {
		return with, nil
	}
	signer, err := ssh.NewCertSigner(cert, c.signer)
	with.signer = signer
	return with, err
}

// validity says of a certificate that is not valid now when it is. It is offered all the same: what counts is the
// clock of the server.
func validity(cert *ssh.Certificate) string {
	if outside := sshkeys.Outside(cert, time.Now()); outside != "" {
		return " (its certificate " + outside + ")"
	}
	return ""
}

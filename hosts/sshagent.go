package hosts

import (
	"fmt"
	"io"
	"time"

	"deployer/internal/printable"
	"deployer/internal/sshagent"
	"deployer/internal/sshkeys"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// agentKey begins the names of keys that the agent holds.
const agentKey = "agent"

// signing is how long an agent may take for a signature: it may want its owner to confirm it, or to touch the key.
type signing struct {
	quiet  time.Duration // until the person is told what is waited for
	person time.Duration // that a signature may take
	alone  time.Duration // the same, where nobody is there who could be told
}

var defaultSigning = signing{quiet: 2 * time.Second, person: 2 * time.Minute, alone: 30 * time.Second}

// heldBy is the way to log in with a key that the agent holds, or nil if it is none that we can use.
func (a *attempt) heldBy(l *sshagent.Link, key *agent.Key) *credential {
	public, err := ssh.ParsePublicKey(key.Blob)
	if err != nil || public.Type() == "ssh-dss" {
		return nil // of a kind that no server takes, or that x/crypto does not know
	}
	name := agentKey
	if key.Comment != "" {
		name += ": " + printable.Text(key.Comment)
	}
	c := &credential{name: name, public: public, held: l}
	c.signer = &agentSigner{attempt: a, credential: c}
	return c
}

// agentSigner signs with a key of the agent.
type agentSigner struct {
	attempt    *attempt
	credential *credential
}

func (s *agentSigner) PublicKey() ssh.PublicKey { return s.credential.public }

func (s *agentSigner) Sign(random io.Reader, data []byte) (*ssh.Signature, error) {
	return s.SignWithAlgorithm(random, data, "")
}

// SignWithAlgorithm has the agent sign. That takes as long as its owner takes, which the time limit leaves out.
func (s *agentSigner) SignWithAlgorithm(_ io.Reader, data []byte, algorithm string) (sig *ssh.Signature, err error) {
	defer s.attempt.pause()()
	defer s.attempt.tellIfSlow(s.credential)()
	sig, err = s.credential.held.Sign(s.credential.public, data, algorithm, s.attempt.signLimit())
	if err != nil {
		s.attempt.notSigned(s.credential, err)
	}
	return sig, err
}

func (a *attempt) signLimit() time.Duration {
	if a.st.person(a.session) == nil {
		return a.pool.signing.alone
	}
	return a.pool.signing.person
}

// tellIfSlow says what is waited for, if it is not done soon.
func (a *attempt) tellIfSlow(c *credential) (done func()) {
	signed := make(chan struct{})
	what := "confirm it there"
	if sshkeys.IsHardware(c.public) {
		what = "touch the key"
	}
	a.pool.tasks.Go(func() {
		timer := time.NewTimer(a.pool.signing.quiet)
		defer timer.Stop()
		select {
		case <-signed:
		case <-a.ctx.Done():
		case <-timer.C:
			a.pool.log(a.ctx, journal.Message, a.st.slug, fmt.Sprintf("waiting for the agent to sign with %s: %s",
				c.shortName(), what))
		}
	})
	return func() { close(signed) }
}

// notSigned notes that an agent did not sign. The next key is tried.
func (a *attempt) notSigned(c *credential, err error) {
	a.unsigned = true
	switch {
	case c.held.Gone() != nil:
		a.leftOut(fmt.Sprintf("%s (%v)", agentKey, err))
		a.advice = "the server takes a key of the agent that SSH_AUTH_SOCK names: see whether it works, with ssh-add -l"
	case sshkeys.IsHardware(c.public):
		a.leftOut(c.name + " (the server takes it, but the agent did not sign)")
		a.advice = "plug the key in and touch it when it asks for that"
	default:
		a.leftOut(c.name + " (the server takes it, but the agent refused to sign)")
		a.advice = "unlock the agent with ssh-add -X, or confirm the use of the key when it asks for that"
	}
}

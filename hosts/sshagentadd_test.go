package hosts

import (
	"errors"
	"net"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// taking is an agent that remembers what it was given, or refuses it.
type taking struct {
	agent.ExtendedAgent
	mu    sync.Mutex
	wrong error
	given []agent.AddedKey
}

func (a *taking) Add(key agent.AddedKey) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.wrong != nil {
		return a.wrong
	}
	a.given = append(a.given, key)
	return a.ExtendedAgent.Add(key)
}

// What a person has typed the passphrase of goes to the agent once, as AddKeysToAgent says.
func TestAgentAdding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		config  string
		given   int
		confirm bool
		life    uint32
		warned  string
	}{
		{"", 0, false, 0, ""},
		{"AddKeysToAgent no\n", 0, false, 0, ""},
		{"AddKeysToAgent yes\n", 1, false, 0, ""},
		{"AddKeysToAgent confirm 5m\n", 1, true, 300, ""},
		{"AddKeysToAgent 1h\n", 1, false, 3600, ""},
		{"AddKeysToAgent ask\n", 0, false, 0, "AddKeysToAgent ask has no effect here"},
	} {
		t.Run(strings.TrimSpace(c.config), func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Person: &sshPerson{passwords: []string{"wrong", "secret"}}})
			l.lock("id_ed25519", "secret")
			held := &taking{ExtendedAgent: ring(t)}
			l.serveAgent(func(net.Conn) agent.Agent { return held })
			s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{l.key}})
			o := l.reading(at("web", s.Port()), c.config)
			for _, o.Slug = range []string{"web", "db"} {
				l.output(o, "true")
			}
			if c.warned != "" {
				l.warned(c.warned)
			}
			if len(held.given) != c.given {
				t.Fatalf("it was given %d keys, want %d", len(held.given), c.given)
			}
			for _, key := range held.given {
				if key.Comment != "~/.ssh/id_ed25519" || key.ConfirmBeforeUse != c.confirm || key.LifetimeSecs != c.life {
					t.Errorf("%q, confirm %v, %d s", key.Comment, key.ConfirmBeforeUse, key.LifetimeSecs)
				}
			}
		})
	}
}

// OpenSSH's agent takes such a key, with which nobody is asked any more.
func TestRealAgentAdding(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{passwords: []string{"secret"}}})
	l.realAgent()
	l.lock("id_ed25519", "secret")
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{l.key}})
	o := l.reading(at("web", s.Port()), "AddKeysToAgent 10m\n")
	l.output(o, "true")
	if err := l.session.Close(); err != nil {
		t.Fatal(err)
	}
	l.open(Options{})
	l.output(o, "true")
}

// An agent that does not take it keeps nobody from logging in.
func TestAgentNotTaking(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{passwords: []string{"secret"}}})
	l.lock("id_ed25519", "secret")
	l.agentOf(&taking{ExtendedAgent: ring(t), wrong: errors.New("full")})
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{l.key}})
	l.output(l.reading(at("web", s.Port()), "AddKeysToAgent yes\n"), "true")
	l.warned("the agent did not take ~/.ssh/id_ed25519")
}

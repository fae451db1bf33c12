package hosts

import (
	"context"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// knowing is a person who knows the answer to every question, by what it is for.
type knowing struct {
	answers map[string]string // by PasswordQuestion.Prompt, else What
	mu      sync.Mutex
	asked   []PasswordQuestion
}

func (p *knowing) Password(_ context.Context, q PasswordQuestion) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	answer, ok := p.answers[first(q.Prompt, q.What)]
	if !ok {
		return "", fmt.Errorf("an unexpected question: %+v", q)
	}
	return answer, nil
}

func (p *knowing) TrustKeys(context.Context, []NewKey) (bool, error) {
	return false, errors.New("an unexpected question")
}

// way is a way to log in.
type way struct {
	name string
	// prepare makes what it needs, and returns what every server on the way requires.
	prepare func(l *lab, o *SSHOptions) sshserver.Options
	answers map[string]string
	asked   func(servers int) int // how many questions there must be; nil: none
	config  string                // of ssh_config
	here    bool                  // it is for the host alone: jump hosts are logged in to by key
}

// depths are how many jump hosts there are. With two of them, hosts are reached directly and through others in one go:
// that is enough but for the long tests.
func (w *way) depths() []int {
	switch {
	case soak():
		return []int{0, 1, 2}
	case w.here:
		return []int{0, 2}
	}
	return []int{2}
}

// TestWaysIn logs in to a host and to every jump host before it, in every way there is.
func TestWaysIn(t *testing.T) {
	t.Parallel()
	key := newRSA(t) // which takes its time
	for _, w := range slices.Concat(waysByKey(key), waysByCertificate(key), waysByWord(), waysInSteps()) {
		for _, depth := range w.depths() {
			t.Run(fmt.Sprintf("%s, %d jumps", w.name, depth), func(t *testing.T) {
				t.Parallel()
				person := &knowing{answers: w.answers}
				options := Options{}
				if w.answers != nil {
					options.Person = person
				}
				l := newLab(t, options)
				if !w.here {
					l.remove("id_ed25519")
				}
				o := SSHOptions{}
				server := w.prepare(l, &o)
				jump := server
				if w.here {
					jump = sshserver.Options{}
				}
				o = l.reading(l.chain(o, depth, jump, server), w.config)
				if got := l.output(o, "echo there"); got != "there\n" {
					t.Errorf("output %q", got)
				}
				want := 0
				if w.asked != nil {
					want = w.asked(depth + 1)
				}
				if len(person.asked) != want {
					t.Errorf("asked %d questions, want %d: %+v", len(person.asked), want, person.asked)
				}
			})
		}
	}
}

// chain starts servers in a row, and returns options for the last, which is reached through all others.
func (l *lab) chain(o SSHOptions, depth int, jump, last sshserver.Options) SSHOptions {
	l.Helper()
	var way []string
	for range depth {
		way = append(way, fmt.Sprintf("deploy@127.0.0.1:%d", l.server(jump).Port()))
	}
	there := at("web", l.server(last).Port())
	o.Slug, o.Address, o.Port, o.Username, o.ConfigFilename = there.Slug, there.Address, there.Port, there.Username, "none"
	o.Jump = strings.Join(way, ",")
	return o
}

func authorized(keys ...ssh.PublicKey) sshserver.Options {
	return sshserver.Options{AuthorizedKeys: keys}
}

func (l *lab) remove(name string) {
	l.Helper()
	if err := os.Remove(l.path(name)); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) chmod(name string, mode os.FileMode) {
	l.Helper()
	if err := os.Chmod(l.path(name), mode); err != nil {
		l.Fatal(err)
	}
}

// keyFile writes a private key as a file in ~/.ssh.
func (l *lab) keyFile(name string, key any) {
	l.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		l.Fatal(err)
	}
	l.write(name, string(pem.EncodeToMemory(block)))
}

// lock gives a key file a passphrase, in one of the formats of ssh-keygen.
func (l *lab) lock(name, passphrase string, format ...string) {
	l.Helper()
	line := append([]string{"-q", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", l.path(name)}, format...)
	if out, err := exec.Command("ssh-keygen", line...).CombinedOutput(); err != nil {
		l.Fatalf("%v: %s", err, out)
	}
}

// crowd makes an agent that holds many keys, and returns them.
func (l *lab) crowd(n int) (publics []ssh.PublicKey) {
	l.Helper()
	keys := pairs(l, n)
	for _, key := range keys {
		publics = append(publics, publicOf(l.T, key))
	}
	l.agentOf(ring(l, keys...))
	return publics
}

// newAuthority makes an authority for certificates of users.
func newAuthority(t testing.TB) (ssh.Signer, ssh.PublicKey) {
	t.Helper()
	private, public := newPair(t)
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

// certify makes a certificate for an account.
func certify(t testing.TB, authority ssh.Signer, key ssh.PublicKey, account string) *ssh.Certificate {
	t.Helper()
	cert := &ssh.Certificate{
		Key: key, CertType: ssh.UserCert, KeyId: "test", ValidPrincipals: []string{account},
		ValidBefore: uint64(time.Now().Add(time.Hour).Unix()),
		Permissions: ssh.Permissions{Extensions: map[string]string{"permit-port-forwarding": ""}},
	}
	if err := cert.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	return cert
}

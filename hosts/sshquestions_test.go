package hosts

import (
	"context"
	"crypto/rand"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// told is a person who answers as the test says.
type told struct {
	answer func(context.Context, PasswordQuestion) (string, error)
	trust  func(context.Context, []NewKey) (bool, error)
}

func (p told) Password(ctx context.Context, q PasswordQuestion) (string, error) {
	return p.answer(ctx, q)
}

func (p told) TrustKeys(ctx context.Context, keys []NewKey) (bool, error) { return p.trust(ctx, keys) }

// Who takes a time to answer does not run into the limits of connecting.
func TestSlowPerson(t *testing.T) {
	t.Parallel()
	const limit, pause = 5 * time.Second, 6 * time.Second // longer than the limit: this is what is tested
	slowly := func(answer string) told {
		return told{
			answer: func(context.Context, PasswordQuestion) (string, error) { time.Sleep(pause); return answer, nil },
			trust:  func(context.Context, []NewKey) (bool, error) { time.Sleep(pause); return true, nil },
		}
	}
	var logins sync.WaitGroup
	for _, c := range []struct {
		name    string
		answer  string
		prepare func(l *lab) sshserver.Options
	}{
		{"password", "right", func(*lab) sshserver.Options {
			return sshserver.Options{Password: sshserver.IsPassword("right")}
		}},
		{"passphrase", "pass phrase", func(l *lab) sshserver.Options {
			private, public := newPair(l)
			l.keyFile("id_ed25519", private)
			l.lock("id_ed25519", "pass phrase")
			return authorized(public)
		}},
		{"code", "123456", func(*lab) sshserver.Options { return asking(codeRound) }},
		{"host key", "", func(*lab) sshserver.Options { return sshserver.Options{} }},
	} {
		for depth := range 2 {
			l := newLab(t, Options{Person: slowly(c.answer)})
			server := c.prepare(l)
			o := l.chain(SSHOptions{Timeout: limit}, depth, server, server)
			if c.name == "host key" {
				l.write("known_hosts", "")
			}
			logins.Go(func() {
				if _, err := l.run(t.Context(), o, "true"); err != nil {
					t.Errorf("%s, %d jumps: %v", c.name, depth, err)
				}
			})
		}
	}
	logins.Wait()
}

// Hosts that come while a question is put do not put it again, whether it is answered or declined.
func TestAskedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"right", ""} {
		asked, answer := make(chan []string), make(chan string)
		l := newLab(t, Options{Person: told{answer: func(_ context.Context, q PasswordQuestion) (string, error) {
			asked <- q.Hosts
			return <-answer, nil
		}}})
		s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
		done := make(chan error)
		login := func(slug string) {
			_, err := l.run(t.Context(), at(slug, s.Port()), "true")
			done <- err
		}
		go login("first")
		if hosts := <-asked; !slices.Equal(hosts, []string{"first"}) {
			t.Fatalf("asked for %v", hosts)
		}
		go login("second")
		l.eventually("the second waits too", func() bool {
			a := l.session.pool.secrets.of(wanted{"password\x00deploy\x00", "password", "deploy"})
			a.gather.mu.Lock()
			defer a.gather.mu.Unlock()
			return a.gather.current != nil
		})
		answer <- word
		for left := 2; left > 0; {
			select {
			case err := <-done:
				left--
				if word == "right" && err != nil {
					t.Error(err)
				} else if word == "" {
					l.fault(err, LoginFailed, "no password was given: declined")
				}
			case hosts := <-asked:
				t.Errorf("asked again, for %v", hosts)
				answer <- word
			}
		}
	}
}

// A host of the group that has another password is asked for by itself, and does not take theirs from the others.
func TestPasswordOfOne(t *testing.T) {
	t.Parallel()
	var asked [][]string
	l := newLab(t, Options{Person: told{answer: func(_ context.Context, q PasswordQuestion) (string, error) {
		asked = append(asked, q.Hosts)
		if len(asked) == 1 {
			return "common", nil
		}
		return "special", nil
	}}})
	common := l.server(sshserver.Options{Password: sshserver.IsPassword("common")})
	special := l.server(sshserver.Options{Password: sshserver.IsPassword("special")})
	l.output(at("a", common.Port()), "true")
	l.output(at("b", special.Port()), "true")
	before := common.Accepted()
	l.output(at("c", common.Port()), "true")
	if len(asked) != 2 || !slices.Equal(asked[1], []string{"b"}) {
		t.Errorf("asked for %v", asked)
	}
	if n := common.Accepted() - before; n > 2 {
		t.Errorf("%d connections to log in to c", n)
	}
}

// A passphrase that was declined is not asked for again by those who wait, but by who comes later.
func TestPassphraseDeclinedByAll(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"", "pass phrase"}}
	l := newLab(t, Options{Person: person})
	private, public := newPair(t)
	l.keyFile("id_ed25519", private)
	l.lock("id_ed25519", "pass phrase")
	s := l.server(authorized(public))
	for _, err := range l.runAll(t.Context(), atOnce(8, s.Port()), "true") {
		l.fault(err, LoginFailed, "could not use: ~/.ssh/id_ed25519 (encrypted, and its passphrase was not given)")
	}
	if len(person.asked) != 1 {
		t.Errorf("asked %d times, want once", len(person.asked))
	}
	l.output(at("retried", s.Port()), "true")
	l.output(at("another", s.Port()), "true")
	if len(person.asked) != 2 {
		t.Errorf("asked %d times, want twice", len(person.asked))
	}
}

// The passphrase of a key that is given as text is asked for once too.
func TestPassphraseOfText(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"wrong", "pass phrase"}}
	l := newLab(t, Options{Person: person})
	private, public := newPair(t)
	l.keyFile("other", private)
	l.lock("other", "pass phrase")
	s := l.server(authorized(public))
	for i := range 3 {
		o := at(fmt.Sprintf("web%d", i), s.Port())
		o.Key = l.token(l.read("other"))
		l.output(o, "true")
	}
	if len(person.asked) != 2 || person.asked[0].What != "passphrase of the key of web0" || person.asked[1].Failed == "" {
		t.Errorf("asked %+v", person.asked)
	}
}

// Two accounts of a host are two connections, and one new host key.
func TestTwoAccounts(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Person: person})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	a, b := at("web", s.Port()), at("web", s.Port())
	b.Username = "admin"
	for _, err := range l.runAll(t.Context(), []SSHOptions{a, b}, "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if got := l.output(a, "echo $USER") + l.output(b, "echo $USER"); got != "deploy\nadmin\n" {
		t.Errorf("logged in as %q", got)
	}
	if n := len(l.events.Events(journal.ConnectStart)); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
	if len(person.tables) != 1 || len(person.tables[0]) != 1 || person.tables[0][0].Host != "web, web" {
		t.Errorf("asked %+v", person.tables)
	}
	if n := strings.Count(l.read("known_hosts"), "\n"); n != 1 {
		t.Errorf("known_hosts has %d lines, want 1", n)
	}
}

// Keys that cannot be used say why, and what to do.
func TestKeysOfOtherKinds(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(authorized(publicOf(t, newRSA(t))))
	l.keyFile("id_rsa", newRSA(t))
	pkcs8 := exec.Command("ssh-keygen", "-q", "-p", "-P", "", "-N", "pass phrase", "-m", "PKCS8", "-f", l.path("id_rsa"))
	if out, err := pkcs8.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l.write("putty", "PuTTY-User-Key-File-3: ssh-ed25519\n")
	for file, says := range map[string]string{
		"id_rsa": "it is encrypted as PKCS#8: convert it with ssh-keygen -p -f",
		"putty":  "it is PuTTY's: convert it with puttygen -O private-openssh",
	} {
		o := at("web", s.Port())
		o.KeyFilename = l.path(file)
		l.fails(o, LoginFailed, "key_filename: ~/.ssh/"+file+" is not a private key that can be read: "+says)
	}
	old := sshserver.Options{AuthorizedKeys: otherKeys(t), KeyAlgorithms: []string{ssh.KeyAlgoRSA}}
	o := at("web", l.server(old).Port())
	l.keyFile("id_rsa", newRSA(t))
	l.fails(o, LoginFailed, "~/.ssh/id_rsa (an RSA key, of which the server takes no SHA-2 signatures)",
		"use a key of another kind, or allow what is out of date: PubkeyAcceptedAlgorithms +ssh-rsa in ssh_config")
}

// A certificate that is over is offered all the same, and said to be over.
func TestCertificatesThatFail(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	authority, trusted := newAuthority(t)
	over := certify(t, authority, l.key, "deploy")
	over.ValidBefore = uint64(time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC).Unix())
	if err := over.SignCert(rand.Reader, authority); err != nil {
		t.Fatal(err)
	}
	l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(over)))
	s := l.server(sshserver.Options{UserAuthority: trusted})
	l.fails(at("web", s.Port()), LoginFailed,
		"tried: ~/.ssh/id_ed25519-cert.pub (its certificate ended at 2001-02-03T04:05:06Z), ~/.ssh/id_ed25519;")
	_, other := newPair(t)
	l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(certify(t, authority, other, "deploy"))))
	l.fails(at("web", s.Port()), LoginFailed, "could not use: ~/.ssh/id_ed25519-cert.pub (it is for another key)")
	l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(other)))
	l.fails(at("web", s.Port()), LoginFailed, "could not use: ~/.ssh/id_ed25519-cert.pub (it is no certificate of a user)")
}

// A connection that ends while logging in is not a login that was refused.
func TestLoginCut(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]sshserver.Failure{"ended": sshserver.End, "reset": sshserver.Reset} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Options{})
			o := at("web", l.server(sshserver.Options{Faults: sshserver.Faults{Login: how}}).Port())
			e := l.fails(o, Unreachable, "while logging in: ")
			if strings.Contains(e.Error(), "tried") {
				t.Errorf("error %v", e)
			}
		})
	}
}

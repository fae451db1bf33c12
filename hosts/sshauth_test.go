package hosts

import (
	"context"
	"crypto/rsa"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// newRSA makes a key that is neither the lab's nor one of a server.
func newRSA(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	return sshdtest.NewKey(t, "rsa").(*rsa.PrivateKey)
}

// publicOf returns the public half of a key of any kind.
func publicOf(t testing.TB, key any) ssh.PublicKey {
	t.Helper()
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer.PublicKey()
}

// encrypted returns the text of a private key with a passphrase, which takes no longer to open than it must.
func encrypted(t *testing.T, key *rsa.PrivateKey, passphrase string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, plain(t, key), 0o600); err != nil {
		t.Fatal(err)
	}
	keygen := exec.Command("ssh-keygen", "-p", "-a", "1", "-P", "", "-N", passphrase, "-f", file)
	if out, err := keygen.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestLoginPassword(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("open sesame")})
	o := at("web", s.Port())
	l.fails(o, LoginFailed, "nothing to log in with; the server takes password", "set password")
	o.Password = "wrong word"
	l.fails(o, LoginFailed, "login refused, tried: password", "check username and password")
	o.Password = "open sesame"
	l.output(o, "true")
	o.Slug, o.Password = "db", l.token("open sesame")
	l.output(o, "true")
	for _, password := range []string{"open sesame", "wrong word"} {
		if masked := l.session.Secrets().Mask(password); masked != journal.Masked {
			t.Errorf("passwords are not masked: %q", masked)
		}
	}
}

// token returns a token whose value is not known before it is needed.
func (l *lab) token(value string) string {
	return l.session.Secrets().Token("a secret", func(context.Context) (string, error) { return value, nil })
}

func TestLoginKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	key := newRSA(t)
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{publicOf(t, key)}})
	o := at("web", s.Port())
	l.fails(o, LoginFailed, "login refused, tried: ~/.ssh/id_ed25519; the server takes publickey",
		"~deploy/.ssh/authorized_keys")

	l.write("id_other", encrypted(t, key, "pass phrase"))
	o.KeyFilename = "~/.ssh/id_other"
	l.fails(o, LoginFailed, "tried: ~/.ssh/id_ed25519; could not use: ~/.ssh/id_other (the server takes it, ",
		"give key_password, or load the key with ssh-add")
	o.KeyPassword = "wrong phrase"
	l.fails(o, LoginFailed, "key_password does not open ~/.ssh/id_other")
	o.KeyPassword = "pass phrase"
	l.output(o, "true")
	o.KeyFilename = "~/.ssh/missing"
	l.fails(o, LoginFailed, "key_filename: open ", "no such file")

	o.KeyFilename, o.Key = "", encrypted(t, key, "pass phrase")
	l.output(o, "true")
	o.KeyPassword = ""
	o.Slug, o.Key = "db", l.token(strings.TrimSpace(string(plain(t, key))))
	l.output(o, "true")
	o.Key = "not a key"
	l.fails(o, LoginFailed, "key: the key of db is not a private key")
	if masked := l.session.Secrets().Mask("pass phrase"); strings.Contains(masked, "phrase") {
		t.Errorf("the passphrase is not masked: %q", masked)
	}
}

func plain(t *testing.T, key *rsa.PrivateKey) []byte {
	t.Helper()
	block, err := ssh.MarshalPrivateKey(key, "")
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(block)
}

// The keys of an agent are offered, as many as the server bears at a time.
func TestLoginAgent(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	key := newRSA(t)
	last := publicOf(t, key)
	l.agentOf(ring(t, append(pairs(t, 8), key)...))
	s := l.server(authorized(last))
	o := l.reading(at("web", s.Port()), "")
	l.output(o, "true") // the last of ten keys, although the server takes six tries at a time

	only := o
	yes := true
	only.Slug, only.IdentitiesOnly = "only", &yes
	l.fails(only, LoginFailed, "tried: ~/.ssh/id_ed25519; ")
	l.write("id_named", encrypted(t, key, "unknown"))
	only.KeyFilename = "~/.ssh/id_named" // encrypted, but the agent has it
	l.output(only, "true")
	l.write("id_public.pub", string(ssh.MarshalAuthorizedKey(last)))
	only.KeyFilename = "~/.ssh/id_public" // no file at all, but the agent has it
	l.output(only, "true")

	strict := l.server(sshserver.Options{MaxAuthTries: 2})
	l.write("id_ed25519", string(plain(t, newRSA(t))))
	before := strict.Accepted()
	o.Slug, o.Port = "strict", strict.Port()
	l.fails(o, LoginFailed, "agent (", "set identities_only")
	if n := strict.Accepted() - before; n > maxConnections+1 {
		t.Errorf("%d connections", n)
	}
}

// SSH_AUTH_SOCK names the agent, where nothing else is said.
func TestLoginAgentOfEnvironment(t *testing.T) {
	l := newLab(t, Options{})
	l.remove("id_ed25519")
	private, public := newPair(t)
	l.agentOf(ring(t, private))
	t.Setenv("SSH_AUTH_SOCK", l.agent)
	s := l.server(authorized(public))
	l.output(at("web", s.Port()), "true")
	t.Setenv("SSH_AUTH_SOCK", l.path("nothing"))
	l.fails(at("db", s.Port()), LoginFailed, "could not use: agent (dial unix ")
}

// The passphrase of a key is asked for once, for all hosts that wait for it, and only when the key is of use.
func TestLoginPassphrase(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"wrong", "pass phrase"}}
	l := newLab(t, Options{Person: person})
	key := newRSA(t)
	l.write("id_rsa", encrypted(t, key, "pass phrase"))
	useless := l.server(sshserver.Options{})
	l.output(at("web", useless.Port()), "true")
	if len(person.asked) != 0 {
		t.Errorf("asked %+v for nothing", person.asked)
	}
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{publicOf(t, key)}})
	for _, err := range l.runAll(t.Context(), atOnce(8, s.Port()), "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.asked) != 2 {
		t.Fatalf("asked %d times: %+v", len(person.asked), person.asked)
	}
	first, second := person.asked[0], person.asked[1]
	if first.What != "passphrase of ~/.ssh/id_rsa" || first.Failed != "" || len(first.Hosts) != 8 || second.Failed == "" {
		t.Errorf("asked %+v", person.asked)
	}
	if n := len(l.events.Events(journal.Question)); n != 2 {
		t.Errorf("%d questions in the journal, want 2", n)
	}
}

func TestLoginPassphraseDeclined(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{""}}
	l := newLab(t, Options{Person: person})
	key := newRSA(t)
	l.write("id_rsa", encrypted(t, key, "pass phrase"))
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{publicOf(t, key)}})
	l.fails(at("web", s.Port()), LoginFailed, "could not use: ~/.ssh/id_rsa (encrypted, and its passphrase was not given)")
}

// A password is typed once for all hosts of a group, checked, and asked for again where it is wrong.
func TestLoginTyped(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"wrong", "right"}}
	l := newLab(t, Options{Person: person})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	ctx := WithScope(t.Context(), Scope{Group: "production"})
	for _, err := range l.runAll(ctx, atOnce(10, s.Port()), "true") {
		if err != nil {
			t.Error(err)
		}
	}
	if len(person.asked) != 2 {
		t.Fatalf("asked %d times: %+v", len(person.asked), person.asked)
	}
	if q := person.asked[0]; q.What != "password" || q.User != "deploy" || len(q.Hosts) != 10 || q.Failed != "" {
		t.Errorf("asked %+v", q)
	}
	if q := person.asked[1]; len(q.Hosts) != 10 || q.Failed == "" {
		t.Errorf("asked %+v", q)
	}
	if masked := l.session.Secrets().Mask("right"); masked != journal.Masked {
		t.Errorf("the password is not masked: %q", masked)
	}
	later := at("later", s.Port())
	if _, err := l.run(ctx, later, "true"); err != nil {
		t.Errorf("a host of the group that comes later: %v", err)
	}
	if _, err := l.run(WithScope(t.Context(), Scope{Group: "staging"}), at("other", s.Port()), "true"); err == nil {
		t.Error("the password was given to another group")
	}
}

func TestLoginTypedWrong(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"1", "2", "3", "4"}}
	l := newLab(t, Options{Person: person})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	o := at("web", s.Port())
	o.Password = "outdated"
	l.fails(o, LoginFailed, "tried: password")
	if len(person.asked) != 3 {
		t.Errorf("asked %d times, want 3", len(person.asked))
	}
	if person.asked[0].Failed == "" {
		t.Error("the question does not say that the password of the host was refused")
	}
}

// A question that nobody answers ends the connection, not the program.
func TestLoginNotAnswered(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: &sshPerson{}})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	l.fails(at("web", s.Port()), LoginFailed, "no password was given: no answer")
}

func TestLoginInteractive(t *testing.T) {
	t.Parallel()
	person := &sshPerson{passwords: []string{"123456"}}
	l := newLab(t, Options{Person: person})
	var rounds atomic.Int64
	s := l.server(sshserver.Options{KeyboardInteractive: func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		rounds.Add(1)
		password, err := ask("", "", []string{"Password: "}, []bool{false})
		if err != nil || password[0] != "right" {
			return false
		}
		code, err := ask("", "Two steps", []string{"Code: "}, []bool{true})
		if err != nil || code[0] != "123456" {
			return false
		}
		_, err = ask("", "welcome", nil, nil)
		return err == nil
	}})
	o := at("web", s.Port())
	o.Password = "right"
	l.output(o, "true")
	if len(person.asked) != 1 || person.asked[0].Prompt != "Code:" ||
		person.asked[0].Lines[0] != "Two steps" || rounds.Load() != 1 {
		t.Errorf("asked %+v in %d rounds", person.asked, rounds.Load())
	}
	o.Slug, o.Password = "db", ""
	person.passwords = []string{"right", "123456"}
	l.output(o, "true")
	if len(person.asked) != 3 || person.asked[1].What != "password" {
		t.Errorf("asked %+v", person.asked)
	}
}

func TestLoginInteractiveAlone(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{KeyboardInteractive: func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		got, err := ask("", "", []string{"Password: "}, []bool{false})
		return err == nil && got[0] == "right"
	}})
	o := at("web", s.Port())
	l.fails(o, LoginFailed, "the server takes keyboard-interactive", "set password")
	o.Password = "wrong"
	l.fails(o, LoginFailed, "tried: password (keyboard-interactive)", "check username and password")
	o.Password = "right"
	l.output(o, "true")
}

// A host that waits for a person gives its place to others.
func TestLoginGivesPlace(t *testing.T) {
	t.Parallel()
	answer := make(chan string)
	l := newLab(t, Options{Limit: 1, Person: waitingPerson{answer}})
	locked := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	free := l.server(sshserver.Options{})
	waiting := make(chan error, 1)
	go func() {
		_, err := l.run(t.Context(), at("locked", locked.Port()), "true")
		waiting <- err
	}()
	l.eventually("the question is put", func() bool { return len(l.events.Events(journal.Question)) == 1 })
	l.output(at("free", free.Port()), "true")
	answer <- "right"
	if err := <-waiting; err != nil {
		t.Error(err)
	}
	if len(l.session.work) != 0 {
		t.Errorf("%d places are still taken", len(l.session.work))
	}
}

// waitingPerson answers when the test does.
type waitingPerson struct{ answer chan string }

func (p waitingPerson) Password(ctx context.Context, _ PasswordQuestion) (string, error) {
	select {
	case answer := <-p.answer:
		return answer, nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (p waitingPerson) TrustKeys(context.Context, []NewKey) (bool, error) { return false, nil }

// A run that is cancelled withdraws its question.
func TestLoginQuestionCancelled(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Person: waitingPerson{make(chan string)}})
	s := l.server(sshserver.Options{Password: sshserver.IsPassword("right")})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		_, err := l.run(ctx, at("web", s.Port()), "true")
		ended <- err
	}()
	l.eventually("the question is put", func() bool { return len(l.events.Events(journal.Question)) == 1 })
	cancel()
	l.fault(<-ended, Interrupted)
	l.eventually("another question may be put", func() bool {
		free := l.session.asking.try()
		if free {
			l.session.asking.give()
		}
		return free
	})
}

// A private key that others can use is left alone, as ssh does, unless the agent has it too.
func TestExposedKey(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	o := at("web", s.Port())
	l.chmod("id_ed25519", 0o640)
	l.fails(o, LoginFailed, "could not use: ~/.ssh/id_ed25519 can be used by others (0640), and so is not used: "+
		"run chmod 600 ~/.ssh/id_ed25519")
	o.KeyFilename = "~/.ssh/id_ed25519"
	l.fails(o, LoginFailed, "key_filename: ~/.ssh/id_ed25519 can be used by others")
	private, err := ssh.ParseRawPrivateKey([]byte(l.read("id_ed25519")))
	if err != nil {
		t.Fatal(err)
	}
	l.agentOf(ring(t, private))
	l.output(l.reading(o, ""), "true")
	l.chmod("id_ed25519", 0o400)
	l.output(o, "true")
}

package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"deployer/internal/sshdtest"
)

// These tests use the real sudo, of accounts that exist for sshd's sake only.

const sudoPassword = "correct horse 'battery' $taple"

// typist answers questions for passwords from a list, and remembers them.
type typist struct {
	mu      sync.Mutex
	answers []string
	asked   []PasswordQuestion
}

func (p *typist) Password(_ context.Context, q PasswordQuestion) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, q)
	if len(p.answers) == 0 {
		return "", errors.New("nobody answers")
	}
	answer := p.answers[0]
	p.answers = p.answers[1:]
	return answer, nil
}

func (p *typist) TrustKeys(context.Context, []NewKey) (bool, error) { return false, nil }

// sudoers starts an sshd with accounts that may use sudo in different ways.
func sudoers(t *testing.T) *sshdtest.Server {
	t.Helper()
	sshdtest.NeedAccounts(t)
	return sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{
		{Name: "tester", Password: sudoPassword, Sudo: sshdtest.SudoPassword},
		{Name: "free", Sudo: sshdtest.SudoNoPassword},
		{Name: "plain", Password: sudoPassword},
		{Name: "fishy", Password: sudoPassword, Shell: "/usr/bin/fish", Sudo: sshdtest.SudoPassword},
		{Name: "seasick", Password: sudoPassword, Shell: "/bin/csh", Sudo: sshdtest.SudoPassword},
	}})
}

func sshHandle(t *testing.T, s *Session, server *sshdtest.Server, slug, user string, change func(*SSHOptions)) *Handle {
	t.Helper()
	o := SSHOptions{Slug: slug, Username: user, Address: "127.0.0.1", Port: server.Port, KeyFilename: server.ClientKeyFile,
		KnownHosts: []string{server.KnownHostsFile}, ConfigFilename: "none"}
	if change != nil {
		change(&o)
	}
	h, err := NewSSH(o)
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(h)
}

func withPassword(o *SSHOptions) { o.SudoPassword = sudoPassword }

func TestSudo(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	tests := []struct {
		name, user string
		change     func(*SSHOptions)
		command    string
		options    RunOptions
		want       string
		fault      Fault
		message    string
	}{
		{name: "password of the host", user: "tester", change: withPassword, command: "id -un", want: "root\n"},
		{name: "no password needed", user: "free", command: "id -un", want: "root\n"},
		{name: "another user", user: "tester", change: withPassword, command: "id -un", options: RunOptions{User: "plain"}, want: "plain\n"},
		{name: "fish", user: "fishy", change: withPassword, command: "id -un && echo 'a!b'", want: "root\na!b\n"},
		{name: "csh", user: "seasick", change: withPassword, command: "id -un && echo 'a!b'", want: "root\na!b\n"},
		{name: "login password", user: "tester", change: func(o *SSHOptions) { o.Password = sudoPassword }, command: "id -un", want: "root\n"},
		{name: "password of a command", user: "tester", change: func(o *SSHOptions) {
			o.SudoPasswordCommand = []string{"printf", "%s\\n", sudoPassword}
		}, command: "id -un", want: "root\n"},
		{name: "every part has the rights", user: "tester", change: withPassword, command: "true && id -un | cat; id -un > /dev/stdout", want: "root\nroot\n"},
		{name: "input comes after the password", user: "tester", change: withPassword, command: "cat", options: RunOptions{Input: "line\n"}, want: "line\n"},
		{name: "wrong password", user: "tester", change: func(o *SSHOptions) { o.SudoPassword = "wrong" }, command: "id -un", fault: Sudo, message: "was refused"},
		{name: "no password", user: "tester", command: "id -un", fault: Sudo, message: "nobody is there to type it"},
		{name: "not allowed", user: "plain", change: withPassword, command: "id -un", fault: Sudo, message: "sudo refused: plain is not in the sudoers file"},
		{name: "no such user", user: "tester", change: withPassword, command: "id", options: RunOptions{User: "no-such-user"}, fault: Sudo, message: "unknown user"},
		{name: "the command fails", user: "tester", change: withPassword, command: "exit 4", fault: Failed, message: "exit status 4"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, seen := newSession(t, Options{})
			test.options.Sudo = true
			out, err := run(t, sshHandle(t, s, server, "h", test.user, test.change), test.command, test.options)
			var failed *Error
			switch {
			case test.fault == "" && (err != nil || out != test.want):
				t.Errorf("got %q, %v; want %q", out, err, test.want)
			case test.fault != "" && (!errors.As(err, &failed) || failed.Fault != test.fault || !strings.Contains(err.Error(), test.message)):
				t.Errorf("got %q, %v; want the fault %q with %q", out, err, test.fault, test.message)
			}
			if strings.Contains(textOf(t, seen), "battery") {
				t.Error("the password is in the journal")
			}
		})
	}
}

func TestSudoDirectoryVariablesAndHome(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	s, _ := newSession(t, Options{})
	h := sshHandle(t, s, server, "h", "tester", withPassword)
	home, err := run(t, h, `printf %s "$HOME"`, RunOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, err = h.Cd("~").Env("A", "$x 'y'", false)
	if err != nil {
		t.Fatal(err)
	}
	h, err = h.Prefix("B=2; export B").Env("C", s.Secrets().TokenOf("hidden!value"), false)
	if err != nil {
		t.Fatal(err)
	}
	out, err := run(t, h, `id -un; pwd; sh -c 'echo "$A $B $C"'`, RunOptions{Sudo: true})
	if want := "root\n" + home + "\n$x 'y' 2 hidden!value\n"; err != nil || out != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestSudoAsksOnceForAllHosts(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	person := &typist{answers: []string{sudoPassword, "not needed"}}
	s, _ := newSession(t, Options{Person: person})
	set := &Set{session: s}
	for i := range 5 {
		set.handles = append(set.handles, sshHandle(t, s, server, fmt.Sprintf("h%d", i), "tester", nil))
	}
	for range 2 {
		outs, err := set.Run(t.Context(), "id -un", RunOptions{Sudo: true})
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range outs {
			if string(out.Stdout.Kept()) != "root\n" {
				t.Errorf("%s: %q", out.Host, out.Stdout.Kept())
			}
		}
	}
	if len(person.asked) != 1 || person.asked[0].User != "tester" || person.asked[0].Failed != "" {
		t.Fatalf("asked %+v", person.asked)
	}
}

// The password of one account, or of one group, is not tried for another.
func TestSudoAsksByAccountAndGroup(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	person := &typist{answers: []string{sudoPassword, sudoPassword, sudoPassword}}
	s, _ := newSession(t, Options{Person: person})
	for i, c := range []struct {
		user, group string
		asked       int // so far
	}{
		{"tester", "staging", 1}, {"tester", "staging", 1}, {"fishy", "staging", 2}, {"tester", "production", 3},
		{"tester", "staging", 3},
	} {
		h := sshHandle(t, s, server, fmt.Sprintf("h%d", i), c.user, nil)
		out, err := h.Run(WithScope(t.Context(), Scope{Group: c.group}), "id -un", RunOptions{Sudo: true})
		if err != nil || string(out.Stdout.Kept()) != "root\n" || len(person.asked) != c.asked {
			t.Errorf("%+v: %v, asked %d times", c, err, len(person.asked))
		}
	}
}

// A password that is good for one time comes from its command, each time that sudo asks.
func TestSudoPasswordCommandEachTime(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	s, _ := newSession(t, Options{})
	file := filepath.Join(t.TempDir(), "asked")
	h := sshHandle(t, s, server, "h", "tester", func(o *SSHOptions) {
		o.SudoPasswordCommand = []string{"sh", "-c", `echo asked >>"$0"; printf %s "$1"`, file, sudoPassword}
	})
	for range 2 {
		if out, err := run(t, h, "id -un", RunOptions{Sudo: true}); err != nil || out != "root\n" {
			t.Errorf("got %q, %v", out, err)
		}
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "asked\nasked\n" {
		t.Errorf("the command was run: %q, %v", text, err)
	}
}

func TestSudoAsksAgainWhenWrong(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	person := &typist{answers: []string{"wrong", sudoPassword}}
	s, seen := newSession(t, Options{Person: person})
	out, err := run(t, sshHandle(t, s, server, "h", "tester", nil), "id -un", RunOptions{Sudo: true})
	if err != nil || out != "root\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if len(person.asked) != 2 || person.asked[1].Failed == "" || !slices.Equal(person.asked[1].Hosts, []string{"h"}) {
		t.Errorf("asked %+v", person.asked)
	}
	if n := strings.Count(textOf(t, seen), `"event":"question"`); n != 2 {
		t.Errorf("%d questions are in the journal, want 2", n)
	}
	if strings.Contains(textOf(t, seen), "battery") {
		t.Error("the password is in the journal")
	}
}

func TestSudoWrongForOneHost(t *testing.T) {
	t.Parallel()
	one, other := sudoers(t), sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{
		{Name: "tester", Password: "another password", Sudo: sshdtest.SudoPassword},
	}})
	person := &typist{answers: []string{sudoPassword, "another password"}}
	s, _ := newSession(t, Options{Person: person})
	for _, h := range []*Handle{sshHandle(t, s, one, "one", "tester", nil), sshHandle(t, s, other, "other", "tester", nil)} {
		for range 2 {
			if out, err := run(t, h, "id -un", RunOptions{Sudo: true}); err != nil || out != "root\n" {
				t.Errorf("%s: got %q, %v", h.Slug(), out, err)
			}
		}
	}
	if len(person.asked) != 2 || !slices.Equal(person.asked[1].Hosts, []string{"other"}) {
		t.Errorf("asked %+v", person.asked)
	}
}

// TestSudoWrongForAll has several hosts refuse a password at the same time: it is asked for once more, for all of them, and
// nobody reads the complaints of each sudo.
func TestSudoWrongForAll(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	person := &typist{answers: []string{"wrong", sudoPassword}}
	s, seen := newSession(t, Options{Person: person})
	names := []string{"web1", "web2", "web3", "web4"}
	errs := s.Parallel(t.Context(), len(names), func(ctx context.Context, i int) error {
		const command = "echo 'Sorry, try again.' >&2; echo before >&2"
		out, err := sshHandle(t, s, server, names[i], "tester", nil).Run(ctx, command, RunOptions{Sudo: true})
		if got := string(out.Stderr.Kept()); err == nil && got != "Sorry, try again.\nbefore\n" {
			err = fmt.Errorf("it printed %q, and not what the command prints alone", got)
		}
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if len(person.asked) != 2 || person.asked[1].Failed == "" {
		t.Errorf("asked %+v", person.asked)
	}
	if n := strings.Count(textOf(t, seen), `"event":"question"`); n != 2 {
		t.Errorf("%d questions are in the journal, want 2", n)
	}
}

// TestPasswordGoesToSudoAlone has a program print what a prompt looks like: it must not get the password.
func TestPasswordGoesToSudoAlone(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	s, _ := newSession(t, Options{})
	h := sshHandle(t, s, server, "h", "tester", withPassword)
	imitate := `word=$(tr '\0' '\n' </proc/$PPID/cmdline | grep -aE '^[0-9a-f]{16}$' | head -n 1)
printf '\001%s:password\001' "$word" >&2
timeout 1 cat
true`
	for _, sudo := range []bool{false, true} {
		out, err := run(t, h, imitate, RunOptions{Sudo: sudo})
		if err != nil || strings.Contains(out, "battery") {
			t.Errorf("sudo %v: got %q, %v", sudo, out, err)
		}
	}
}

func TestNoSudo(t *testing.T) {
	dir := t.TempDir() // a PATH with a shell and nothing else
	if err := os.Symlink(find(t, "bash"), dir+"/bash"); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	s, _ := newSession(t, Options{})
	_, err := run(t, localHandle(t, s, ""), "id", RunOptions{Sudo: true})
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != Sudo || !strings.Contains(err.Error(), "sudo is not installed") {
		t.Errorf("got %v", err)
	}
}

// TestCancelUnderSudo ends commands that run with rights that the login user does not have.
func TestCancelUnderSudo(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	for name, command := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSession(t, Options{})
			ctx, cancel := context.WithCancel(t.Context())
			word := mark()
			ended := make(chan error, 1)
			go func() {
				_, err := sshHandle(t, s, server, "h", "tester", withPassword).Run(ctx, fmt.Sprintf(command, word), RunOptions{Sudo: true})
				ended <- err
			}()
			eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+word)) > 0 })
			cancel()
			var failed *Error
			if err := <-ended; !errors.As(err, &failed) || failed.Fault != Interrupted {
				t.Errorf("got %v", err)
			}
			eventually(t, "nothing is left", func() bool { return len(running(t, "sleep\x00"+word)) == 0 })
		})
	}
}

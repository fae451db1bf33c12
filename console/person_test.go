package console

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"

	"deployer/journal"
	"deployer/pty"
)

func TestPassword(t *testing.T) {
	for _, tt := range []struct{ keys, want string }{
		{"secret\r", "secret"},
		{" with spaces \n", " with spaces "},
		{"\r", ""},
		{"sx\x7fecr\xc3\xa4\x08ets\x7f\r", "secret"},
		{"wrong\x15secret\r", "secret"},
		{"a b\x17c\x1b[A\x1bOA\x1b[1;5C\x1b\r", "a c"},
		{"a\x04b\x00\r", "ab"},
	} {
		d := newDesk(t)
		q := PasswordQuestion{What: "sudo password", User: "deploy", Hosts: []string{"web1", "web2"}, Failed: "sudo refused it"}
		got, err := answers(d, func(ctx context.Context) (string, error) { return d.Password(ctx, q) },
			"sudo refused it\nsudo password of deploy on web[1-2]: ", tt.keys)
		if err != nil || got != tt.want {
			t.Errorf("%q: got %q, %v, want %q", tt.keys, got, err, tt.want)
		}
		d.wait("web[1-2]: \n")
		if strings.Contains(d.text(), "ecr") {
			t.Errorf("the password was shown: %q", d.text())
		}
	}
}

// What a host asks is told apart from what we ask, and cannot speak to the terminal.
func TestQuestionOfHost(t *testing.T) {
	d := newDesk(t)
	q := PasswordQuestion{What: "answer", User: "deploy", Hosts: []string{"web1"}, Failed: "refused",
		Prompt: "passphrase of ~/.ssh/id_rsa\x1b[2J:", Lines: []string{"two \x1b]0;x\asteps"}, Shown: true}
	got, err := answers(d, func(ctx context.Context) (string, error) { return d.Password(ctx, q) },
		"refused\nweb1 says: two ^[]0;x^Gsteps\nweb1 asks deploy: passphrase of ~/.ssh/id_rsa^[[2J: ", "12\r")
	if err != nil || got != "12" {
		t.Errorf("got %q, %v", got, err)
	}
	d.wait("^[[2J: 12\n")
}

func TestQuestionsThatAreNotAnswered(t *testing.T) {
	for _, tt := range []struct {
		keys        string
		interrupted int
	}{{"\x03", 1}, {"y\x03", 1}, {"\x04", 0}, {"y\x7f\x04", 0}} {
		d := newDesk(t)
		yes, err := answers(d, func(ctx context.Context) (bool, error) { return d.Confirm(ctx, "sure?") }, "sure? [y/N] ", tt.keys)
		if yes || !errors.Is(err, ErrNoAnswer) {
			t.Errorf("%q: got %t, %v, want no and ErrNoAnswer", tt.keys, yes, err)
		}
		if d.interrupted != tt.interrupted {
			t.Errorf("%q: interrupt was called %d times, want %d", tt.keys, d.interrupted, tt.interrupted)
		}
	}
}

func TestHangUpIsNoAnswer(t *testing.T) {
	d := newDesk(t)
	done := make(chan error)
	go func() {
		_, err := d.Confirm(t.Context(), "sure?")
		done <- err
	}()
	d.wait("sure? [y/N] ")
	d.keyboard.Close()
	if err := <-done; !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got the error %v, want ErrNoAnswer", err)
	}
}

func TestNoTerminalIsNoAnswer(t *testing.T) {
	in, out := newPipe(t)
	if _, err := io.WriteString(out, "y\n"); err != nil {
		t.Fatal(err)
	}
	p := NewPerson(in, NewScreen(Options{}), nil)
	if yes, err := p.Confirm(t.Context(), "sure?"); yes || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("got %t, %v, want no and ErrNoAnswer", yes, err)
	}
}

func TestCancelledQuestion(t *testing.T) {
	d := newDesk(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("the run ended")
	done := make(chan error)
	ask := func() {
		_, err := d.Password(ctx, PasswordQuestion{What: "password"})
		done <- err
	}
	go ask()
	d.wait("password: ")
	go ask() // waits for the first
	cancel(cause)
	for range 2 {
		if err := <-done; err != cause {
			t.Errorf("got the error %v, want the cause of the cancelling", err)
		}
	}
	d.cooked()
	d.types("typed later\n")
	line := make([]byte, 100)
	if n, err := d.tty.Read(line); err != nil || string(line[:n]) != "typed later\n" {
		t.Errorf("the next reader got %q, %v", line[:n], err)
	}
}

func TestKeysAfterAnAnswerAreLeft(t *testing.T) {
	d := newDesk(t)
	if yes, err := answers(d, func(ctx context.Context) (bool, error) { return d.Confirm(ctx, "sure?") },
		"sure? [y/N] ", "yes\rls\r"); !yes || err != nil {
		t.Fatalf("got %t, %v", yes, err)
	}
	got, err := answers(d, func(ctx context.Context) (string, error) { return d.Password(ctx, PasswordQuestion{What: "password"}) })
	if got != "ls" || err != nil {
		t.Errorf("the next question got %q, %v, want what was typed ahead", got, err)
	}
}

// TestStoppedQuestion lets others have the terminal, as while the program is stopped, and goes on: the question is there
// again, with what was typed.
func TestStoppedQuestion(t *testing.T) {
	d := newDesk(t)
	got := make(chan string, 1)
	go func() {
		q := PasswordQuestion{What: "answer", User: "deploy", Hosts: []string{"web1"}, Shown: true}
		answer, err := d.Password(t.Context(), q)
		got <- fmt.Sprint(answer, " ", err)
	}()
	const question = "answer of deploy on web1: "
	d.wait(question)
	d.types("hal")
	d.wait(question + "hal")
	if err := pty.SetModes(d.tty, pty.Cooked); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(d.tty, "\nstopped\n"); err != nil {
		t.Fatal(err)
	}
	d.wait("stopped\n")
	if err := syscall.Kill(os.Getpid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	d.wait("stopped\n" + erase + question + "hal")
	d.types("f\r")
	if answer := <-got; answer != "half <nil>" {
		t.Errorf("got %s", answer)
	}
	d.cooked()
}

func TestConfirmAsksAgain(t *testing.T) {
	for _, tt := range []struct {
		keys string
		want bool
	}{{"Y\r", true}, {" yes \r", true}, {"n\r", false}, {"No\r", false}, {"\r", false}} {
		d := newDesk(t)
		got, err := answers(d, func(ctx context.Context) (bool, error) { return d.Confirm(ctx, "sure?") },
			"sure? [y/N] ", "yess\r", "answer y or n\nsure? [y/N] ", tt.keys)
		if err != nil || got != tt.want {
			t.Errorf("%q: got %t, %v, want %t", tt.keys, got, err, tt.want)
		}
	}
}

func TestTrustKeys(t *testing.T) {
	d := newDesk(t)
	keys := []NewKey{
		{"web1", "[127.0.0.1]:2222", "ssh-ed25519", "SHA256:abc"},
		{"database1", "10.0.0.1", "ecdsa-sha2-nistp256", "SHA256:def"},
	}
	got, err := answers(d, func(ctx context.Context) (bool, error) { return d.TrustKeys(ctx, keys) },
		`these host keys are not known yet; compare the fingerprints with those you were told:
  host       address           type                 fingerprint
  web1       [127.0.0.1]:2222  ssh-ed25519          SHA256:abc
  database1  10.0.0.1          ecdsa-sha2-nistp256  SHA256:def
trust these keys, now and in future? [y/N] `, "\r")
	if got || err != nil {
		t.Errorf("Enter alone: got %t, %v, want no", got, err)
	}
	got, err = answers(d, func(ctx context.Context) (bool, error) { return d.TrustKeys(ctx, keys[:1]) },
		"trust this key, now and in future? [y/N] ", "y\r")
	if !got || err != nil {
		t.Errorf("y: got %t, %v, want yes", got, err)
	}
	if got, err := d.TrustKeys(t.Context(), nil); got || err != nil {
		t.Errorf("no keys: got %t, %v", got, err)
	}
}

func TestAfterFailure(t *testing.T) {
	for keys, want := range map[string]Answer{"\r": Abort, "a\r": Abort, "r\r": Retry, "SKIP\r": Skip, "con\r": Connect} {
		d := newDesk(t)
		got, err := answers(d, func(ctx context.Context) (Answer, error) { return d.AfterFailure(ctx, "web1: it failed\n", true) },
			"web1: it failed\nretry, skip, connect or abort? [abort] ", "x\r",
			"answer abort, retry, skip or connect, or the first letter of it\nretry, skip, connect or abort? [abort] ", keys)
		if err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", keys, got, err, want)
		}
	}
	d := newDesk(t)
	got, err := answers(d, func(ctx context.Context) (Answer, error) { return d.AfterFailure(ctx, "it failed", false) },
		"it failed\nretry, skip or abort? [abort] ", "c\r", "abort? [abort] ", "\x04")
	if got != Abort || !errors.Is(err, ErrNoAnswer) {
		t.Errorf("without hosts: got %d, %v, want abort and ErrNoAnswer", got, err)
	}
}

func TestChoose(t *testing.T) {
	names := []string{"web1", "1", "r"}
	for keys, want := range map[string]int{"0\r": 0, "web1\r": 0, "1\r": 1, "2\r": 2, "r\r": 2, "random\r": RandomChoice} {
		d := newDesk(t)
		got, err := answers(d, func(ctx context.Context) (int, error) { return d.Choose(ctx, "which cell?", names) },
			"which cell?\n   0  web1\n   1  1\n   2  r\nnumber or name, or r for a random one: ", "3\r",
			"answer a number from 0 to 2, a name of the list, or r\nnumber or name, or r for a random one: ", "\r",
			"answer a number from 0 to 2, a name of the list, or r\nnumber or name, or r for a random one: ", keys)
		if err != nil || got != want {
			t.Errorf("%q: got %d, %v, want %d", keys, got, err, want)
		}
	}
}

func TestOutputWhileAsking(t *testing.T) {
	d := newDesk(t)
	done := make(chan error)
	go func() {
		_, err := d.Confirm(t.Context(), "sure?")
		done <- err
	}()
	d.wait("sure? [y/N] ")
	d.types("ä")
	d.wait("sure? [y/N] ä")
	if err := d.screen.Write(journal.Event{Kind: journal.CommandOutput, ID: 1, Host: "web1", Stream: journal.Stdout, Data: []byte("line\n")}); err != nil {
		t.Fatal(err)
	}
	d.wait(erase + "web1 | line\nsure? [y/N] ä")
	d.types("\x7fn\r")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// keys is a keyboard that a test reads from.
type keys struct {
	mu  sync.Mutex
	got bytes.Buffer
}

func (k *keys) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.got.Write(p)
}

func (k *keys) text() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.got.String()
}

func TestAttach(t *testing.T) {
	d := newDesk(t)
	keyboard := &keys{}
	sizes := make(chan pty.Size, 16)
	detach, err := d.Attach(keyboard, func(s pty.Size) { sizes <- s })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Attach(keyboard, func(pty.Size) {}); err == nil {
		t.Error("a second command got the terminal")
	}
	for _, e := range []journal.Event{
		{Kind: journal.Message, Message: "logged"},
		{Kind: journal.CommandOutput, ID: 1, Host: "web1", Stream: journal.Terminal, Data: []byte("x? \n")},
		{Kind: journal.CommandOutput, ID: 2, Host: "web2", Stream: journal.Stdout, Data: []byte("out\n")},
	} {
		if err := d.screen.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, func() bool { return d.raw() == "logged\r\nx? \nweb2 | out\r\n" }, func() string {
		return fmt.Sprintf("the raw terminal shows %q", d.raw())
	})
	d.types("a\x03\r")
	waitFor(t, func() bool { return keyboard.text() == "a\x03\r" }, func() string { return "the command got " + keyboard.text() })

	want := pty.Size{Rows: 30, Cols: 100}
	if err := pty.Resize(d.tty, want); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(os.Getpid(), syscall.SIGWINCH); err != nil {
		t.Fatal(err)
	}
	if got := <-sizes; got != want {
		t.Errorf("the new size is %v, want %v", got, want)
	}
	for range 2 {
		if err := detach(); err != nil {
			t.Error(err)
		}
	}
	d.cooked()
	d.types("later\n")
	line := make([]byte, 100)
	if n, err := d.tty.Read(line); err != nil || string(line[:n]) != "later\n" {
		t.Errorf("the next reader got %q, %v", line[:n], err)
	}
	if got := keyboard.text(); got != "a\x03\r" {
		t.Errorf("the command got %q", got)
	}
	if again, err := d.Attach(keyboard, func(pty.Size) {}); err != nil || again() != nil {
		t.Errorf("the next command does not get the terminal: %v", err)
	}
}

// What the view held until a command got the terminal is there as it would be without that command.
func TestAttachDuringALiveView(t *testing.T) {
	d := newDeskWith(t, Options{Prefix: true, Live: &Live{Targets: []string{"web1", "web2"}}})
	write := func(e journal.Event) {
		t.Helper()
		if err := d.screen.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	write(journal.Event{Kind: journal.Message, Message: "before"})
	detach, err := d.Attach(&keys{}, func(pty.Size) {})
	if err != nil {
		t.Fatal(err)
	}
	write(journal.Event{Kind: journal.Message, Message: "meanwhile"})
	write(journal.Event{Kind: journal.CommandOutput, ID: 1, Host: "web1", Stream: journal.Terminal, Data: []byte("$ ")})
	waitFor(t, func() bool { return d.raw() == "before\r\nmeanwhile\r\n$ " }, func() string {
		return fmt.Sprintf("the terminal shows %q", d.raw())
	})
	write(journal.Event{Kind: journal.Message, Message: "held"})
	if err := detach(); err != nil {
		t.Error(err)
	}
	waitFor(t, func() bool { return strings.Contains(d.text(), "held\n") }, func() string {
		return fmt.Sprintf("the terminal shows %q", d.raw())
	})
}

func TestAttachToNoTerminal(t *testing.T) {
	in, _ := newPipe(t)
	p := NewPerson(in, NewScreen(Options{}), nil)
	for range 2 { // the first leaves nothing behind
		if _, err := p.Attach(io.Discard, func(pty.Size) {}); err == nil || strings.Contains(err.Error(), "in use") {
			t.Errorf("got the error %v, want that it is no terminal", err)
		}
	}
}

func TestTerminalIsRestoredAfterAPanic(t *testing.T) {
	d := newDesk(t)
	d.Person.interrupt = func() { panic("while asking") }
	_, err := answers(d, func(ctx context.Context) (yes bool, err error) {
		defer func() { err = errors.New(recover().(string)) }()
		return d.Confirm(ctx, "sure?")
	}, "sure? [y/N] ", "\x03")
	if err.Error() != "while asking" {
		t.Errorf("got the error %v, want the panic", err)
	}
	d.Person.interrupt = func() {}
	if yes, err := answers(d, func(ctx context.Context) (bool, error) { return d.Confirm(ctx, "again?") }, "again? [y/N] ", "y\r"); !yes {
		t.Errorf("after the panic: got %t, %v, want a yes", yes, err)
	}
}

package hosts

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	"deployer/journal"
)

// keyboard is a person's terminal of which only the keys matter.
type keyboard struct {
	keys  string // typed as soon as a command has the terminal
	still bool   // its window is not resized, and nobody types

	mu       sync.Mutex
	to       io.Writer
	attached int
	detached int
	stopped  int
}

func (k *keyboard) Size() Size { return Size{Rows: 33, Cols: 77} }

func (k *keyboard) Attach(to io.Writer, resized func(Size)) (func() error, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.attached++
	k.to = to
	if !k.still {
		resized(Size{Rows: 44, Cols: 88})
		if _, err := io.WriteString(to, k.keys); err != nil {
			return nil, err
		}
	}
	return func() error {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.detached++
		return nil
	}, nil
}

func (k *keyboard) Interrupt() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.stopped++
}

func (k *keyboard) typeKeys(t *testing.T, keys string) {
	t.Helper()
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, err := io.WriteString(k.to, keys); err != nil {
		t.Error(err)
	}
}

// taken reports whether a command got the terminal.
func (k *keyboard) taken() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.attached > 0
}

// balanced reports whether every command gave the terminal back.
func (k *keyboard) balanced() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.attached > 0 && k.attached == k.detached
}

func TestTerminal(t *testing.T) {
	tests := []struct {
		name, command, keys string
		options             RunOptions
		want                string
		fault               Fault
	}{
		{name: "three streams are one terminal", command: "test -t 0 && test -t 1 && test -t 2 && echo yes >&2", want: "yes\n"},
		{name: "keys are read", command: "read x; echo got $x", keys: "hello\r", want: "hello\ngot hello\n"},
		{name: "input is typed", command: "read x; echo got $x", options: RunOptions{Input: "typed\n"}, want: "typed\ngot typed\n"},
		{name: "exit status", command: "exit 7", fault: Failed},
		{name: "none if not wanted", command: "test -t 0 || test -t 1 || echo none", options: RunOptions{NoTerminal: true}, want: "none\n"},
		{name: "none if captured", command: "test -t 0 || test -t 1 || echo none", options: RunOptions{Quiet: true}, want: "none\n"},
	}
	for _, login := range loginShells {
		for _, test := range tests {
			t.Run(login+"/"+test.name, func(t *testing.T) {
				t.Parallel()
				k := &keyboard{keys: test.keys}
				s, _ := newSession(t, Options{Terminal: k})
				out, err := run(t, loginShell(t, s, login, ""), test.command, test.options)
				var failed *Error
				if test.fault == "" && err != nil || test.fault != "" && (!errors.As(err, &failed) || failed.Fault != test.fault) {
					t.Fatalf("got %q, %v", out, err)
				}
				if out != test.want {
					t.Errorf("got %q; want %q", out, test.want)
				}
				if wants := !test.options.NoTerminal && !test.options.Quiet; wants && !k.balanced() {
					t.Error("the terminal was not given back")
				}
			})
		}
	}
}

// TestKeysReachTheCommand types Ctrl-C: it is for the command alone, which may do what it likes.
func TestKeysReachTheCommand(t *testing.T) {
	for _, login := range loginShells {
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			k := &keyboard{}
			s, seen := newSession(t, Options{Terminal: k})
			h := loginShell(t, s, login, "")
			ended := make(chan Exit, 1)
			go func() {
				out, err := h.Run(t.Context(), "trap 'exit 5' INT; echo ready; read x", RunOptions{IgnoreStatus: true})
				if err != nil {
					t.Error(err)
					ended <- Exit{}
					return
				}
				ended <- out.Exit
			}()
			eventually(t, "the command is ready", func() bool { return strings.Contains(textOf(t, seen), `"text":"ready`) })
			k.typeKeys(t, "\x03")
			if exit := <-ended; exit.Status != 5 || !k.balanced() {
				t.Errorf("it ended with %v", exit)
			}
		})
	}
}

// TestCtrlCEndsTheRun types Ctrl-C to commands that die of it, which ends the run; but not where the end of a command
// does not matter, or of which it did not die.
func TestCtrlCEndsTheRun(t *testing.T) {
	for _, test := range []struct {
		name, command, keys string
		options             RunOptions
		fault               Fault
		stopped             int
	}{
		{name: "killed", command: "echo ready; read x", keys: "\x03", fault: Interrupted, stopped: 1},
		{name: "killed as a part", command: "echo ready; sh -c 'read x'; exit $?", keys: "x\x03", fault: Interrupted, stopped: 1},
		{name: "caught", command: "trap 'exit 5' INT; echo ready; read x", keys: "\x03", fault: Failed},
		{name: "not typed", command: "echo ready; kill -INT $$; read x", fault: Failed},
		{name: "does not matter", command: "echo ready; read x", keys: "\x03", options: RunOptions{IgnoreStatus: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			k := &keyboard{}
			s, seen := newSession(t, Options{Terminal: k})
			ended := make(chan error, 1)
			go func() {
				_, err := loginShell(t, s, "sh", "").Run(t.Context(), test.command, test.options)
				ended <- err
			}()
			eventually(t, "the command is ready", func() bool { return strings.Contains(textOf(t, seen), `"text":"ready`) })
			if test.keys != "" {
				k.typeKeys(t, test.keys)
			}
			var failed *Error
			err := <-ended
			if test.fault == "" && err != nil || test.fault != "" && (!errors.As(err, &failed) || failed.Fault != test.fault) {
				t.Errorf("error %v, want fault %q", err, test.fault)
			}
			if !k.balanced() || k.stopped != test.stopped {
				t.Errorf("the run was stopped %d times, want %d", k.stopped, test.stopped)
			}
		})
	}
}

func TestTerminalOfParallelCommands(t *testing.T) {
	t.Parallel()
	k := &keyboard{}
	s, _ := newSession(t, Options{Terminal: k})
	h := localHandle(t, s, "")
	errs := s.Parallel(t.Context(), 2, func(ctx context.Context, _ int) error {
		out, err := h.Run(ctx, "test -t 0 || echo none", RunOptions{})
		if err == nil && string(out.Stdout.Kept()) != "none\n" {
			err = errors.New("a command that runs beside another has a terminal")
		}
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}

// TestSecretOnTerminal gives a secret to a command that has a terminal, which would echo what it is given.
func TestSecretOnTerminal(t *testing.T) {
	for _, login := range loginShells {
		t.Run(login, func(t *testing.T) {
			t.Parallel()
			s, seen := newSession(t, Options{Terminal: &keyboard{}})
			h, err := loginShell(t, s, login, "").Env("SECRET", s.Secrets().TokenOf("s3cr3t 'v' !"), false)
			if err != nil {
				t.Fatal(err)
			}
			out, err := run(t, h, `test -t 0 && stty -a | grep -q ' echo ' && printf %s "$SECRET"`, RunOptions{})
			if err != nil || out != "s3cr3t 'v' !" {
				t.Errorf("got %q, %v", out, err)
			}
			if text := textOf(t, seen); strings.Contains(text, "s3cr3t") {
				t.Errorf("the journal shows it: %s", text)
			}
		})
	}
}

func TestCancelOnTerminal(t *testing.T) {
	t.Parallel()
	k := &keyboard{}
	s, seen := newSession(t, Options{Terminal: k})
	err := stopped(t, localHandle(t, s, ""), "sleep %s", func(_ *Session, cancel context.CancelFunc) {
		eventually(t, "the command has the terminal", k.taken)
		cancel()
	})
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != Interrupted || !k.balanced() {
		t.Errorf("got %v, terminal given back: %v", err, k.balanced())
	}
	if !strings.Contains(textOf(t, seen), `"state":"`+string(journal.Interrupted)) {
		t.Error("the journal does not tell of it")
	}
}

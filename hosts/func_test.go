package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// funcHandle is a host whose commands a function carries out.
func funcHandle(t *testing.T, s *Session, run func(context.Context, Call) (int, error)) *Handle {
	t.Helper()
	h, err := NewFunc(FuncOptions{Slug: "web1", Run: run})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(h)
}

func TestFuncGetsTheCommand(t *testing.T) {
	s, seen := newSession(t, Options{})
	var got Call
	var input string
	plain := funcHandle(t, s, func(_ context.Context, c Call) (int, error) {
		text, err := io.ReadAll(c.Stdin)
		input = string(text)
		got = c
		fmt.Fprintf(c.Stdout, "out %s", c.Env["TOKEN"])
		fmt.Fprintln(c.Stderr, "err")
		return 0, err
	})
	secret := "it's a\nsecret \\ \001 ä"
	h, err := plain.Cd("~").Cd("app").Prefix("true").Env("TOKEN", s.Secrets().TokenOf(secret), false)
	if err != nil {
		t.Fatal(err)
	}
	if h, err = h.Env("PATH", "/opt:$PATH", true); err != nil {
		t.Fatal(err)
	}
	typed := "typed \\ \x00 'ü'\n"
	out, err := run(t, h, "make all", RunOptions{Sudo: true, User: "www", Input: typed})
	if err != nil || out != "out "+secret {
		t.Errorf("got %q, %v", out, err)
	}
	got.Stdin, got.Stdout, got.Stderr = nil, nil, nil
	want := Call{Command: "make all", Dir: "~/app", Prefixes: []string{"true"}, Sudo: true, User: "www",
		Env: map[string]string{"TOKEN": secret, "PATH": "/opt:$PATH"}}
	if !reflect.DeepEqual(got, want) || input != typed {
		t.Errorf("the function got %+v and %q, want %+v and %q", got, input, want, typed)
	}
	if log := textOf(t, seen); strings.Contains(log, "it's a") || !strings.Contains(log, `"stream":"stderr","text":"err\n"`) {
		t.Errorf("the journal has\n%s", log)
	}
	if _, err := run(t, plain, "true", RunOptions{}); err != nil || input != "" {
		t.Errorf("without input it got %q, %v", input, err)
	}
}

func TestFuncEnds(t *testing.T) {
	s, _ := newSession(t, Options{})
	noRoute := &Error{Fault: Unreachable, Op: "connect", Err: errors.New("no route")}
	for name, tt := range map[string]struct {
		status int
		err    error
		want   string
		fault  Fault
	}{
		"status":      {3, nil, "web1: x: exit status 3", Failed},
		"signal":      {137, nil, "web1: x: killed by SIGKILL (exit status 137)", Failed},
		"unreachable": {0, noRoute, "web1: connect: no route", Unreachable},
		"other":       {0, errors.New("broken"), "web1: x: broken", Lost},
	} {
		h := funcHandle(t, s, func(context.Context, Call) (int, error) { return tt.status, tt.err })
		_, err := run(t, h, "x", RunOptions{})
		if failed := Errors(err); len(failed) != 1 || failed[0].Fault != tt.fault || err.Error() != tt.want {
			t.Errorf("%s: got %v, want %s", name, err, tt.want)
		}
	}
	gone := funcHandle(t, s, func(context.Context, Call) (int, error) { runtime.Goexit(); return 0, nil })
	if _, err := run(t, gone, "x", RunOptions{}); err == nil || !strings.Contains(err.Error(), "did not return") {
		t.Errorf("a function that does not return gave %v", err)
	}
}

func TestFuncIsEnded(t *testing.T) {
	s, _ := newSession(t, Options{})
	ended := make(chan error, 1)
	started := make(chan bool, 1)
	h := funcHandle(t, s, func(ctx context.Context, _ Call) (int, error) {
		started <- true
		<-ctx.Done()
		ended <- ctx.Err()
		return 130, nil
	})
	if _, err := run(t, h, "x", RunOptions{Timeout: time.Millisecond}); err == nil || Errors(err)[0].Fault != TimedOut {
		t.Errorf("beyond its time limit it gave %v", err)
	}
	<-ended
	<-started
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-started
		cancel()
	}()
	if _, err := h.Run(ctx, "x", RunOptions{Input: "y"}); err == nil || Errors(err)[0].Fault != Interrupted {
		t.Errorf("cancelled it gave %v", err)
	}
	<-ended
}

func TestFuncThatHeedsNothingIsLeftBehind(t *testing.T) {
	s, _ := newSession(t, Options{})
	release, started := make(chan bool), make(chan bool)
	defer close(release)
	h := funcHandle(t, s, func(context.Context, Call) (int, error) {
		started <- true
		<-release
		return 0, nil
	})
	go func() {
		<-started
		s.Abandon()
	}()
	if _, err := run(t, h, "x", RunOptions{}); !errors.Is(err, ErrAbandoned) {
		t.Errorf("got %v", err)
	}
}

func TestFuncInASandbox(t *testing.T) {
	s, _ := newSession(t, Options{})
	calls := 0
	h := funcHandle(t, s, func(context.Context, Call) (int, error) { calls++; return 0, nil })
	ctx := WithScope(t.Context(), Scope{Sandbox: true})
	if out, err := h.Run(ctx, "rm -rf /", RunOptions{}); err != nil || !out.Unknown || calls != 0 {
		t.Errorf("got %+v, %v after %d calls", out, err, calls)
	}
	if out, err := h.Run(ctx, "ls", RunOptions{Reads: true}); err != nil || out.Unknown || calls != 1 {
		t.Errorf("got %+v, %v after %d calls", out, err, calls)
	}
}

// keys is a terminal on which something is typed as soon as a command has it.
type keys string

func (keys) Size() pty.Size { return pty.Default }
func (keys) Interrupt()     {}

func (k keys) Attach(keyboard io.Writer, _ func(pty.Size)) (func() error, error) {
	if k == "" {
		return func() error { return nil }, nil
	}
	done := make(chan error, 1)
	go func() {
		_, err := io.WriteString(keyboard, string(k))
		done <- err
	}()
	return func() error { return <-done }, nil
}

func TestFuncOnATerminal(t *testing.T) {
	s, seen := newSession(t, Options{Terminal: keys("yes\r")})
	h := funcHandle(t, s, func(_ context.Context, c Call) (int, error) {
		fmt.Fprint(c.Stdout, "sure? ")
		key := make([]byte, 4)
		_, err := io.ReadFull(c.Stdin, key)
		fmt.Fprintf(c.Stdout, "%q, %v\r\n", key, c.Terminal)
		return 0, err
	})
	if out, err := run(t, h, "x", RunOptions{}); err != nil || out != "sure? \"yes\\r\", true\n" {
		t.Errorf("got %q, %v", out, err)
	}
	for _, e := range seen.Events() {
		if e.Kind == journal.CommandOutput && e.Stream != journal.Terminal {
			t.Errorf("output came on %s", e.Stream)
		}
	}
}

func TestReplacedHosts(t *testing.T) {
	fake, err := NewFunc(FuncOptions{Slug: "web1", Run: func(_ context.Context, c Call) (int, error) {
		_, err := io.WriteString(c.Stdout, "replaced")
		return 0, err
	}})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := newSession(t, Options{Replace: func(h Host) Host {
		if h.Slug() == "web1" {
			return fake
		}
		return h
	}})
	real, err := NewSSH(SSHOptions{Slug: "web1", Address: "127.0.0.1", Port: 1})
	if err != nil {
		t.Fatal(err)
	}
	local, err := NewLocal(LocalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	outs, err := s.Set([]Role{{Name: "host", Hosts: []Host{real, local}}}).Run(t.Context(), "printf real", RunOptions{})
	if err != nil || string(outs[0].Stdout.Kept()) != "replaced" || string(outs[1].Stdout.Kept()) != "real" {
		t.Errorf("got %v, %v", outs, err)
	}
}

func TestWrongFuncs(t *testing.T) {
	for want, o := range map[string]FuncOptions{
		"slug: a host needs a name":         {},
		`run: host "web1" needs a function`: {Slug: "web1"},
	} {
		if _, err := NewFunc(o); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

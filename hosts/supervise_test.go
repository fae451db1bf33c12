package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"deployer/internal/hostshell"
)

// mark returns a word that no other process has on its command line, also not as the start of one: a number of seconds to
// sleep.
func mark() string { return fmt.Sprintf("9%d.%04d", os.Getpid(), sleeps.Add(1)) }

var sleeps atomic.Int64

// endings are commands that end by more than their own death. Each contains the mark %s.
var endings = map[string]string{
	"plain":                     "sleep %s",
	"with children":             "sleep %[1]s & sleep %[1]s & wait",
	"in a group of its own":     "timeout 1000 sleep %s",
	"in the background":         "sleep %[1]s & sleep %[1]s",
	"left behind by its parent": "sh -c 'sleep %[1]s &'; sleep %[1]s",
	"job control":               "set -m; sleep %[1]s & wait",
	"deaf to INT":               "trap '' INT; sleep %[1]s; sleep %[1]s",
}

// stopped runs a command, stops it by stop once it runs, and returns its error when nothing of it is left.
func stopped(t *testing.T, h *Handle, command string, stop func(*Session, context.CancelFunc)) error {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	word := mark()
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(ctx, fmt.Sprintf(command, word), RunOptions{})
		ended <- err
	}()
	eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+word)) > 0 })
	stop(h.Session(), cancel)
	err := <-ended
	eventually(t, "nothing of "+command+" is left", func() bool { return len(running(t, "sleep\x00"+word)) == 0 })
	return err
}

// cancelled runs a command whose context is cancelled.
func cancelled(t *testing.T, h *Handle, command string) {
	t.Helper()
	err := stopped(t, h, command, func(_ *Session, cancel context.CancelFunc) { cancel() })
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != Interrupted {
		t.Errorf("got %v; want the fault %q", err, Interrupted)
	}
}

func TestCancelLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	for name, command := range endings {
		for _, shell := range []string{"bash", "dash"} {
			t.Run(name+"/"+shell, func(t *testing.T) {
				t.Parallel()
				s, _ := newSession(t, Options{})
				cancelled(t, localHandle(t, s, shell), command)
			})
		}
	}
}

// TestEndIsNotConfirmed stops everything on the host, so that nothing there can confirm the end of the command: it is
// given up after a while, and what is not known is told.
func TestEndIsNotConfirmed(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	s.stopGrace = 100 * time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	word, h := mark(), localHandle(t, s, "")
	ended := make(chan error, 1)
	go func() {
		_, err := h.Run(ctx, "sleep "+word, RunOptions{})
		ended <- err
	}()
	eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+word)) > 0 })
	toAll := func(signal syscall.Signal) {
		for _, process := range running(t, word) {
			var pid int
			if _, err := fmt.Sscanf(process, "/proc/%d:", &pid); err != nil {
				t.Error(err)
			}
			if err := syscall.Kill(pid, signal); err != nil && !errors.Is(err, syscall.ESRCH) { // it has ended
				t.Error(err)
			}
		}
	}
	toAll(syscall.SIGSTOP)
	cancel()
	err := <-ended
	if !slices.ContainsFunc(Errors(err), func(e *Error) bool {
		return e.Fault == Lost && e.Cause() == "did not confirm that the command ended"
	}) {
		t.Errorf("got %v", err)
	}
	toAll(syscall.SIGCONT)
	eventually(t, "nothing is left", func() bool { return len(running(t, word)) == 0 })
}

func TestAbandonStillEndsTheCommand(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	err := stopped(t, localHandle(t, s, ""), endings["deaf to INT"], func(s *Session, cancel context.CancelFunc) {
		cancel()
		s.Abandon()
	})
	if err == nil {
		t.Error("an abandoned command succeeded")
	}
}

func TestTimeLimit(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	word := mark()
	_, err := localHandle(t, s, "").Run(t.Context(), "sleep "+word, RunOptions{Timeout: 50 * time.Millisecond})
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != TimedOut {
		t.Errorf("got %v; want the fault %q", err, TimedOut)
	}
	eventually(t, "nothing is left", func() bool { return len(running(t, word)) == 0 })
}

// TestKilledClient ends a program in the middle of a command, without giving it a chance to clean up: the command sees
// the end of its standard input, and that is all that is relied upon.
func TestKilledClient(t *testing.T) {
	t.Parallel()
	for name, command := range endings {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			endsWithInput(t, command, func(line string) *exec.Cmd { return exec.Command("/bin/sh", "-c", line) })
		})
	}
}

// TestForcedCommand is TestKilledClient where the script does not lead its session: a wrapper does.
func TestForcedCommand(t *testing.T) {
	t.Parallel()
	endsWithInput(t, "timeout 1000 sleep %s", func(line string) *exec.Cmd {
		cmd := exec.Command("/bin/sh", "-c", `sh -c "$ORIGINAL"; exit $?`)
		cmd.Env = append(os.Environ(), "ORIGINAL="+line)
		return cmd
	})
}

// endsWithInput starts the line of a command, and wants nothing left of it after the end of its standard input.
func endsWithInput(t *testing.T, command string, start func(line string) *exec.Cmd) {
	t.Helper()
	word := mark()
	cmd := start(hostshell.Request{Command: fmt.Sprintf(command, word), Word: hostshell.NewWord()}.Line())
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command runs", func() bool { return len(running(t, "sleep\x00"+word)) > 0 })
	if err := stdin.Close(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Error("the command succeeded")
	}
	eventually(t, "nothing is left", func() bool { return len(running(t, word)) == 0 })
}

func TestBackgroundChildIsNotWaitedFor(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	word := mark()
	out, err := run(t, localHandle(t, s, ""), "echo $$; sleep "+word+" & echo started", RunOptions{})
	if err != nil || !strings.HasSuffix(out, "started\n") {
		t.Fatalf("got %q, %v", out, err)
	}
	left := running(t, "sleep\x00"+word)
	if len(left) != 1 {
		t.Fatalf("a command that a script left in the background was ended: %v", left)
	}
	var pid int
	if _, err := fmt.Sscanf(left[0], "/proc/%d:", &pid); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
}

func TestExitStatus(t *testing.T) {
	t.Parallel()
	tests := []struct {
		command string
		want    Exit
		message string
	}{
		{"exit 7", Exit{Status: 7}, "exit status 7"},
		{"kill -TERM $$", Exit{143, "TERM"}, "killed by SIGTERM (exit status 143)"},
		{"kill -9 $$", Exit{137, "KILL"}, "killed by SIGKILL (exit status 137)"},
		{"sh -c 'kill -9 $$'", Exit{137, "KILL"}, "killed by SIGKILL (exit status 137)"},
		{"/no/such/program", Exit{Status: 127}, "exit status 127"},
		{"exit 255", Exit{Status: 255}, "exit status 255"},
	}
	for _, shell := range []string{"bash", "dash"} {
		s, _ := newSession(t, Options{})
		for _, test := range tests {
			out, err := localHandle(t, s, shell).Run(t.Context(), "echo before; "+test.command, RunOptions{})
			var failed *Error
			if !errors.As(err, &failed) || failed.Fault != Failed || failed.Exit != test.want || failed.Cause() != test.message {
				t.Errorf("%s: %s: got %v", shell, test.command, err)
				continue
			}
			if string(out.Stdout.Kept()) != "before\n" {
				t.Errorf("%s: %s: output %q", shell, test.command, out.Stdout.Kept())
			}
		}
		if out, err := run(t, localHandle(t, s, shell), "kill -9 $$", RunOptions{IgnoreStatus: true}); err != nil {
			t.Errorf("%s: a status to ignore is an error: %q, %v", shell, out, err)
		}
	}
}

func TestMissingShell(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	_, err := run(t, localHandle(t, s, "/no/such/shell"), "echo hi", RunOptions{})
	var failed *Error
	if !errors.As(err, &failed) || failed.Exit.Status != 127 || !strings.Contains(failed.Stderr, "/no/such/shell") {
		t.Errorf("got %v, %+v", err, failed)
	}
}

// TestFlood lets a command print much more than is kept.
func TestFlood(t *testing.T) {
	t.Parallel()
	const size = 64 << 20
	s, seen := newSession(t, Options{})
	out, err := localHandle(t, s, "").Run(t.Context(), fmt.Sprintf("head -c %d /dev/zero", size), RunOptions{Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	if out.Stdout.Size != size || len(out.Stdout.Kept()) != 0 {
		t.Errorf("size %d, kept %d", out.Stdout.Size, len(out.Stdout.Kept()))
	}
	if _, err := out.Stdout.String(); !errors.Is(err, ErrTruncated) {
		t.Errorf("reading it gives %v", err)
	}
	if text := textOf(t, seen); text != "" {
		t.Errorf("a silent command was recorded: %.200q", text)
	}
}

// TestSlowReader has a command end long before its output is read.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	read, write := io.Pipe()
	var s streams
	s.copy(write, strings.NewReader(strings.Repeat("x", 100_000)))
	got := make(chan int, 1)
	go func() {
		time.Sleep(streamGrace + streamGrace/2)
		b, err := io.ReadAll(io.LimitReader(read, 100_000))
		if err != nil {
			t.Error(err)
		}
		got <- len(b)
	}()
	s.finish(func() { t.Error("gave up on a reader that was only slow") })
	if n := <-got; n != 100_000 {
		t.Errorf("%d bytes arrived", n)
	}
}

package deployer_test

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long a test waits for what must come, on however slow a machine.
const patience = 60 * time.Second

// quickExit spares the second that a program under the race detector waits before it ends.
const quickExit = "GORACE=atexit_sleep_ms=10"

// soak reports whether the long tests are wanted too.
func soak() bool { return os.Getenv("DEPLOYER_SOAK") != "" }

// place is a folder with a tree over a fleet, and a home.
type place struct{ dir, home string }

// newPlace writes a tree that can load hosts.star.
func (f *fleet) newPlace(t *testing.T, tree string) place {
	t.Helper()
	p := place{dir: t.TempDir()}
	p.home = filepath.Join(p.dir, "home")
	if err := f.install(p.dir, p.home); err != nil {
		t.Fatal(err)
	}
	p.write(t, "deploy", tree)
	return p
}

func (p place) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o700); err != nil {
		t.Fatal(err)
	}
}

// command is the program, not started yet, as its user would call it there.
func (p place) command(args ...string) *exec.Cmd {
	cmd := exec.Command("deployer", args...)
	cmd.Dir = p.dir
	cmd.Env = []string{"HOME=" + p.home, "PATH=" + os.Getenv("PATH"), "TMPDIR=" + p.dir, "LC_ALL=C", "TERM=xterm", quickExit}
	return cmd
}

// process is the program while it runs.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err buffer
	ended    chan struct{}
}

// start starts the program. It is killed at the end of the test if it still runs.
func (p place) start(t *testing.T, args ...string) *process {
	t.Helper()
	r := &process{t: t, cmd: p.command(args...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	return r.run()
}

// startInto starts the program with a file for its output, which is closed here.
func (p place) startInto(t *testing.T, out *os.File, args ...string) *process {
	t.Helper()
	r := &process{t: t, cmd: p.command(args...), ended: make(chan struct{})}
	r.cmd.Stdout, r.cmd.Stderr = out, &r.err
	r.run()
	_ = out.Close()
	return r
}

// unread starts the program with an output that nobody reads.
func (p place) unread(t *testing.T, args ...string) *process {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	_ = reader.Close()
	return p.startInto(t, writer, args...)
}

func (r *process) run() *process {
	r.t.Helper()
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r.cmd.WaitDelay = patience
	if err := r.cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	go func() {
		defer close(r.ended)
		_ = r.cmd.Wait() // its status is looked at by status
	}()
	r.t.Cleanup(func() {
		_ = r.cmd.Process.Kill() // it may have ended
		<-r.ended
		if r.t.Failed() {
			r.t.Logf("%q\nstandard output:\n%s\nstandard error:\n%s", r.cmd.Args[1:], tail(r.out.String()), tail(r.err.String()))
		}
	})
	return r
}

// tail is the end of a text.
func tail(s string) string { return s[max(0, len(s)-8000):] }

// expect waits until something was printed on standard output.
func (r *process) expect(text string) {
	r.t.Helper()
	r.expectCount(text, 1)
}

// expectAnywhere waits until something was printed on standard output or error.
func (r *process) expectAnywhere(text string) {
	r.t.Helper()
	r.await(text, func() bool { return strings.Contains(r.out.String()+r.err.String(), text) })
}

func (r *process) expectCount(text string, n int) {
	r.t.Helper()
	r.await(text, func() bool { return strings.Count(r.out.String(), text) >= n })
}

func (r *process) await(text string, there func() bool) {
	r.t.Helper()
	for deadline := time.Now().Add(patience); !there(); time.Sleep(2 * time.Millisecond) {
		select {
		case <-r.ended:
			if there() {
				return
			}
			r.t.Fatalf("ended with status %d before it printed %q", r.cmd.ProcessState.ExitCode(), text)
		default:
		}
		if time.Now().After(deadline) {
			r.t.Fatalf("did not print %q within %s", text, patience)
		}
	}
}

func (r *process) signal(s syscall.Signal) {
	r.t.Helper()
	if err := r.cmd.Process.Signal(s); err != nil {
		r.t.Fatal(err)
	}
}

// status waits for the end; a death by signal is minus its number.
func (r *process) status() int {
	r.t.Helper()
	select {
	case <-r.ended:
	case <-time.After(patience):
		r.t.Fatalf("still runs after %s", patience)
	}
	if s := r.cmd.ProcessState.Sys().(syscall.WaitStatus); s.Signaled() {
		return -int(s.Signal())
	}
	return r.cmd.ProcessState.ExitCode()
}

// wants waits for the end and compares the exit status.
func (r *process) wants(status int) *process {
	r.t.Helper()
	if got := r.status(); got != status {
		r.t.Errorf("exit status %d, want %d", got, status)
	}
	return r
}

// mark is a number of seconds that nobody else sleeps for: it finds the processes of one test.
func mark() string { return fmt.Sprintf("7%04d.%06d", rand.IntN(10000), rand.IntN(1000000)) }

// buffer is what a process printed so far.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

var _ io.Writer = (*buffer)(nil)

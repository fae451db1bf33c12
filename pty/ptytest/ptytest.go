// Package ptytest is a person at a terminal, for tests: it runs a command, or a function, on a real pseudo-terminal,
// types, and reads what comes. It answers nothing by itself, not even what a program asks the terminal.
package ptytest

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/pty"
)

const (
	// patience is how long a test waits for what must happen: a machine under load takes its time.
	patience = 60 * time.Second
	// grace is how long a command may take to end when its terminal is hung up, before it is killed.
	grace = 5 * time.Second
)

// A Terminal is a terminal and the program on it. Its methods are for the goroutine of the test; they end the test
// when they fail, and show everything that was printed until then.
type Terminal struct {
	t      testing.TB
	master io.ReadWriteCloser
	resize func(pty.Size) error
	tty    *os.File // open here too, so that its modes outlive the program; nil after letGo, and at a stream
	screen *screen
	read   int       // how much of what the screen shows Expect has dealt with
	modes  pty.Modes // what they were when tty was closed
	hungUp bool

	ended  chan struct{} // closed when the program has ended
	status int           // how, once ended is closed
}

// Start starts cmd with a terminal as its controlling terminal, and as those of its streams that are nil. At the end
// of the test the terminal is hung up; a command that does not end then is killed with its process group.
func Start(t testing.TB, cmd *exec.Cmd, size pty.Size) *Terminal {
	t.Helper()
	term := open(t, size)
	if err := pty.StartOn(cmd, term.tty); err != nil {
		term.close()
		t.Fatal(err)
	}
	term.run(func() int { return wait(cmd) })
	t.Cleanup(func() {
		if !term.hasEnded(grace) {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) // fails if it has ended meanwhile
		}
		term.finish()
	})
	t.Cleanup(term.Hangup)
	return term
}

// Func runs f in a goroutine with a terminal, which is nobody's controlling terminal and which f must leave open.
// What f returns counts as its exit status. At the end of the test the terminal is hung up, and f must return.
func Func(t testing.TB, size pty.Size, f func(tty *os.File) int) *Terminal {
	t.Helper()
	term := open(t, size)
	tty := term.tty
	term.run(func() int { return f(tty) })
	t.Cleanup(term.finish)
	t.Cleanup(term.Hangup)
	return term
}

// Stream runs f in a goroutine with a terminal at the far end of a connection. It has no modes. What f returns counts as
// its exit status; then the stream is closed. At the end of the test the terminal is hung up, and f must return.
func Stream(t testing.TB, size pty.Size, f func(*pty.Stream) int) *Terminal {
	t.Helper()
	far, near := net.Pipe()
	stream := pty.NewStream(near, size)
	term := &Terminal{t: t, master: far, screen: newScreen(size), ended: make(chan struct{})}
	term.resize = func(size pty.Size) error {
		stream.Resize(size)
		return nil
	}
	term.run(func() int {
		status := f(stream)
		_ = stream.Close() // fails when it was hung up
		return status
	})
	t.Cleanup(term.finish)
	t.Cleanup(term.Hangup)
	return term
}

func open(t testing.TB, size pty.Size) *Terminal {
	t.Helper()
	master, tty, err := pty.Open(size)
	if err != nil {
		t.Fatal(err)
	}
	term := &Terminal{t: t, master: master, tty: tty, screen: newScreen(size), ended: make(chan struct{})}
	term.resize = func(size pty.Size) error { return pty.Resize(master, size) }
	return term
}

// run begins to watch the terminal and the program; finish waits for the end of both.
func (term *Terminal) run(program func() int) {
	go term.screen.watch(term.master)
	go func() {
		defer close(term.ended)
		term.status = program()
	}()
}

// wait returns the exit status of a command as a shell has it: 128 and the number of the signal that killed it.
func wait(cmd *exec.Cmd) int {
	var exit *exec.ExitError
	if err := cmd.Wait(); err != nil && !errors.As(err, &exit) {
		return -1
	}
	status := cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

// Send types text. Enter is "\r", as on a keyboard.
func (term *Terminal) Send(text string) {
	term.t.Helper()
	if _, err := io.WriteString(term.master, text); err != nil {
		term.fatalf("typing %q: %v", text, err)
	}
}

// Expect waits until text is printed, after what the last Expect waited for. It returns what came before it.
func (term *Terminal) Expect(text string) (before string) {
	term.t.Helper()
	ended := term.ended
	for timeout := time.After(patience); ; {
		output, more, over := term.screen.look()
		unread := output[term.read:]
		if before, _, found := strings.Cut(unread, text); found {
			term.read += len(before) + len(text)
			return before
		}
		if over {
			term.fatalf("%q is not printed, and nothing more will be", text)
		}
		select {
		case <-more:
		case <-ended:
			term.letGo() // so that the end of the output can be seen
			ended = nil
		case <-timeout:
			term.fatalf("%q is not printed within %s", text, patience)
		}
	}
}

// Output returns all that has been printed so far, as the terminal got it: lines end in CR LF, unless the program has
// made the terminal raw.
func (term *Terminal) Output() string {
	output, _, _ := term.screen.look()
	return output
}

// Resize changes the size of the window.
func (term *Terminal) Resize(size pty.Size) {
	term.t.Helper()
	term.screen.resize(size)
	if err := term.resize(size); err != nil {
		term.fatalf("resize: %v", err)
	}
}

// Stall reads nothing more of what is printed until resume is called, as a window does whose connection is slow, or a
// person who pressed Ctrl-S. At the end of the test it goes on.
func (term *Terminal) Stall() (resume func()) {
	resume = term.screen.stall()
	term.t.Cleanup(resume)
	return resume
}

// Hangup takes the terminal away, as when its window is closed. Doing it again does nothing.
func (term *Terminal) Hangup() {
	term.hungUp = true
	_ = term.master.Close() // fails only when it is closed already
}

// Wait waits until the program has ended, nothing that it started has the terminal open any more, and all output is
// there. It returns the exit status, which for a command killed by a signal is 128 and the signal's number.
func (term *Terminal) Wait() int {
	term.t.Helper()
	if !term.hasEnded(patience) {
		term.fatalf("the program does not end within %s", patience)
	}
	term.letGo()
	select {
	case <-term.screen.over:
	case <-time.After(patience):
		term.fatalf("the program has ended, but after %s something still has its terminal open", patience)
	}
	return term.status
}

// Modes returns the modes of the terminal: also after the program has ended, and not after a hangup.
func (term *Terminal) Modes() pty.Modes {
	term.t.Helper()
	if term.tty == nil {
		return term.modes
	}
	modes, err := pty.ModesOf(term.tty)
	if err != nil {
		term.fatalf("modes: %v", err)
	}
	return modes
}

// SetModes gives the terminal other modes, as a shell does while the program is stopped.
func (term *Terminal) SetModes(m pty.Modes) error { return pty.SetModes(term.tty, m) }

// ExpectRaw waits until the terminal passes on what is typed as it is: without echo, lines or signals.
func (term *Terminal) ExpectRaw() {
	term.t.Helper()
	term.expectModes("raw", func(m pty.Modes) bool { return !m.Echo && !m.Canonical && !m.Signals })
}

// ExpectCooked waits until the terminal is as a command needs it.
func (term *Terminal) ExpectCooked() {
	term.t.Helper()
	term.expectModes("cooked", func(m pty.Modes) bool { return m == pty.Cooked })
}

func (term *Terminal) expectModes(name string, ok func(pty.Modes) bool) {
	term.t.Helper()
	for deadline := time.Now().Add(patience); !ok(term.Modes()); time.Sleep(time.Millisecond) {
		if term.tty == nil || time.Now().After(deadline) {
			term.fatalf("the terminal is not %s: %+v", name, term.Modes())
		}
	}
}

// letGo notes the modes of the terminal and closes the test's own end of it, once the program has ended.
func (term *Terminal) letGo() {
	term.t.Helper()
	if !term.hungUp {
		term.modes = term.Modes()
	}
	term.closeTTY()
}

func (term *Terminal) hasEnded(within time.Duration) bool {
	select {
	case <-term.ended:
		return true
	case <-time.After(within):
		return false
	}
}

// finish waits for the end of what run began.
func (term *Terminal) finish() {
	<-term.screen.over
	if !term.hasEnded(patience) {
		term.t.Errorf("the program does not end %s after its terminal was hung up", patience)
		return
	}
	term.close()
}

func (term *Terminal) close() {
	term.Hangup()
	term.closeTTY()
}

func (term *Terminal) closeTTY() {
	if term.tty != nil {
		_ = term.tty.Close() // a terminal has nothing left to write
		term.tty = nil
	}
}

func (term *Terminal) fatalf(format string, args ...any) {
	term.t.Helper()
	term.t.Fatalf(format+"\n--- printed so far:\n%s\n---", append(args, term.Output())...)
}

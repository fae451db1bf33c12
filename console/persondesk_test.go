package console

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/pty"
)

// desk is a person at a terminal, seen from the keyboard.
type desk struct {
	*Person
	t           *testing.T
	screen      *Screen
	keyboard    *os.File // the other side of the terminal
	tty         *os.File
	interrupted int

	mu   sync.Mutex
	seen bytes.Buffer
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskWith(t, Options{Prefix: true})
}

// newDeskWith returns a desk whose screen has those options, and the terminal for its output.
func newDeskWith(t *testing.T, o Options) *desk {
	t.Helper()
	master, tty, err := pty.Open(pty.Size{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.SetModes(tty, pty.Cooked); err != nil {
		t.Fatal(err)
	}
	d := &desk{t: t, keyboard: master, tty: tty}
	out := Output{W: tty, Terminal: true, Size: func() pty.Size { return pty.SizeOf(tty) }}
	o.Stdout, o.Stderr = out, out
	d.screen = NewScreen(o)
	d.Person = NewPerson(tty, d.screen, func() { d.interrupted++ })
	var reader sync.WaitGroup
	reader.Go(func() { _, _ = io.Copy(d, master) }) // until it is closed
	t.Cleanup(func() {
		d.screen.Close()
		master.Close()
		tty.Close()
		reader.Wait()
	})
	return d
}

// Write takes what the terminal shows.
func (d *desk) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen.Write(p)
}

func (d *desk) text() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.ReplaceAll(d.seen.String(), "\r\n", "\n")
}

// raw is what the terminal shows, with the ends of lines as they came.
func (d *desk) raw() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.seen.String()
}

// wait waits until the terminal shows text at the end.
func (d *desk) wait(text string) {
	d.t.Helper()
	waitFor(d.t, func() bool { return strings.HasSuffix(d.text(), text) }, func() string {
		return "the terminal shows " + d.text() + ", want at its end " + text
	})
}

func waitFor(t *testing.T, done func() bool, otherwise func() string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise())
		}
	}
}

func (d *desk) types(keys string) {
	d.t.Helper()
	if _, err := io.WriteString(d.keyboard, keys); err != nil {
		d.t.Fatal(err)
	}
}

// cooked checks that the terminal is as a login shell left it.
func (d *desk) cooked() {
	d.t.Helper()
	if modes, err := pty.ModesOf(d.tty); err != nil || modes != pty.Cooked {
		d.t.Errorf("the terminal is left as %+v, error %v", modes, err)
	}
}

// answers runs a question while keys are typed, each time after the terminal shows what comes before them.
func answers[T any](d *desk, question func(context.Context) (T, error), steps ...string) (T, error) {
	d.t.Helper()
	type answer struct {
		value T
		err   error
	}
	done := make(chan answer)
	go func() {
		value, err := question(d.t.Context())
		done <- answer{value, err}
	}()
	for i := 0; i+1 < len(steps); i += 2 {
		d.wait(steps[i])
		d.types(steps[i+1])
	}
	a := <-done
	d.cooked()
	return a.value, a.err
}

// newPipe returns a standard input that is no terminal, and the other end of it.
func newPipe(t *testing.T) (in, out *os.File) {
	t.Helper()
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		out.Close()
	})
	return in, out
}

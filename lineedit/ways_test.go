package lineedit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"deployer/pty"
	"deployer/pty/ptytest"
)

func TestContextEndsALine(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("it is time")
	term := ptytest.Func(t, pty.Default, func(tty *os.File) int {
		_, err := New(Options{Terminal: pty.NewTerminal(tty)}).Read(ctx, "> ")
		fmt.Fprintf(tty, "[%v]\n", err)
		return 0
	})
	term.Expect("> ")
	term.ExpectRaw()
	cancel(stopped)
	term.Expect("[it is time]")
	term.ExpectCooked()
}

func TestHangupEndsALine(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 1)
	gone := ptytest.Func(t, pty.Default, func(tty *os.File) int {
		_, err := New(Options{Terminal: pty.NewTerminal(tty)}).Read(context.Background(), "> ")
		ended <- err
		return 0
	})
	gone.Expect("> ")
	gone.Hangup()
	if err := <-ended; !errors.Is(err, io.EOF) {
		t.Errorf("a terminal that is gone ended with %v, want the end of the input", err)
	}
}

// TestPanicEndsALine panics while candidates are looked for: as one types, and by Tab. The terminal is cooked when the
// panic comes out, and the next line can be read.
func TestPanicEndsALine(t *testing.T) {
	t.Parallel()
	for name, typed := range map[string]string{"typed": "x", "tab": "\t"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			term := ptytest.Func(t, pty.Default, func(tty *os.File) int {
				e := New(Options{Terminal: pty.NewTerminal(tty), Complete: func(line string, _ int) (int, []Candidate) {
					if strings.HasPrefix(line, "fine") {
						return 0, nil
					}
					panic("no candidates")
				}})
				func() {
					defer func() {
						modes, err := pty.ModesOf(tty)
						fmt.Fprintf(tty, "[%v, cooked %v, %v]\n", recover(), modes == pty.Cooked, err)
					}()
					line, err := e.Read(context.Background(), "> ")
					fmt.Fprintf(tty, "[%s %v]\n", line, err)
				}()
				line, err := e.Read(context.Background(), "again > ")
				fmt.Fprintf(tty, "[%s %v]\n", line, err)
				return 0
			})
			term.Expect("> ")
			term.Send(typed)
			term.Expect("[no candidates, cooked true, <nil>]")
			term.Expect("again > ")
			term.Send("fine\r")
			term.Expect("[fine <nil>]")
			term.ExpectCooked()
		})
	}
}

// TestInterruptKeepsHistory clears a line with Ctrl-C. That is typed at a prompt only: before it, it would be a signal.
func TestInterruptKeepsHistory(t *testing.T) {
	t.Parallel()
	term := typist(t, Options{})
	term.Expect(" > ")
	term.Send("first\rsecond\r")
	term.Expect("[second]")
	term.Expect(" > ")
	term.Send("cleared\x03")
	term.Expect("cleared^C")
	term.Expect("[interrupted]")
	term.Expect(" > ")
	term.Send("\x1b[A\x1b[A\r")
	term.Expect("[first]")
	term.Expect(" > ")
	term.Send("\x12cleared\x07\x03")
	term.Expect("[interrupted]")
	term.Send("\x04")
	term.Expect("[end]")
	term.ExpectCooked()
}

// TestSuspended lets others have the terminal in the middle of a line: asked to, by Ctrl-Z, and not.
func TestSuspended(t *testing.T) {
	t.Parallel()
	editors := make(chan *Editor, 1)
	var tty *os.File
	suspend := func() {
		modes, err := pty.ModesOf(tty)
		fmt.Fprintf(tty, "[cooked %v, %v]\n", modes == pty.Cooked, err)
	}
	term := ptytest.Func(t, pty.Size{Rows: 8, Cols: 20}, func(f *os.File) int {
		tty = f
		e := New(Options{Terminal: pty.NewTerminal(f), Suspend: suspend})
		editors <- e
		return typeLines(f, e)
	})
	e := <-editors
	term.Expect("> ")
	term.Send("a line of two rows")
	term.ExpectDrawn("here > a line of two\n rows")
	term.Send("\x1a")
	term.ExpectDrawn("here > a line of two\n rows\n[cooked true, <nil>]\nhere > a line of two\n rows")
	term.ExpectRaw()
	if _, err := io.WriteString(tty, "\r\nnoise\r\n"); err != nil {
		t.Fatal(err)
	}
	e.Resumed()
	term.Send("!")
	term.ExpectDrawn("here > a line of two\n rows\n[cooked true, <nil>]\nhere > a line of two\n rows\nnoise\n" +
		"here > a line of two\n rows!")
	term.Send("\r")
	term.Expect("[a line of two rows!]")
	e.Resumed() // also where nothing is drawn
	term.Send("\x04")
	term.Expect("[end]")
	term.ExpectCooked()
}

// TestKeysInParts sends characters and escape sequences byte by byte, each drawn before the next one comes.
func TestKeysInParts(t *testing.T) {
	t.Parallel()
	term := typist(t, Options{})
	term.Expect(" > ")
	for _, b := range []byte("日é") {
		term.Send(string([]byte{b}))
		settle(t, term) // longer than an escape sequence may take
	}
	for _, b := range []byte("\x1b[D!\x1b[3~?\r") {
		term.Send(string([]byte{b}))
	}
	term.Expect("[日!?]")
}

package lineedit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"deployer/pty"
	"deployer/pty/ptytest"
)

// typistOn reads lines in a window of that size, see typist.
type typistOn func(*testing.T, pty.Size, Options) *ptytest.Terminal

func typistAtStream(t *testing.T, size pty.Size, o Options) *ptytest.Terminal {
	t.Helper()
	return ptytest.Stream(t, size, func(s *pty.Stream) int {
		o.Terminal = s
		return typeLines(s, New(o))
	})
}

// bubble tests a stream where time passes when nothing else does, and no goroutine may be left at the end.
func bubble(t *testing.T, test func(*testing.T, *ptytest.Terminal)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		term := typistAtStream(t, pty.Size{Rows: 5, Cols: 40}, Options{Complete: offering(nodes)})
		term.Expect("> ")
		test(t, term)
	})
}

// TestStreamInParts sends characters and escape sequences byte by byte, as slowly as they may come.
func TestStreamInParts(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, term *ptytest.Terminal) {
		for _, b := range []byte("日é\x1b[D!\x1b[3~?\x1b[200~p\x1b[201~\r\n") {
			time.Sleep(escapeWait - time.Millisecond)
			term.Send(string([]byte{b}))
		}
		term.Expect("[日!?p]")
		term.Send("a\x1b")
		time.Sleep(2 * escapeWait) // so it is a key of its own
		term.Send("[D\r\x00")
		term.Expect("[a[D]")
	})
}

// TestStreamTypedAhead pastes lines with every kind of line end, and types ahead of a line that is not read yet.
func TestStreamTypedAhead(t *testing.T) {
	t.Parallel()
	for name, enter := range map[string]string{"CR": "\r", "LF": "\n", "CR LF": "\r\n", "CR NUL": "\r\x00"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bubble(t, func(t *testing.T, term *ptytest.Terminal) {
				for i := range 50 {
					term.Send(fmt.Sprintf("line%d%s", i, enter))
				}
				term.Send("\x1b[200~one" + enter + "two" + enter + "\x1b[201~" + enter)
				term.Send("\x00still here" + enter + "\x04") // NUL is no Ctrl-D
				for i := range 50 {
					term.Expect(fmt.Sprintf("[line%d]\r\n", i))
				}
				for _, line := range []string{"[one]", "[two]", "[still here]", "[end]"} {
					term.Expect(line + "\r\n")
				}
				if got := strings.Count(term.Output(), "["+"]"); got != 0 {
					t.Errorf("%d lines are empty", got)
				}
				if status := term.Wait(); status != 0 {
					t.Errorf("status %d", status)
				}
			})
		})
	}
}

// TestStreamIsCut ends the connection in the middle of a line.
func TestStreamIsCut(t *testing.T) {
	t.Parallel()
	bubble(t, func(t *testing.T, term *ptytest.Terminal) {
		term.Send("whole\rhal")
		term.Expect("[whole]")
		term.Hangup()
		if status := term.Wait(); status != 0 {
			t.Errorf("status %d, want that of the end of the input", status)
		}
	})
}

// deaf is a connection that can be read, and whose writes wait, or fail.
type deaf struct {
	net.Conn
	fail error
}

func (d deaf) Write(p []byte) (int, error) {
	if d.fail != nil {
		return 0, d.fail
	}
	return d.Conn.Write(p)
}

// TestStreamIsDeaf ends a line where what is drawn cannot be written: by the error, by the context, and by Close where
// a write waits that does not end otherwise.
func TestStreamIsDeaf(t *testing.T) {
	t.Parallel()
	stopped := errors.New("it is time")
	for name, test := range map[string]struct{ fail, want error }{
		"it fails": {errors.New("broken"), io.EOF},
		"it waits": {nil, stopped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				near, far := net.Pipe() // nobody reads far
				defer far.Close()
				s := pty.NewStream(deaf{near, test.fail}, pty.Default)
				defer s.Close()
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Second, func() { cancel(stopped) })
				time.AfterFunc(2*time.Second, func() { s.Close() })
				if line, err := New(Options{Terminal: s}).Read(ctx, "> "); err != test.want {
					t.Errorf("got %q, %v, want %v", line, err, test.want)
				}
			})
		})
	}
}

// TestStreamEndsWithContext leaves the connection open, and what was typed to the next line.
func TestStreamEndsWithContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		stopped := errors.New("it is time")
		term := ptytest.Stream(t, pty.Default, func(s *pty.Stream) int {
			e := New(Options{Terminal: s})
			ctx, cancel := context.WithTimeoutCause(t.Context(), time.Second, stopped)
			defer cancel()
			_, err := e.Read(ctx, "> ")
			fmt.Fprintf(s, "[%v]", err)
			time.Sleep(time.Second)
			return typeLines(s, e)
		})
		term.Send("not kept")
		term.Expect("[it is time]")
		term.Send("kept\r")
		term.Expect("[kept]")
	})
}

// session is one of several in a process: a person, and the editor at the other end.
type session struct {
	*ptytest.Terminal
	editor *Editor
	cols   int
	text   string
}

// newSession begins the nth: on a terminal or a stream, of another width, and with other candidates than the rest.
func newSession(t *testing.T, n int) *session {
	t.Helper()
	s := &session{cols: 12 + n, text: fmt.Sprintf("a%db", n) + strings.Repeat("x", 10)}
	size, o := pty.Size{Rows: 14, Cols: s.cols}, Options{Complete: offering(numbered(n + 2))}
	editors := make(chan *Editor, 1)
	run := func(at pty.Terminal) int {
		o.Terminal = at
		e := New(o)
		editors <- e
		return typeLines(at, e)
	}
	if n%2 == 0 {
		s.Terminal = ptytest.Stream(t, size, func(at *pty.Stream) int { return run(at) })
	} else {
		s.Terminal = ptytest.Func(t, size, func(tty *os.File) int { return run(pty.NewTerminal(tty)) })
	}
	s.editor = <-editors
	s.Expect("> ")
	return s
}

// TestSessionsAtOnce edits lines in several sessions of one process, on terminals and on streams: each key of one
// between those of the others. Each has a window of its own, which changes, and two are cut off.
func TestSessionsAtOnce(t *testing.T) {
	t.Parallel()
	var all []*session
	for n := range 8 {
		all = append(all, newSession(t, n))
	}
	each := func(do func(n int, s *session)) {
		for n, s := range all {
			do(n, s)
		}
	}
	for _, key := range []string{"a", "b", "\x1b[D", "N", "\x05", "\x0c"} {
		each(func(n int, s *session) { s.Send(strings.ReplaceAll(key, "N", fmt.Sprint(n))) })
	}
	for range 10 {
		each(func(_ int, s *session) { s.Send("x") })
	}
	each(func(_ int, s *session) {
		line := "here > " + s.text
		s.ExpectDrawn(line[:s.cols] + "\n" + line[s.cols:])
	})
	each(func(n int, s *session) {
		s.Resize(pty.Size{Rows: 14, Cols: 60 + n})
		s.editor.Resized()
	})
	each(func(_ int, s *session) { s.ExpectDrawn("here > " + s.text) })
	each(func(_ int, s *session) { s.Send(" w") })
	each(func(n int, s *session) { s.ExpectDrawn("here > " + s.text + " w\n" + menuOf(n+2, 7+len(s.text)+1)) })
	for _, n := range []int{3, 4} {
		all[n].Hangup()
		if status := all[n].Wait(); status != 0 {
			t.Errorf("session %d ended with %d where it was cut off", n, status)
		}
	}
	all = append(all[:3], all[5:]...)
	each(func(_ int, s *session) { s.Send("eb001\r") })
	each(func(_ int, s *session) { s.Expect("[" + s.text + " web001]") })
}

// menuOf is how so many candidates are drawn.
func menuOf(count, column int) string {
	var rows []string
	for _, c := range numbered(count) {
		rows = append(rows, strings.Repeat(" ", column)+c.Text+"  "+c.Description)
	}
	return strings.Join(rows, "\n")
}

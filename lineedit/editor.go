package lineedit

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"deployer/pty"
)

// ErrInterrupted is returned by [Editor.Read] for Ctrl-C.
var ErrInterrupted = errors.New("interrupted")

// Candidate is what a word may be completed to.
type Candidate struct {
	Text        string // in place of what was typed of it; as it is typed, so quoted where it must be
	Shown       string // what the menu calls it; "" is Text
	Description string // one line
	Style       string // parameters of the escape sequence SGR, such as "1;32"; "" is none
}

// Completer returns the candidates for the word before the cursor, and where that word begins; both are byte offsets.
type Completer func(line string, cursor int) (start int, candidates []Candidate)

// Options say how an [Editor] works. Only Terminal is required.
type Options struct {
	Terminal pty.Terminal
	History  *History // of its own if nil
	Complete Completer
	// Keep reports whether a line is kept in the history; nil keeps all.
	Keep func(line string) bool
	// Suspend is what Ctrl-Z does, with the terminal as it was before Read; nil is nothing.
	Suspend func()
	// Failed is told of errors of the history file.
	Failed func(error)
}

// Editor reads lines from one terminal. It has no goroutines between two calls of Read, and needs no closing. Editors
// share nothing but a [History] that several are given.
type Editor struct {
	o      Options
	keys   keys     // typed and not used yet
	rest   []string // lines that were pasted together
	killed string   // what was cut last

	mu   sync.Mutex
	line *line // being read
}

// New returns an editor.
func New(o Options) *Editor {
	if o.History == nil {
		o.History = &History{}
	}
	if o.Complete == nil {
		o.Complete = func(_ string, cursor int) (int, []Candidate) { return cursor, nil }
	}
	if o.Keep == nil {
		o.Keep = func(string) bool { return true }
	}
	if o.Failed == nil {
		o.Failed = func(error) {}
	}
	return &Editor{o: o}
}

// Resized tells that the terminal has another size. It may be called at any time, by any goroutine.
func (e *Editor) Resized() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.line != nil {
		e.line.screen.resized()
	}
}

// Resumed tells that this program was stopped, and goes on: the line is drawn anew, where the cursor is now. It may be
// called at any time, by any goroutine.
func (e *Editor) Resumed() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.line != nil {
		e.line.screen.resumed()
	}
}

// Read reads a line; what is pasted with line ends becomes several, each returned by a Read of its own. The prompt may
// have colours. The error is io.EOF for Ctrl-D on an empty line and where the terminal is gone, ErrInterrupted for
// Ctrl-C, and the cause of ctx when that ends. One goroutine may read at a time.
func (e *Editor) Read(ctx context.Context, prompt string) (string, error) {
	if len(e.rest) > 0 {
		return e.next(prompt)
	}
	l := newLine(e, prompt)
	e.reading(l)
	defer e.reading(nil)
	text, err := l.edit(ctx)
	if err != nil {
		return "", err
	}
	e.rest = strings.Split(text, "\n")
	return e.take(), nil
}

// next shows a line that was pasted with those before it, as if it was typed.
func (e *Editor) next(prompt string) (string, error) {
	line := e.take()
	if _, err := io.WriteString(e.o.Terminal, prompt+line+"\r\n"); err != nil {
		return "", gone(err)
	}
	return line, nil
}

func (e *Editor) take() string {
	line := e.rest[0]
	e.rest = e.rest[1:]
	if e.o.Keep(line) {
		if err := e.o.History.Add(line); err != nil {
			e.o.Failed(err)
		}
	}
	return line
}

// reading notes which line is being read.
func (e *Editor) reading(l *line) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.line = l
}

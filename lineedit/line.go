package lineedit

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"deployer/pty"
)

// line is a line that is being edited. Fields without a lock belong to the goroutine that edits it.
type line struct {
	e      *Editor
	buffer buffer
	prompt string // with colours
	screen screen
	recall recall
	search search
	menu   menu

	ended bool

	mu     sync.Mutex
	keys   pty.Keys // nil unless the line is being read
	reason error    // why there is no line
}

func newLine(e *Editor, prompt string) *line {
	l := &line{e: e, buffer: newBuffer(), prompt: prompt}
	l.screen.to = e.o.Terminal
	l.recall = newRecall(e.o.History.Lines())
	return l
}

// leave makes editing end without a line. It may be called by any goroutine; the first reason counts.
func (l *line) leave(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reason == nil {
		l.reason = reason
	}
	if l.keys != nil {
		l.keys.Stop()
	}
}

func (l *line) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}

// open makes keys arrive.
func (l *line) open() error {
	keys, err := l.e.o.Terminal.Keys()
	if err != nil {
		return err
	}
	l.screen.write(pasteOn)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = keys
	if l.reason != nil {
		keys.Stop()
	}
	return nil
}

// close leaves the terminal as it was before open.
func (l *line) close() {
	l.mu.Lock()
	keys := l.keys
	l.keys = nil
	l.mu.Unlock()
	if keys != nil {
		l.screen.write(pasteOff)
		_ = keys.Close() // fails when the terminal is gone
	}
}

// suspend is Ctrl-Z.
func (l *line) suspend() {
	if l.e.o.Suspend == nil {
		return
	}
	l.close()
	l.screen.finish(l.prompt, "")
	l.e.o.Suspend()
	if err := l.open(); err != nil {
		l.leave(err)
		l.end()
	}
}

// edit lets the line be edited until Enter, or until there is a reason to leave.
func (l *line) edit(ctx context.Context) (string, error) {
	defer context.AfterFunc(ctx, func() { l.leave(context.Cause(ctx)) })()
	if err := l.open(); err != nil {
		return "", err
	}
	defer l.finish() // also where what looks for candidates panics
	for !l.ended {
		l.draw()
		if key := l.key(); key == nil {
			l.end()
		} else {
			l.perform(commandFor(string(key)))
		}
	}
	return l.buffer.text(), l.why()
}

// finish shows the line as it stays there, on a terminal that is as it was.
func (l *line) finish() {
	l.close()
	mark := ""
	if l.why() == ErrInterrupted {
		mark = "^C"
	}
	l.screen.finish(l.prompt, mark)
}

// perform does what a key stands for.
func (l *line) perform(do command) {
	l.search.went = false
	do(l)
	l.search.active = l.search.active && l.search.went
}

// end ends the editing; without a reason to leave with the text as it is.
func (l *line) end() { l.ended = true }

// escapeWait is how long the rest of an escape sequence may take. What comes later is other keys.
const escapeWait = 50 * time.Millisecond

// key waits for a key. It is nil if there is a reason to leave.
func (l *line) key() []byte {
	k := &l.e.keys
	buffer := make([]byte, 4<<10)
	for {
		if key := k.next(false); key != nil {
			return key
		}
		limit := time.Duration(-1)
		if k.escaped() {
			limit = escapeWait
		}
		n, err := l.keys.ReadWithin(buffer, limit)
		k.add(buffer[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if key := k.next(true); key != nil {
				return key
			}
		case err != nil:
			l.leave(gone(err))
			return nil
		}
	}
}

// draw shows the line as it is now.
func (l *line) draw() {
	text, cursor := l.content()
	l.search.active = l.search.active && text == l.search.text && cursor == l.search.cursor
	if l.search.active {
		l.menu = menu{line: text, cursor: cursor}
	} else {
		l.menu.refresh(text, cursor, l.e.o.Complete)
	}
	l.screen.show(content{prompt: l.shownPrompt(), text: text, cursor: cursor, menu: l.menu})
}

func (l *line) shownPrompt() string {
	if l.search.active {
		return l.search.prompt()
	}
	return l.prompt
}

// content is the text and where the cursor is in it, in bytes.
func (l *line) content() (text string, cursor int) {
	return l.buffer.text(), len(l.buffer.beforeCursor())
}

// gone makes io.EOF of every way in which a terminal is gone.
func gone(err error) error {
	if err == pty.ErrStopped {
		return err // there is a reason already
	}
	return io.EOF
}

package lineedit

import (
	"context"
	"io"
	"sync"

	"deployer/pty"

	prompt "github.com/elk-language/go-prompt"
)

// line is a line that is being edited. go-prompt runs two goroutines: one reads keys (reader), the other does what they
// mean. Fields without a lock belong to the latter.
type line struct {
	e      *Editor
	p      *prompt.Prompt
	prompt string // with colours
	screen screen
	recall recall
	search search
	menu   menu

	todo    chan command // what the next key of ours does
	done    chan bool    // whether the line goes on after that
	ended   bool
	text    string // once ended
	failure any    // what a command panicked with

	mu     sync.Mutex
	keys   pty.Keys // nil unless the line is being read
	reason error    // why there is no line
}

func newLine(e *Editor, prompt string) *line {
	l := &line{e: e, prompt: prompt, todo: make(chan command, 1), done: make(chan bool, 1)}
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
	defer l.close() // also where go-prompt panics
	l.p = prompt.New(prompt.NoopExecutor, prompt.WithReader(&reader{line: l}), prompt.WithWriter(writer{l}),
		prompt.WithPrefix(""), prompt.WithExitChecker(func(string, bool) bool { return l.ended }),
		prompt.WithKeyBind(prompt.KeyBind{Key: prompt.F24, Fn: l.perform}))
	l.p.Input()
	l.close()
	if l.failure != nil {
		l.screen.finish(l.prompt, "")
		panic(l.failure) // the terminal is as it was, and nobody reads it any more
	}
	err := l.why()
	mark := ""
	if err == ErrInterrupted {
		mark = "^C"
	}
	l.screen.finish(l.prompt, mark)
	return l.text, err
}

// perform does what the key of ours stands for. A panic is kept until go-prompt has let go of the terminal.
func (l *line) perform(*prompt.Prompt) (rerender bool) {
	defer func() {
		if l.failure == nil {
			l.failure = recover()
		}
		l.ended = l.ended || l.failure != nil
		l.done <- !l.ended
	}()
	do := <-l.todo
	l.search.went = false
	do(l)
	l.search.active = l.search.active && l.search.went
	return true
}

// end ends the editing; without a reason to leave with this text.
func (l *line) end() { l.ended, l.text = true, l.p.Buffer().Text() }

// draw shows the line as it is now. go-prompt calls it after each key.
func (l *line) draw() {
	defer func() {
		if failure := recover(); failure != nil {
			l.failure = failure
			l.leave(io.EOF)
		}
	}()
	if l.ended || l.failure != nil {
		return
	}
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
	d := l.p.Buffer().Document()
	return d.Text, len(d.TextBeforeCursor())
}

// gone makes io.EOF of every way in which a terminal is gone.
func gone(err error) error {
	if err == pty.ErrStopped {
		return err // there is a reason already
	}
	return io.EOF
}

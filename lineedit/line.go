package lineedit

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"deployer/pty"

	prompt "github.com/elk-language/go-prompt"
	istrings "github.com/elk-language/go-prompt/strings"
)

// line is a line that is being edited. go-prompt calls it from two goroutines: one reads keys (reader), the other does
// what they mean. Fields without a lock belong to the latter, but for search and pending, which the reader changes.
type line struct {
	e      *Editor
	prompt string // with colours
	recall *recall
	writer *writer

	text   string // as it was when it was drawn last
	cursor int    // in runes
	row    int    // of the cursor, from the first one of the prompt
	prefix string // what is drawn before the text now
	left   bool   // editing ends without a line
	menu   menu

	searching bool        // the search is shown
	before    string      // the line before the search
	held      atomic.Bool // no key may be taken, since the last one may end the line

	mu     sync.Mutex
	in     *pty.Input
	reason error // why editing shall end without a line
	offers bool  // the menu is not empty

	search search
}

func newLine(e *Editor, prompt string) *line {
	l := &line{e: e, prompt: prompt, recall: newRecall(e.o.History.Lines()), prefix: plain(prompt)}
	l.search.lines = l.recall.lines
	return l
}

// leave makes editing end without a line. It may be called by any goroutine; the first reason counts.
func (l *line) leave(reason error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.reason == nil {
		l.reason = reason
	}
	if l.in != nil {
		l.in.Stop()
	}
}

func (l *line) why() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.reason
}

// begin prepares for another round of editing.
func (l *line) begin() (*pty.Input, error) {
	in, err := pty.NewInput(l.e.o.Terminal)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.in, l.reason, l.left = in, nil, false
	l.held.Store(false)
	return in, nil
}

// edit lets the line be edited until Enter, or until there is a reason to leave.
func (l *line) edit(ctx context.Context) (string, error) {
	in, err := l.begin()
	if err != nil {
		return "", err
	}
	defer in.Close()
	l.e.reading(l)
	defer context.AfterFunc(ctx, func() { l.leave(context.Cause(ctx)) })()

	size := l.e.size()
	l.writer = &writer{to: l.e.o.Terminal, plain: plain(l.prompt), styled: l.prompt, failed: l.leave}
	p := prompt.New(prompt.NoopExecutor,
		prompt.WithReader(&reader{line: l, in: in}), prompt.WithWriter(l.writer),
		prompt.WithPrefixCallback(func() string { return l.prefix }), prompt.WithPrefixTextColor(prompt.DefaultColor),
		prompt.WithCustomHistory(l.recall), prompt.WithKeyBind(l.bindings()...), prompt.WithASCIICodeBind(l.alt()...),
		prompt.WithCompleter(l.complete), prompt.WithMaxSuggestion(uint16(min(maxMenu, max(1, size.Rows-2)))),
		prompt.WithSuggestionTextColor(prompt.White), prompt.WithSuggestionBGColor(menuColor),
		prompt.WithSelectedSuggestionTextColor(prompt.Black), prompt.WithSelectedSuggestionBGColor(prompt.LightGray),
		prompt.WithDescriptionTextColor(prompt.LightGray), prompt.WithDescriptionBGColor(prompt.Black),
		prompt.WithSelectedDescriptionTextColor(prompt.White), prompt.WithSelectedDescriptionBGColor(prompt.Black),
		prompt.WithScrollbarThumbColor(prompt.LightGray), prompt.WithScrollbarBGColor(menuColor),
		prompt.WithExitChecker(func(string, bool) bool { return l.left }),
	)
	l.restore(p, size)
	text := p.Input()
	if !l.left {
		return unbreak(text), nil
	}
	return "", l.gone(l.why())
}

// restore puts the text back that was there before the terminal changed its size.
func (l *line) restore(p *prompt.Prompt, size pty.Size) {
	columns := istrings.Width(max(1, size.Cols-int(istrings.GetWidth(l.prefix))))
	p.Buffer().InsertTextMoveCursor(l.text, columns, size.Rows, false)
	after := utf8.RuneCountInString(l.text) - l.cursor
	p.Buffer().CursorLeftRunes(istrings.RuneNumber(after), columns, size.Rows)
}

// gone clears up the screen after editing was left, and returns why it was.
func (l *line) gone(reason error) error {
	text := "\r\n\x1b[J"
	switch reason {
	case errResized:
		text = "\r\x1b[J"
		if l.row > 0 {
			text = fmt.Sprintf("\x1b[%dA", l.row) + text
		}
	case ErrInterrupted:
		text = "^C" + text
	}
	_, _ = l.e.o.Terminal.WriteString(text) // fails when the terminal is gone, which is told by reading it
	return reason
}

// seen notes the line as it is drawn, and whether there is a menu.
func (l *line) seen(d *prompt.Document, offers bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text, l.cursor, l.offers = d.Text, int(d.CurrentRuneIndex()), offers
}

// drawn returns what seen noted last.
func (l *line) drawn() (text string, offers bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text, l.offers
}

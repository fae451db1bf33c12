package console

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"

	"deployer/journal"
	"deployer/pty"
)

// Pager prints lines, at a terminal one page at a time: q, Ctrl-C or Ctrl-D quits, which is no error, and any other key
// goes on. Lines are taken as they are needed. Where nobody is there, where standard output is no terminal, and where
// several are at work at once they are just printed.
func (c Console) Pager(lines iter.Seq[string]) error {
	p, end := c.page()
	defer end()
	for line := range lines {
		for part := range strings.SplitSeq(strings.TrimSuffix(line, "\n"), "\n") {
			if c.ctx.Err() != nil {
				return context.Cause(c.ctx)
			}
			if more, err := p.more(part); err != nil || !more {
				return err
			}
			c.print(part)
		}
	}
	return nil
}

// page is a page of lines on the terminal; nil: the pager is not to wait.
type page struct{ console Console }

// page begins the first page; end ends the last.
func (c Console) page() (p *page, end func()) {
	screen, person := c.of.Screen, c.of.Person
	if screen == nil || person == nil || person.terminal == nil || c.at().Parallel || c.room() == 0 || !screen.draws() {
		return nil, func() {}
	}
	screen.setPage(new(int))
	return &page{c}, func() { screen.setPage(nil) }
}

// more reports whether a line is wanted. Where it has no place on the page it asks.
func (p *page) more(line string) (bool, error) {
	if p == nil || p.console.of.Screen.fits(line, p.console.room()) {
		return true, nil
	}
	screen := p.console.of.Screen
	defer p.console.rest()()
	defer screen.setPage(new(int))
	prompt := Fit("-- any key: more, q: quit --", screen.stdout.size().Cols-1)
	return p.console.of.Person.more(p.console.ctx, prompt)
}

// setPage counts rows from now on; nil ends that.
func (s *Screen) setPage(rows *int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.page = rows
}

// fits reports whether a line that has so many columns of room has place on the page, above the line of the prompt. On an
// empty page every line has.
func (s *Screen) fits(line string, room int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return *s.page == 0 || *s.page+rowsOf(line, room) <= s.stdout.size().Rows-max(1, len(s.standing))
}

// rowsOf is how many rows of a terminal of so many columns lines of text take.
func rowsOf(text string, columns int) int {
	rows := 0
	for line := range strings.Lines(strings.ReplaceAll(text, "\t", "        ")) {
		rows += height(clean(strings.TrimRight(line, "\r\n"), false), columns)
	}
	return max(1, rows)
}

// more shows a prompt until a key is typed, and leaves nothing of it.
func (p *Person) more(ctx context.Context, prompt string) (yes bool, err error) {
	if err := p.own(ctx); err != nil {
		return false, err
	}
	defer p.disown()
	err = p.atTerminal(ctx, func(input io.Reader) error {
		if err := p.screen.showQuestion(prompt); err != nil {
			return err
		}
		var failed error
		yes, failed = goesOnReading(input)
		return errors.Join(failed, p.screen.dropQuestion())
	})
	return yes, err
}

// goesOnReading reports whether the key that is typed is one that goes on. An end of the input does not.
func goesOnReading(input io.Reader) (bool, error) {
	var typed typing
	key := make([]byte, 1)
	for {
		if _, err := input.Read(key); errors.Is(err, pty.ErrStopped) {
			return false, err
		} else if err != nil {
			return false, nil
		}
		inside := typed.inEscape(key[0])
		switch {
		case !inside:
			return !strings.ContainsRune("qQ\x03\x04", rune(key[0])), nil
		case typed.escape == 0: // the end of what a key such as Page Down sends
			return true, nil
		}
	}
}

// Warning writes a warning to the log of the run.
func (c Console) Warning(text string) {
	at := c.at()
	c.record(journal.Event{Kind: journal.Warning, Host: at.Host, Message: text})
}

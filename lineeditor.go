package deployer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"

	"deployer/console"
	"deployer/journal"
	"deployer/lineedit"
	"deployer/prompt"
	"deployer/pty"
	"deployer/shell"
)

// lineEditor reads the lines of the shell where a person types them.
type lineEditor struct {
	editor    *lineedit.Editor
	history   *lineedit.History
	colour    bool
	continued chan struct{} // to suspend, where that waits for it
}

var _ prompt.LineReader = (*lineEditor)(nil)

// completer is what a shell offers for a line.
type completer func(line string, cursor int) (start int, candidates []prompt.Candidate)

// newLineEditor returns an editor on the terminal of standard input, with the history of earlier sessions in a file of
// that name.
func (p *program) newLineEditor(o runOptions, history string, secrets *journal.Secrets, complete completer) *lineEditor {
	e := &lineEditor{colour: p.output(p.Err, o.color).Colour, continued: make(chan struct{})}
	told := false // what fails for one line fails for the next
	failed := func(err error) {
		if !told {
			fmt.Fprintf(p.Err, "%s: warning: the history of lines: %v\n", p.Name, err)
		}
		told = true
	}
	e.history = &lineedit.History{}
	if file := p.historyFile(history); file != "" {
		h, err := lineedit.OpenHistory(file)
		if err != nil {
			failed(err)
		} else {
			e.history = h
		}
	}
	terminal := pty.NewTerminal(p.terminal())
	p.unread = func(typed []byte) { pty.Unread(terminal, typed) }
	e.editor = lineedit.New(lineedit.Options{
		Terminal: terminal, History: e.history, Complete: e.candidates(complete), Failed: failed,
		Keep: func(line string) bool { return secrets.Mask(line) == line }, Suspend: e.suspend,
	})
	return e
}

// historyFile is where the lines of the shell are kept between sessions; "" where there is no place for it.
func (p *program) historyFile(name string) string {
	if state := p.stateFolder(); state != "" {
		return filepath.Join(state, name)
	}
	return ""
}

// stateFolder is the folder for what is kept between runs; "" where there is no place for it.
func (p *program) stateFolder() string {
	if p.state != "" {
		return p.state
	}
	state := p.Getenv("XDG_STATE_HOME")
	if home := p.Getenv("HOME"); !filepath.IsAbs(state) && filepath.IsAbs(home) {
		state = filepath.Join(home, ".local", "state")
	}
	if !filepath.IsAbs(state) {
		return ""
	}
	return filepath.Join(state, "deployer")
}

// candidates offers what the shell does: nodes and what belongs to them in the colour of their group, commands in one
// that no group has.
func (e *lineEditor) candidates(complete completer) func(string, int) (int, []lineedit.Candidate) {
	return func(line string, cursor int) (int, []lineedit.Candidate) {
		start, offered := complete(line, cursor)
		var all []lineedit.Candidate
		for _, c := range offered {
			one := lineedit.Candidate{Text: c.Text, Shown: c.Shown, Description: c.Description}
			if c.Kind == shell.KindCommand {
				c.Colour = "cyan"
			}
			if e.colour {
				one.Style = console.Style(c.Colour)
			}
			all = append(all, one)
		}
		return start, all
	}
}

// Read implements prompt.LineReader.
func (e *lineEditor) Read(ctx context.Context, before prompt.Prompt) (string, error) {
	defer e.watch()()
	line, err := e.editor.Read(ctx, before.Format(e.colour))
	if errors.Is(err, lineedit.ErrInterrupted) {
		err = prompt.ErrInterrupted
	}
	return line, err
}

// watch tells the editor when the terminal changes its size, and when the program goes on after it was stopped, until
// done is called.
func (e *lineEditor) watch() (done func()) {
	changed, continued, ended := make(chan os.Signal, 1), make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(changed, syscall.SIGWINCH)
	signal.Notify(continued, syscall.SIGCONT)
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-changed:
				e.editor.Resized()
			case <-continued:
				e.goesOn()
			case <-ended:
				return
			}
		}
	})
	return func() {
		signal.Stop(changed)
		signal.Stop(continued)
		close(ended)
		watching.Wait()
	}
}

func (e *lineEditor) suspend() { pty.Suspend(e.continued) }

// goesOn tells who waits for it that the program goes on.
func (e *lineEditor) goesOn() {
	select {
	case e.continued <- struct{}{}:
	default:
		e.editor.Resumed()
	}
}

// History implements prompt.LineReader.
func (e *lineEditor) History() []string { return e.history.Lines() }

// lineReader reads the lines of the shell; nil if there is nothing on standard input.
func (p *program) lineReader(ctx context.Context, o runOptions, history string, s *journal.Secrets,
	complete completer) prompt.LineReader {
	if p.In == nil {
		return nil
	}
	if !p.interactive() {
		plain := prompt.NewPlainReader(p.In, nil, false)
		if plain.Ended(ctx) {
			return nil
		}
		return plain
	}
	if p.dumb() {
		return prompt.NewPlainReader(p.In, io.Writer(p.Err), p.output(p.Err, o.color).Colour)
	}
	return p.newLineEditor(o, history, s, complete)
}

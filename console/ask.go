package console

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"deployer/pty"
)

// Question is a question to a person.
type Question struct {
	Before []string // lines to read before it
	Text   string   // stands before what is typed
	Hidden bool     // what is typed is not shown
	// Check says what is wrong with an answer, or "": then it is taken.
	Check func(answer string) (wrong string)
	// complete returns what Tab makes of what was typed, and the answers that may be meant; nil: Tab does nothing.
	complete func(typed string) (completed string, answers []string)
}

func anything(string) string { return "" }

// asking is how the terminal is while a question is asked: this package shows what is typed, and Ctrl-C is a key like
// any other. What is printed is processed as ever, since lines of the run come meanwhile.
var asking = pty.Modes{CRToNL: true, Output: true, NLToCRNL: true}

// ask asks until the answer is valid. It returns the cause of ctx when that is cancelled, at once, and [ErrNoAnswer]
// where there is no answer. The terminal is as before when it returns, or panics.
func (p *Person) ask(ctx context.Context, q Question) (string, error) {
	if err := p.own(ctx); err != nil {
		return "", err
	}
	defer p.disown()
	if p.function != nil {
		return p.askFunction(ctx, q)
	}
	var answer string
	err := p.atTerminal(ctx, func(input io.Reader) (err error) {
		answer, err = p.answer(q, input)
		return err
	})
	if err != nil {
		return "", err
	}
	return answer, nil
}

func (p *Person) askFunction(ctx context.Context, q Question) (string, error) {
	answer, err := p.function(ctx, q)
	if err != nil {
		return "", err
	}
	if wrong := q.Check(answer); wrong != "" {
		return "", fmt.Errorf("%w: the answer was %q: %s", ErrNoAnswer, answer, wrong)
	}
	return answer, nil
}

// atTerminal calls do with the keys of the terminal. It returns the cause of ctx when that is cancelled.
func (p *Person) atTerminal(ctx context.Context, do func(input io.Reader) error) (err error) {
	restore, err := pty.Hold(p.terminal, asking, p.screen.again)
	if err != nil {
		return noAnswer(err)
	}
	defer func() {
		if failed := restore(); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	input, err := pty.NewInput(p.terminal)
	if err != nil {
		return noAnswer(err)
	}
	defer input.Close()
	defer context.AfterFunc(ctx, input.Stop)()
	err = do(input)
	if errors.Is(err, pty.ErrStopped) {
		return context.Cause(ctx)
	}
	return err
}

func noAnswer(err error) error { return errors.Join(ErrNoAnswer, err) }

// own waits until nobody else reads the terminal.
func (p *Person) own(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	select {
	case p.owner <- struct{}{}:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	if err := p.turns.take(ctx); err != nil {
		<-p.owner
		return err
	}
	return nil
}

func (p *Person) disown() {
	p.turns.give()
	<-p.owner
}

func (p *Person) answer(q Question, input io.Reader) (string, error) {
	for _, text := range q.Before {
		if err := p.screen.Say(clean(text, false)); err != nil {
			return "", noAnswer(err)
		}
	}
	for {
		answer, err := p.line(q, input)
		if err != nil {
			return "", err
		}
		wrong := q.Check(answer)
		if wrong == "" {
			return answer, nil
		}
		if err := p.screen.Say(wrong); err != nil {
			return "", noAnswer(err)
		}
	}
}

// line reads one line below the question.
func (p *Person) line(q Question, input io.Reader) (line string, err error) {
	if err := p.screen.showQuestion(q.Text); err != nil {
		return "", noAnswer(err)
	}
	defer func() {
		if failed := p.screen.endQuestion(); err == nil && failed != nil {
			err = noAnswer(failed)
		}
	}()
	var typed typing
	key := make([]byte, 1) // what comes after the line is for the next reader
	for {
		if _, err := input.Read(key); errors.Is(err, pty.ErrStopped) {
			return "", err
		} else if err != nil {
			return "", noAnswer(err)
		}
		switch typed.key(key[0]) {
		case complete:
			return p.final(q, &typed), nil
		case interrupted:
			p.interrupt()
			return "", ErrNoAnswer
		case givenUp:
			return "", ErrNoAnswer
		case completes:
			if err := p.complete(q, &typed); err != nil {
				return "", noAnswer(err)
			}
		}
		if q.Hidden {
			continue
		}
		if err := p.screen.showQuestion(q.Text + typed.shown()); err != nil {
			return "", noAnswer(err)
		}
	}
}

// complete completes what was typed, or shows what may be meant.
func (p *Person) complete(q Question, t *typing) error {
	if q.complete == nil {
		return nil
	}
	completed, answers := q.complete(string(t.text))
	if completed != string(t.text) || len(answers) < 2 {
		t.text = []byte(completed)
		return nil
	}
	rows := inColumns(answers[:min(maxCompletions, len(answers))], p.Size().Cols)
	if more := len(answers) - maxCompletions; more > 0 {
		rows = append(rows, fmt.Sprintf("… and %d more", more))
	}
	return p.screen.Say(strings.Join(rows, "\n"))
}

// maxCompletions is how many answers Tab shows.
const maxCompletions = 40

// final is the answer: a password as it was typed, else without spaces around it.
func (p *Person) final(q Question, t *typing) string {
	if q.Hidden {
		return string(t.text)
	}
	return strings.TrimSpace(string(t.text))
}

// typing is a line while it is typed.
type typing struct {
	text   []byte
	escape byte // in an escape sequence, such as an arrow key sends: the byte that began the part we are in
}

// outcome is what a key does.
type outcome int

const (
	goesOn outcome = iota
	complete
	interrupted
	givenUp
	completes
)

// Keys, besides those that stand for themselves.
const (
	ctrlC     = 0x03
	ctrlD     = 0x04
	ctrlH     = 0x08
	tab       = '\t'
	ctrlU     = 0x15
	ctrlW     = 0x17
	escapeKey = 0x1b
	backspace = 0x7f
)

// maxAnswer is how many bytes an answer may have; what is typed beyond is dropped.
const maxAnswer = 4096

func (t *typing) key(c byte) outcome {
	if t.inEscape(c) {
		return goesOn
	}
	switch c {
	case '\r', '\n':
		return complete
	case ctrlC:
		return interrupted
	case ctrlD:
		if len(t.text) == 0 {
			return givenUp
		}
	case tab:
		return completes
	case ctrlH, backspace:
		_, size := utf8.DecodeLastRune(t.text)
		t.text = t.text[:len(t.text)-size]
	case ctrlU:
		t.text = t.text[:0]
	case ctrlW:
		t.text = t.text[:strings.LastIndexByte(strings.TrimRight(string(t.text), " "), ' ')+1]
	default:
		if c >= ' ' && len(t.text) < maxAnswer {
			t.text = append(t.text, c)
		}
	}
	return goesOn
}

// inEscape reports whether a byte belongs to an escape sequence: ESC, then [ and all up to a letter or ~, or O and one
// more. None of them is part of an answer.
func (t *typing) inEscape(c byte) bool {
	switch {
	case c == escapeKey:
		t.escape = c
	case t.escape == escapeKey && (c == '[' || c == 'O'):
		t.escape = c
	case t.escape == 'O', t.escape == '[' && c >= 0x40 && c < 0x7f:
		t.escape = 0
	case t.escape == '[' && c >= ' ':
	default:
		t.escape = 0
		return false
	}
	return true
}

// shown is the line as far as its characters are complete.
func (t *typing) shown() string {
	return clean(string(t.text[:runeEnd(t.text)]), false)
}

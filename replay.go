package deployer

import (
	"errors"
	"io"
	"slices"

	"deployer/console"
	"deployer/internal/drawn"
	"deployer/journal"
)

// replay is what a journal tells, of all hosts or of some.
type replay struct {
	events func(func(journal.Event, error) bool)
	on     []string // nil: all
	result bool     // also what the action returned
}

// to gives the events to something that reads them.
func (r *replay) to(write func(journal.Event) error) error {
	for e, err := range r.events {
		if err != nil {
			return err
		}
		if r.on != nil && !slices.Contains(r.on, e.Host) && !(r.result && e.Kind == journal.Result) {
			continue
		}
		if err := write(e); err != nil {
			return err
		}
	}
	return nil
}

// replay shows what was done on hosts as it was shown then, and what that returned: what they printed on standard output
// goes there again, and of what they drew on a terminal the text. They may be all hosts of the run.
func (p *program) replay(r *replay, all bool) error {
	out := p.output(p.Out, "auto")
	screen := console.NewScreen(console.Options{Stdout: out, Stderr: p.output(p.Err, "auto"), Prefix: len(r.on) > 1})
	write, result := textOf(screen.Write, out.Colour), &showsResult{shown: newShownOutput()}
	r.result = true
	err := r.to(func(e journal.Event) error { return errors.Join(result.event(e), write(e)) })
	if err = errors.Join(err, screen.Close()); err != nil {
		return err
	}
	text, err := result.on(r.on, all)
	if err == nil {
		_, err = io.WriteString(p.Out, text)
	}
	return err
}

// textOf returns what turns what commands drew on terminals into lines on standard output.
func textOf(write func(journal.Event) error, colour bool) func(journal.Event) error {
	t := terminals{write: write, text: drawn.Plain, drawn: map[uint64]*drawn.Terminal{}}
	if colour {
		t.text = drawn.Text
	}
	return t.event
}

type terminals struct {
	write func(journal.Event) error
	text  func(lines []byte) []byte
	drawn map[uint64]*drawn.Terminal // by command
}

func (t *terminals) event(e journal.Event) error {
	switch of := t.drawn[e.ID]; {
	case e.Kind == journal.CommandOutput && e.Stream == journal.Terminal:
		if of == nil {
			of = &drawn.Terminal{}
			t.drawn[e.ID] = of
		}
		return t.lines(e, of.Pass(e.Data))
	case e.Kind == journal.CommandEnd && of != nil:
		delete(t.drawn, e.ID)
		rest := journal.Event{Kind: journal.CommandOutput, ID: e.ID, Parent: e.Parent, Host: e.Host, Node: e.Node}
		if last := of.Rest(); len(last) > 0 {
			return errors.Join(t.lines(rest, append(last, '\n')), t.write(e))
		}
	}
	return t.write(e)
}

// lines writes lines that were drawn, if there are any.
func (t *terminals) lines(e journal.Event, lines []byte) error {
	if len(lines) == 0 {
		return nil
	}
	e.Stream, e.Data = journal.Stdout, t.text(lines)
	return t.write(e)
}

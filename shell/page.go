package shell

import (
	"context"
	"iter"
	"strings"

	"deployer/console"
	"deployer/nodes"
	"deployer/prompt"
)

// page prints lines, for a person one page at a time. No more of them are made than are wanted.
func (s *Shell) page(ctx context.Context, name string, lines iter.Seq[string]) error {
	if !s.o.Pager {
		for line := range lines {
			if err := s.write(line + "\n"); err != nil {
				return err
			}
			if ctx.Err() != nil {
				break
			}
		}
		if ctx.Err() != nil {
			return &prompt.Failed{Status: prompt.StatusInterrupted}
		}
		return nil
	}
	return s.start(ctx, s.looks(name, func(ctx context.Context) error { return console.From(ctx).Pager(lines) }))
}

// looks is a task that only shows something to the person.
func (s *Shell) looks(name string, show func(context.Context) error) Task {
	t := s.task(s.here.at.Root(), name, func(ctx context.Context, _ *nodes.Env, _ nodes.Args) (any, error) {
		return nil, show(ctx)
	})
	t.Looks, t.View = true, string(console.ViewLines)
	return t
}

// linesOf are the lines of a text.
func linesOf(text string) iter.Seq[string] {
	return strings.SplitSeq(strings.TrimSuffix(text, "\n"), "\n")
}

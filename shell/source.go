package shell

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"deployer/console"
	"deployer/nodes"
)

// definition is a text that defines something.
type definition struct {
	name   string
	source nodes.Source // nil: the tree may know the text
	at     nodes.Pos
}

// errNoSource is told where a text is not there: that of a program in Go may be on another machine.
var errNoSource = errors.New("the text that defines it is not at hand")

// sourceCode shows the text that defines a node or a member.
func (s *Shell) sourceCode(ctx context.Context, a arguments) error {
	m, err := s.member(a.text)
	if err != nil {
		return err
	}
	all := definitions(m)
	if s.o.Pager && len(all) > 1 {
		return s.start(ctx, s.looks("--source-code", func(ctx context.Context) error {
			d, err := choose(ctx, all)
			if err != nil {
				return err
			}
			text, err := s.source(d)
			if err != nil {
				return err
			}
			return console.From(ctx).Pager(linesOf(text))
		}))
	}
	var text strings.Builder
	for _, d := range all {
		one, err := s.source(d)
		if err != nil {
			return err
		}
		text.WriteString(one)
	}
	return s.page(ctx, "--source-code", linesOf(text.String()))
}

// choose asks for one of several definitions; without an answer it is the first.
func choose(ctx context.Context, all []definition) (definition, error) {
	var names []string
	for _, d := range all {
		names = append(names, strings.TrimSpace(d.name+" ("+d.at.String()+")"))
	}
	chosen, err := console.From(ctx).Choice("choose a definition", names, console.ChoiceOptions{Default: names[0]})
	if err != nil {
		return definition{}, err
	}
	return all[chosen], nil
}

// definitions are the texts that define a member, or a node: the last is what all others are derived from.
func definitions(m member) []definition {
	if m.of != nil {
		return []definition{ofMember(m.of)}
	}
	var all []definition
	for t := m.at.Template(); t != nil; t = t.Base {
		d := definition{t.Name, t.Source, t.Pos}
		if !slices.ContainsFunc(all, func(o definition) bool { return o.at == d.at }) {
			all = append(all, d)
		}
	}
	return all
}

func ofMember(m *nodes.Member) definition {
	switch {
	case m.Action != nil:
		return definition{m.Name, m.Action.Source, m.Action.Pos}
	case m.Property != nil:
		return definition{m.Name, m.Property.Source, m.Pos}
	case m.Child != nil:
		return definition{m.Name, m.Child.Source, m.Child.Pos}
	}
	return definition{name: m.Name, at: m.Pos}
}

// source is a text with its place and the numbers of its lines.
func (s *Shell) source(d definition) (string, error) {
	code, at := "", nodes.Pos{}
	if d.source != nil {
		code, at = d.source.Code()
	}
	if code == "" && s.o.Tree.Code != nil {
		code, at = s.o.Tree.Code(d.at)
	}
	if code == "" {
		return "", errNoSource
	}
	if s.o.Colour {
		code = languageOf(at.File).highlight(code)
	}
	var b strings.Builder
	fmt.Fprintln(&b, console.FormatName(at.String(), "cyan", s.o.Colour))
	for i, line := range strings.Split(strings.TrimRight(code, "\n"), "\n") {
		fmt.Fprintf(&b, "%5d  %s\n", at.Line+i, line)
	}
	return b.String(), nil
}

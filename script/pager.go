package script

import (
	"iter"
	"math"

	"go.starlark.net/starlark"

	"deployer/console"
)

// lesspipe is env.console.lesspipe(line_iterator).
func (consoleValue) lesspipe(s site) (starlark.Value, error) {
	var from starlark.Value
	if err := s.complain(s.bind("lesspipe", []param{{name: "line_iterator", set: anyValue(&from)}})...); err != nil {
		return nil, err
	}
	lines := &lineSource{site: s}
	if err := lines.open(from); err != nil {
		return nil, wrong("lesspipe: line_iterator: %v", err)
	}
	if err := console.From(s.call.ctx).Pager(lines.all); err != nil {
		return nil, err
	}
	return starlark.None, lines.err
}

// lineSource gives lines as they are asked for.
type lineSource struct {
	site
	all iter.Seq[string]
	err error // why there are no more
}

// open takes a text, a list or another thing to go over, or a function that returns one line after the other, and None
// at the end.
func (l *lineSource) open(from starlark.Value) error {
	switch from := from.(type) {
	case starlark.String:
		l.all = func(yield func(string) bool) { yield(string(from)) }
	case starlark.Iterable:
		l.all = l.texts(starlark.Elements(from))
	case starlark.Callable:
		l.all = l.texts(l.calls(from))
	default:
		return typeError(from, "a list of strings, a string, or a function that returns one line after the other")
	}
	return nil
}

// texts gives values that are strings.
func (l *lineSource) texts(values iter.Seq[starlark.Value]) iter.Seq[string] {
	return func(yield func(string) bool) {
		for v := range values {
			text, ok := starlark.AsString(v)
			if !ok {
				l.err = wrong("lesspipe: got a %s among the lines, want strings", v.Type())
				return
			}
			if !yield(text) {
				return
			}
		}
	}
}

// calls gives what a function returns, until that is None.
func (l *lineSource) calls(f starlark.Callable) iter.Seq[starlark.Value] {
	return func(yield func(starlark.Value) bool) {
		for {
			v, err := starlark.Call(l.thread, f, nil, nil)
			if err != nil {
				l.err = err
				return
			}
			if v == starlark.None || !yield(v) {
				return
			}
		}
	}
}

// inColumns is env.console.in_columns(item_iterator, margin_left = 0).
func (consoleValue) inColumns(s site) (starlark.Value, error) {
	var items []string
	var margin int
	err := s.complain(s.bind("in_columns", []param{
		{name: "item_iterator", set: columnItems(&items)},
		{name: "margin_left", optional: true, set: number(&margin, 0, math.MaxInt16)},
	})...)
	if err != nil {
		return nil, err
	}
	console.From(s.call.ctx).Columns(items, margin)
	return starlark.None, nil
}

// columnItems takes strings, and pairs of a string and its length without colours, which is measured anyway.
func columnItems(to *[]string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		list, ok := v.(starlark.Iterable)
		if !ok {
			return typeError(v, "a list of strings")
		}
		for item := range starlark.Elements(list) {
			if pair, ok := item.(starlark.Tuple); ok && len(pair) == 2 {
				item = pair[0]
			}
			text, ok := starlark.AsString(item)
			if !ok {
				return typeError(item, "strings, or pairs of a string and its length")
			}
			*to = append(*to, text)
		}
		return nil
	}
}

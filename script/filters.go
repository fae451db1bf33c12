package script

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/nodes"
)

// filter chooses nodes of a walk.
type filter struct{ f nodes.Filter }

var (
	_ starlark.HasBinary = filter{}
	_ starlark.HasUnary  = filter{}
)

func (f filter) String() string        { return f.f.String() }
func (f filter) Type() string          { return "filter" }
func (f filter) Truth() starlark.Bool  { return true }
func (f filter) Freeze()               {}
func (f filter) Hash() (uint32, error) { return 0, wrong("a filter cannot be a key") }

// Binary is a & b and a | b.
func (f filter) Binary(op syntax.Token, other starlark.Value, side starlark.Side) (starlark.Value, error) {
	g, ok := other.(filter)
	if !ok {
		return nil, wrong("a filter is joined with filters only, not with a %s", other.Type())
	}
	switch op {
	case syntax.AMP:
		return filter{f.f.And(g.f)}, nil
	case syntax.PIPE:
		return filter{f.f.Or(g.f)}, nil
	}
	return nil, nil
}

// Unary is ~a.
func (f filter) Unary(op syntax.Token) (starlark.Value, error) {
	if op == syntax.TILDE {
		return filter{f.f.Not()}, nil
	}
	return nil, nil
}

// filtersValue is filters, whose attributes are filters and functions that make them.
type filtersValue struct{}

func (filtersValue) String() string        { return "filters" }
func (filtersValue) Type() string          { return "filters" }
func (filtersValue) Truth() starlark.Bool  { return true }
func (filtersValue) Freeze()               {}
func (filtersValue) Hash() (uint32, error) { return 0, wrong("filters cannot be a key") }

func (filtersValue) AttrNames() []string {
	return []string{"has_action", "in_group", "instance_of", "private", "public"}
}

func (f filtersValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "public":
		return filter{nodes.Public()}, nil
	case "private":
		return filter{nodes.Private()}, nil
	case "has_action":
		return builtin(hasActionFilter).value(name), nil
	case "in_group":
		return builtin(inGroupFilter).value(name), nil
	case "instance_of":
		return builtin(instanceFilter).value(name), nil
	}
	return nil, noAttr("filters", name, f.AttrNames())
}

func hasActionFilter(s site) (starlark.Value, error) {
	var name string
	problems := s.bind("has_action", []param{{name: "name", set: someText(&name)}})
	return filter{nodes.HasAction(name)}, s.complain(problems...)
}

func inGroupFilter(s site) (starlark.Value, error) {
	var g groupValue
	problems := s.bind("in_group", []param{{name: "group", set: one(&g, "a group")}})
	return filter{nodes.InGroup(g.Name)}, s.complain(problems...)
}

func instanceFilter(s site) (starlark.Value, error) {
	var t *template
	problems := s.bind("instance_of", []param{{name: "template", set: one(&t, "a template")}})
	if t == nil {
		return broken{}, s.complain(problems...)
	}
	return filter{nodes.InstanceOf(t.t)}, s.complain(problems...)
}

// one is a value of one type.
func one[T starlark.Value](to *T, want string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		of, ok := v.(T)
		if !ok {
			return typeError(v, want)
		}
		*to = of
		return nil
	}
}

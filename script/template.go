package script

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/internal/nearest"
	"deployer/nodes"
)

// template is what node(…) returns. Calling it derives another one.
type template struct {
	t    *nodes.Template
	prog *program
}

var (
	_ starlark.Callable    = (*template)(nil)
	_ starlark.HasSetField = (*template)(nil)
	_ starlark.Comparable  = (*template)(nil)
)

func (t *template) String() string       { return fmt.Sprintf("<template %s>", t.Name()) }
func (t *template) Type() string         { return "template" }
func (t *template) Truth() starlark.Bool { return true }

// Name is what messages call the template.
func (t *template) Name() string {
	if t.t.Name == "" {
		return "node"
	}
	return t.t.Name
}

// Freeze does nothing: what the template holds is frozen when everything is loaded, see keep.
func (t *template) Freeze() {}

// Hash makes templates usable as keys.
func (t *template) Hash() (uint32, error) { return starlark.String(t.t.Pos.String()).Hash() }

// CompareSameType compares by identity: a child that is read twice is the same template.
func (t *template) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	same := t.t == other.(*template).t
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, wrong("templates have no order")
}

// CallInternal derives a template.
func (t *template) CallInternal(thread *starlark.Thread, args starlark.Tuple,
	kwargs []starlark.Tuple) (starlark.Value, error) {
	return site{callOf(thread), thread, args, kwargs}.define(t.Name(), t.t.Derive)
}

// nest returns T.array or T.just_one.
func (t *template) nest(name string, kind nodes.Kind) starlark.Value {
	return builtin(func(s site) (starlark.Value, error) {
		return s.define(t.Name()+"."+name, func(d nodes.Definition) (*nodes.Template, []nodes.Problem) {
			return t.t.Nested(kind, d)
		})
	}).value(name)
}

// Attr is array, just_one, or a member: a child as a template, a constant as it is, an action to be called with an env.
func (t *template) Attr(name string) (starlark.Value, error) {
	switch name {
	case "array":
		return t.nest(name, nodes.KindArray), nil
	case "just_one":
		return t.nest(name, nodes.KindJustOne), nil
	}
	m := t.t.Member(name)
	switch {
	case m == nil:
		return nil, noAttr(t.Name(), name, t.AttrNames())
	case m.Child != nil:
		return &template{m.Child, t.prog}, nil
	case m.Action != nil:
		return &boundAction{t.t, m.Action}, nil
	case m.Property != nil:
		return nil, wrong("%s.%s is a property: it has a value only inside an action, as env.%s", t.Name(), name, name)
	case m.Query != nil:
		return &query{m.Query.Expr(), countParts(m.Query.Expr()), t.prog}, nil
	case m.Required != nil:
		return nil, wrong("%s.%s is required, and has no value here: %s", t.Name(), name, m.Required.Why)
	}
	return fromGo(nil, m.Constant)
}

// SetField refuses.
func (t *template) SetField(name string, _ starlark.Value) error {
	return wrong("%s.%s cannot be set: a template never changes: %[1]s(%[2]s = …) derives another one", t.Name(), name)
}

// AttrNames lists what Attr knows.
func (t *template) AttrNames() []string {
	var names []string
	if t.t.Kind == nodes.KindParallel {
		names = append(names, "array", "just_one")
	}
	for _, m := range t.t.Members() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

// noAttr says that there is no such attribute, and which may be meant.
func noAttr(of, name string, names []string) error {
	return plainError{nodes.Problem{Message: fmt.Sprintf("%s has no %s", of, name), Hint: nearest.Hint(name, names)}}
}

// boundAction is T.ACTION: T's own version of an action, which takes an env of a template derived from T.
type boundAction struct {
	of     *nodes.Template
	action *nodes.Action
}

func (b *boundAction) String() string        { return fmt.Sprintf("<action %s>", b.action.Name) }
func (b *boundAction) Type() string          { return "action" }
func (b *boundAction) Truth() starlark.Bool  { return true }
func (b *boundAction) Freeze()               {}
func (b *boundAction) Hash() (uint32, error) { return starlark.String(b.action.Name).Hash() }
func (b *boundAction) Name() string          { return b.action.Name }

// builder makes a template of a definition.
type builder func(nodes.Definition) (*nodes.Template, []nodes.Problem)

// define makes a template of the arguments of a call.
func (s site) define(fn string, build builder) (starlark.Value, error) {
	var problems []nodes.Problem
	if len(s.args) > 0 {
		problems = append(problems, nodes.Problem{Pos: s.positional(0),
			Message: fmt.Sprintf("%s takes members by name only", fn), Hint: "name = value"})
	}
	d := nodes.Definition{Name: s.name(), Pos: s.pos(), Members: make([]nodes.Member, 0, len(s.kwargs))}
	for _, kw := range s.kwargs {
		problems = append(problems, s.member(&d, string(kw[0].(starlark.String)), kw[1])...)
	}
	built, more := build(d)
	problems = append(problems, more...)
	for i := range problems {
		problems[i].In = cmp.Or(problems[i].In, built)
	}
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return &template{built, s.call.prog}, nil
}

// keep freezes a value that a template holds: at the end of loading, so that a script may still fill its lists.
func (s site) keep(v starlark.Value) {
	switch v.(type) {
	case starlark.String, starlark.Int, starlark.Bool, starlark.Float, starlark.NoneType:
		return // never changes
	}
	if l := s.call.loader; l != nil {
		l.kept = append(l.kept, v)
		return
	}
	v.Freeze()
}

// steps splits a__b__c. A name may begin with underscores of its own.
func steps(key string) []string {
	name := strings.TrimLeft(key, "_")
	own := len(key) - len(name)
	if i := strings.Index(name, "__"); i >= 0 {
		return append([]string{key[:own+i]}, steps(name[i+2:])...)
	}
	return []string{key}
}

// lastStep is the name of the member that a key sets.
func lastStep(key string) string {
	all := steps(key)
	return all[len(all)-1]
}

// member puts one argument of node(…) into a definition.
func (s site) member(d *nodes.Definition, key string, v starlark.Value) []nodes.Problem {
	at := s.keyword(key)
	path := steps(key)
	name := path[len(path)-1]
	if hint := notMembers[key]; hint != "" {
		return []nodes.Problem{{Pos: at, Message: "a node has no " + key, Hint: hint}}
	}
	if name == "" {
		return []nodes.Problem{{Pos: at, Message: fmt.Sprintf("%s ends after __: the name of a member is missing", key)}}
	}
	if _, unavailable := v.(broken); unavailable && name != "hosts" {
		v = starlark.None // what is wrong with it was told
	}
	m := memberSetter{site: s, d: d.At(at, path[:len(path)-1]...), at: at, key: key, name: name}
	if set := m.meaning(); set != nil {
		if v == starlark.None {
			return nil
		}
		return set(v)
	}
	return m.set(v)
}

// nameTemplates gives the name of a global to templates that have none.
func nameTemplates(globals starlark.StringDict) {
	for _, name := range globals.Keys() {
		if t, ok := globals[name].(*template); ok && t.t.Name == "" {
			t.t.Name = name
		}
	}
}

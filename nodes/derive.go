package nodes

import (
	"fmt"
	"slices"
)

// NewTemplate returns a template of the kind KindNormal or KindParallel. It returns one also when there are problems, so
// that others can be found in the same run.
func NewTemplate(kind Kind, d Definition) (*Template, []Problem) {
	t := &Template{Kind: kind, byName: make(map[string]*Member, len(d.Members))}
	return t.change(d)
}

// Derive returns a template that differs from t by d. t is not changed.
func (t *Template) Derive(d Definition) (*Template, []Problem) {
	next := *t
	next.Base = t
	next.members = slices.Clone(t.members)
	next.byName = map[string]*Member{}
	for _, m := range t.members {
		next.byName[m.Name] = m
	}
	return next.change(d)
}

// Nested returns how a parallel template nests in a normal one: as an array or a just_one, with d changed.
func (t *Template) Nested(kind Kind, d Definition) (*Template, []Problem) {
	if t.Kind != KindParallel {
		return t, []Problem{{Pos: d.Pos, Message: fmt.Sprintf("%s is %s: only a parallel_node can become %s", t.called(), t.Kind, kind)}}
	}
	next, problems := t.Derive(d)
	next.Kind = kind
	return next, problems
}

// Members returns the members in definition order.
func (t *Template) Members() []*Member { return slices.Clone(t.members) }

// Member returns the member of that name, or nil.
func (t *Template) Member(name string) *Member { return t.byName[name] }

func (t *Template) called() string {
	if t.Name != "" {
		return t.Name
	}
	return "this node"
}

// String is how people call the kind.
func (k Kind) String() string {
	return [...]string{"a node", "a parallel_node", "an array", "a just_one"}[k]
}

// reserved names mean something in an action's env, so that no member may have them.
var reserved = []string{"host", "parent", "console", "sandbox", "log", "initialize_node", "array", "just_one"}

// change applies d to a template that nobody else has yet.
func (t *Template) change(d Definition) (*Template, []Problem) {
	var problems []Problem
	t.Pos = d.Pos
	if d.Name != "" {
		t.Name = d.Name
	}
	if d.Doc != "" {
		t.Doc = d.Doc
	}
	if d.Hosts != nil {
		t.Hosts = d.Hosts
	}
	if d.Group != nil {
		t.Group = d.Group
	}
	if d.Default != nil {
		t.Default = d.Default
	}
	members := slices.Clone(d.Members)
	t.members = slices.Grow(t.members, len(members))
	for i := range members {
		problems = append(problems, t.set(&members[i])...)
	}
	for _, in := range d.Inside {
		problems = append(problems, t.inside(in, d.Members)...)
	}
	return t, problems
}

// set adds or replaces a member, keeping its place.
func (t *Template) set(m *Member) []Problem {
	if slices.Contains(reserved, m.Name) {
		return []Problem{{Pos: m.Pos, Message: fmt.Sprintf("%q cannot be the name of a member: it has a meaning inside actions", m.Name), Hint: "choose another name"}}
	}
	if m.Child != nil {
		if p := t.nesting(m); p != nil {
			return []Problem{*p}
		}
	}
	if old := t.byName[m.Name]; old != nil {
		t.members[slices.Index(t.members, old)] = m
	} else {
		t.members = append(t.members, m)
	}
	t.byName[m.Name] = m
	return nil
}

// nesting refuses the kinds of children that could not be told apart when isolating: see the table in doc/overview.md.
func (t *Template) nesting(m *Member) *Problem {
	normal, child := t.Kind == KindNormal, m.Child.Kind
	switch {
	case normal && child == KindParallel:
		return &Problem{Pos: m.Pos, Message: fmt.Sprintf("%q is a parallel_node inside a node", m.Name),
			Hint: "nest it as .array(…) for one cell per host, or .just_one(…) for exactly one host"}
	case !normal && (child == KindArray || child == KindJustOne):
		return &Problem{Pos: m.Pos, Message: fmt.Sprintf("%q is %s inside %s", m.Name, child, t.Kind),
			Hint: "put a node between them, or nest the parallel_node as it is"}
	}
	return nil
}

// inside changes a child: a__b = v.
func (t *Template) inside(in *Inside, same []Member) []Problem {
	child := t.byName[in.Step]
	switch {
	case child == nil:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%s has no child %q to override", t.called(), in.Step), Hint: didYouMean(in.Step, t.childNames())}}
	case child.Child == nil:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%q of %s is not a node, so nothing inside it can be overridden", in.Step, t.called())}}
	case slices.ContainsFunc(same, func(m Member) bool { return m.Name == in.Step }):
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%q is both defined and overridden here", in.Step), Hint: "put the value into its definition"}}
	}
	derived, problems := child.Child.Derive(in.Definition)
	changed := *child
	changed.Child = derived
	return append(problems, t.set(&changed)...)
}

func (t *Template) childNames() []string {
	var names []string
	for _, m := range t.members {
		if m.Child != nil {
			names = append(names, m.Name)
		}
	}
	return names
}

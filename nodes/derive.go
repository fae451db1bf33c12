package nodes

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"deployer/internal/nearest"
)

// NewTemplate returns a template of the kind KindNormal or KindParallel. It returns one also when there are problems, so
// that others can be found in the same run.
func NewTemplate(kind Kind, d Definition) (*Template, []Problem) {
	t := &Template{Kind: kind}
	return t.change(d)
}

// Derive returns a template that differs from t by d. t is not changed.
func (t *Template) Derive(d Definition) (*Template, []Problem) {
	next := *t
	next.Base = t
	next.members, next.byName = slices.Clone(t.members), maps.Clone(t.byName)
	return next.change(d)
}

// Nested returns how a parallel template nests in a normal one: as an array or a just_one, with d changed.
func (t *Template) Nested(kind Kind, d Definition) (*Template, []Problem) {
	next, problems := t.Derive(d)
	if t.Kind != KindParallel {
		return next, append(problems, Problem{Pos: d.Pos, In: next,
			Message: fmt.Sprintf("%s is %s: only a parallel_node can become %s", t.called(), t.Kind, kind)})
	}
	next.Kind = kind
	return next, problems
}

// Members returns the members in definition order.
func (t *Template) Members() []*Member { return slices.Clone(t.members) }

// fewMembers is how many members are found faster, and kept in less memory, without a map.
const fewMembers = 8

// Member returns the member of that name, or nil.
func (t *Template) Member(name string) *Member {
	if t.byName != nil {
		return t.byName[name]
	}
	for _, m := range t.members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// put adds a member, or replaces that of its name in its place.
func (t *Template) put(m *Member) {
	if old := t.Member(m.Name); old != nil {
		t.members[slices.Index(t.members, old)] = m
	} else {
		t.members = append(t.members, m)
	}
	switch {
	case t.byName != nil:
		t.byName[m.Name] = m
	case len(t.members) > fewMembers:
		t.byName = make(map[string]*Member, cap(t.members))
		for _, m := range t.members {
			t.byName[m.Name] = m
		}
	}
}

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
var reserved = []string{
	"host", "hosts", "parent", "console", "sandbox", "log", "initialize_node", "array", "just_one",
}

// refused says that a member, or an action's other name, has a name that is reserved; nil if it has not.
func refused(name string, at Pos) *Problem {
	if !slices.Contains(reserved, name) {
		return nil
	}
	return &Problem{Pos: at, Hint: "choose another name",
		Message: fmt.Sprintf("%q cannot be the name of a member: it has a meaning inside actions", name)}
}

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
		problems = append(problems, d.Group.check(d.Pos)...)
	}
	if d.Default != nil {
		t.Default = d.Default
	}
	problems = append(problems, t.roll(d)...)
	t.members = slices.Grow(t.members, len(d.Members))
	given := make(map[string]bool, len(d.Members))
	for i := range d.Members {
		m := &d.Members[i]
		if given[m.Name] {
			problems = append(problems, Problem{Pos: m.Pos, Message: fmt.Sprintf("%q is defined twice", m.Name), Hint: "give one of them another name"})
			continue
		}
		given[m.Name] = true
		problems = append(problems, t.suspect(m)...)
		problems = append(problems, t.set(m)...)
	}
	for _, in := range d.Inside {
		problems = append(problems, t.inside(in, given[in.Step])...)
	}
	problems = append(problems, t.alias()...)
	for i := range problems {
		if problems[i].In == nil {
			problems[i].In = t
		}
	}
	return t, problems
}

// roll applies how actions go over the cells.
func (t *Template) roll(d Definition) []Problem {
	if d.Rolling == nil {
		return nil
	}
	t.Rolling = d.Rolling
	if t.Kind == KindNormal {
		return []Problem{{Pos: d.Pos, Message: t.called() + " has no cells to roll over",
			Hint: "give rolling to the parallel_node, or where that is nested"}}
	}
	if wrong := d.Rolling.wrong(); wrong != "" {
		return []Problem{{Pos: d.Pos, Message: wrong}}
	}
	return nil
}

// check says what is wrong with a group.
func (g *Group) check(at Pos) []Problem {
	switch {
	case g.Name == "":
		return []Problem{{Pos: at, Message: "the group has no name"}}
	case g.Color != "" && !slices.Contains(Colors(), g.Color):
		return []Problem{{Pos: at, Message: fmt.Sprintf("the group %s has the colour %q", g.Name, g.Color),
			Hint: "it can be " + strings.Join(Colors(), ", ")}}
	}
	return nil
}

// suspect warns of an attribute that is new in a derived template, and whose name is nearly one that the base has. In one
// of Go it is a mistake: the struct has all attributes that its methods know.
func (t *Template) suspect(m *Member) []Problem {
	if t.Base == nil || !m.isAttribute() || t.Member(m.Name) != nil {
		return nil
	}
	message := fmt.Sprintf("%s has no %q", t.Base.called(), m.Name)
	if t.of == nil {
		message += ", so this adds it"
	}
	for _, old := range t.Base.members {
		if old.isAttribute() && isMisspelt(m.Name, old.Name) {
			hint := fmt.Sprintf("did you mean %s?", old.Name)
			return []Problem{{Pos: m.Pos, Warning: t.of == nil, Message: message, Hint: hint}}
		}
	}
	return nil
}

// isMisspelt reports whether a name is hardly meant to stand beside another one, as web2 is beside web1.
func isMisspelt(name, other string) bool {
	const digits = "0123456789"
	if apart := len(name) - len(other); apart < -1 || apart > 1 {
		return false
	}
	return len(name) > 3 && nearest.Distance(name, other) == 1 && strings.TrimRight(name, digits) != strings.TrimRight(other, digits)
}

// alias collects the other names of the actions.
func (t *Template) alias() (problems []Problem) {
	t.aliases = nil
	for _, m := range t.members {
		if m.Action == nil {
			continue
		}
		for _, alias := range m.Action.Aliases {
			if p := refused(alias, m.Pos); p != nil {
				problems = append(problems, *p)
				continue
			}
			if t.aliases == nil {
				t.aliases = map[string]*Member{}
			}
			if other := cmp.Or(t.Member(alias), t.aliases[alias]); other != nil {
				problems = append(problems, Problem{Pos: m.Pos, Hint: "choose another alias",
					Message: fmt.Sprintf("the alias %q of %s is a name of %s already", alias, m.Name, other.Name)})
				continue
			}
			t.aliases[alias] = m
		}
	}
	return problems
}

// set adds or replaces a member, keeping its place.
func (t *Template) set(m *Member) []Problem {
	if p := refused(m.Name, m.Pos); p != nil {
		return []Problem{*p}
	}
	if m.Child != nil {
		if p := t.nesting(m); p != nil {
			return []Problem{*p}
		}
	}
	if p := t.unfit(m); p != nil {
		return []Problem{*p}
	}
	if m.Doc == "" && m.isAttribute() {
		m.Doc = t.docOf(m.Name)
	}
	t.put(m)
	if m.Child != nil && strings.ContainsAny(m.Name, boundary) {
		t.odd = append(slices.Clip(t.odd), m.Name)
	}
	return nil
}

// docOf is what an attribute is for that is replaced.
func (t *Template) docOf(name string) string {
	switch old := t.Member(name); {
	case old == nil:
		return ""
	case old.Doc == "" && old.Required != nil:
		return old.Required.Why
	default:
		return old.Doc
	}
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

// inside changes a child: a__b = v. given says that the child is defined in the same place.
func (t *Template) inside(in *Inside, given bool) []Problem {
	child := t.Member(in.Step)
	base := t
	if t.Base != nil {
		base = t.Base // what lacks a name is not what is being made of it
	}
	switch names := t.childNames(); {
	case child == nil && len(names) == 0:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%s has no child %q to override: it has no children", base.called(), in.Step)}}
	case child == nil:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%s has no child %q to override", base.called(), in.Step), Hint: alternatives(in.Step, names)}}
	case child.Child == nil:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%q of %s is not a node, so nothing inside it can be overridden", in.Step, base.called())}}
	case given:
		return []Problem{{Pos: in.Pos, Message: fmt.Sprintf("%q is both defined and overridden here", in.Step), Hint: "put the value into its definition"}}
	}
	d, unknown := child.overrides(in.Definition)
	derived, problems := child.Child.Derive(d)
	changed := *child
	changed.Child = derived
	problems = append(problems, unknown...)
	return append(problems, t.set(&changed)...)
}

// overrides refuses a new attribute inside a child, which nothing there could know of, and returns the definition
// without it. Actions, properties and children can be added.
func (m *Member) overrides(d Definition) (known Definition, problems []Problem) {
	known, known.Members = d, nil
	for _, one := range d.Members {
		if !one.isConstant() || m.Child.Member(one.Name) != nil || slices.Contains(reserved, one.Name) {
			known.Members = append(known.Members, one)
			continue
		}
		hint := nearest.Hint(one.Name, m.Child.names())
		if hint == "" {
			hint = fmt.Sprintf("to add it, write %s = T.%s(%s = …)", m.Name, m.Name, one.Name)
		}
		problems = append(problems, Problem{Pos: one.Pos, Message: fmt.Sprintf("%s has no %q to override", m.Name, one.Name), Hint: hint})
	}
	return known, problems
}

// names are the names of all members.
func (t *Template) names() []string {
	names := make([]string, len(t.members))
	for i, m := range t.members {
		names[i] = m.Name
	}
	return names
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

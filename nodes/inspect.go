package nodes

import "strings"

// What can be asked about a node, beside the way to and from it (see [Place]): what it has, what is below it, and what
// points at it. Nothing is evaluated, and no host is asked.

// Inspect returns the place of a struct in its tree. The struct must be bound: see [Bind].
func Inspect(n Embedder) (*Place, error) {
	at := n.node().spot
	if at == nil {
		return nil, errUnbound
	}
	return at.place()
}

// Child is a child of a node, or why it cannot be made.
type Child struct {
	Name  string
	Place *Place // nil: see Err
	Err   error
}

// Children are the children, in definition order. One that cannot be made does not keep the others away.
func (n *Place) Children() []Child {
	var all []Child
	for _, m := range n.template.members {
		if m.Child != nil {
			child, err := n.child(m)
			all = append(all, Child{m.Name, child, err})
		}
	}
	return all
}

// NamedAction is an action under one of its names.
type NamedAction struct {
	Name string
	*Action
}

// Actions are the actions, in definition order, each with its aliases after it. The default action is none of them.
func (n *Place) Actions() []NamedAction {
	var all []NamedAction
	for _, m := range n.template.members {
		if m.Action == nil {
			continue
		}
		all = append(all, NamedAction{m.Name, m.Action})
		for _, alias := range m.Action.Aliases {
			all = append(all, NamedAction{alias, m.Action})
		}
	}
	return all
}

// Properties are the members that are properties, in definition order.
func (n *Place) Properties() []*Member {
	return n.template.those(func(m *Member) bool { return m.Property != nil })
}

// Queries are the members that are queries, in definition order.
func (n *Place) Queries() []*Member {
	return n.template.those(func(m *Member) bool { return m.Query != nil })
}

func (t *Template) those(which func(*Member) bool) []*Member {
	var all []*Member
	for _, m := range t.members {
		if which(m) {
			all = append(all, m)
		}
	}
	return all
}

// Member returns the member of that name, or the action of that alias, or nil.
func (n *Place) Member(name string) *Member { return n.template.find(name) }

// MemberKind is what a member is.
type MemberKind int

// The kinds of members.
const (
	AttributeMember MemberKind = iota // a constant, or one that is required
	ChildMember
	ActionMember
	PropertyMember
	QueryMember
)

func (k MemberKind) String() string {
	return [...]string{"attribute", "child", "action", "property", "query"}[k]
}

// Kind is what the member is.
func (m *Member) Kind() MemberKind {
	switch {
	case m.Child != nil:
		return ChildMember
	case m.Action != nil:
		return ActionMember
	case m.Property != nil:
		return PropertyMember
	case m.Query != nil:
		return QueryMember
	}
	return AttributeMember
}

// Has reports whether the node has a member of a kind under a name. It knows the aliases of actions.
func (n *Place) Has(kind MemberKind, name string) bool {
	m := n.Member(name)
	return m != nil && m.Kind() == kind
}

// Get returns the member of a kind under a name, which may be the alias of an action. The error is a *NameError.
func (n *Place) Get(kind MemberKind, name string) (*Member, error) {
	m := n.Member(name)
	switch {
	case m == nil:
		return nil, n.noName(kind.String(), name, n.MemberNames(kind))
	case m.Kind() != kind:
		hint := "that is " + withArticle(m.Kind().String())
		return nil, &NameError{Node: n.Path(), What: kind.String(), Name: name, Hint: hint}
	}
	return m, nil
}

// MemberNames are the names of the members of a kind, in definition order, each action's aliases after it.
func (n *Place) MemberNames(kind MemberKind) []string {
	if kind == ActionMember {
		return n.ActionNames()
	}
	return n.names(func(m *Member) bool { return m.Kind() == kind })
}

// IsCallable reports whether the node has a default action.
func (n *Place) IsCallable() bool { return n.template.Default != nil }

// Root is the root of the tree.
func (n *Place) Root() *Place { return n.root() }

// Line is the nodes from the root to this one.
func (n *Place) Line() []*Place {
	if n.parent == nil {
		return []*Place{n}
	}
	return append(n.parent.Line(), n)
}

// Names are the names of the nodes from the root to this one, without cells.
func (n *Place) Names() []string {
	var names []string
	for _, at := range n.Line() {
		names = append(names, at.Name())
	}
	return names
}

// FullName is Names with dots between them.
func (n *Place) FullName() string { return strings.Join(n.Names(), ".") }

// References are what points at the node or an attribute of it, from anywhere in its tree.
func (n *Place) References() []Reference {
	here := n.bare().Path()
	var all []Reference
	for _, r := range (&Tree{Template: n.root().template}).References() {
		if r.To.Path() == here {
			all = append(all, r)
		}
	}
	return all
}

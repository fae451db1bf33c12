package nodes

import (
	"cmp"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/internal/nearest"
)

// HostRole is the role over which parallel nodes are split into cells.
const HostRole = "host"

// Place is a node of a tree: a template at a place, with its hosts. Places are made anew whenever they are reached; two
// are the same if their paths are equal. A place never changes.
type Place struct {
	template *Template
	parent   *Place // nil: the root
	name     string // of a root: "", or what paths call it that is in no tree
	roles    []hosts.Role
	cell     hosts.Host // of a parallel node: the host it was isolated to
	isolated bool       // an action runs once here, not once in every cell
	chosen   []cellID   // see CellSlugs
	only     *limit     // hosts of the run; nil: all
}

// cellID is a cell of one dimension.
type cellID struct {
	number int
	host   hosts.Host
}

// Root returns the root of the tree.
func (t *Tree) Root() *Place {
	n := &Place{template: t.Template, isolated: t.Template.Kind == KindNormal}
	n.roles = t.Template.Hosts.fill(nil)
	return n
}

// outside returns the root of a tree whose nodes are in no tree that a person sees: paths say so. Its hosts are in the
// limit.
func (t *Tree) outside(l *limit) *Place {
	n := t.Root()
	n.only, n.roles = l, l.keep(n.roles)
	n.name = "<" + cmp.Or(t.Template.Name, "node") + ">"
	return n
}

// Template is the definition of the node.
func (n *Place) Template() *Template { return n.template }

// Parent is the node above, or nil at the root. The parent of what is below a cell is that cell.
func (n *Place) Parent() *Place { return n.parent }

// Name is the name of the node in its parent; of the root it is the name of its template.
func (n *Place) Name() string {
	if n.parent == nil {
		return n.template.Name
	}
	return n.name
}

// Isolated reports whether an action of the node runs once. In a parallel node that is no cell, and in what is below
// one, it runs once in every cell.
func (n *Place) Isolated() bool { return n.isolated }

// CellHost is the host that a cell was isolated to, or nil. What is below a cell belongs to it too.
func (n *Place) CellHost() hosts.Host {
	for ; n != nil; n = n.parent {
		if n.cell != nil {
			return n.cell
		}
	}
	return nil
}

// CellSlug is the slug of the host whose cell this node is; "" of one that is none, also of what is below a cell.
func (n *Place) CellSlug() string {
	if n.cell == nil || n.template.Kind == KindJustOne {
		return ""
	}
	return n.cell.Slug()
}

// CellSlugs are, of a node that Isolations returned, the names of its cells, one for every dimension that was open.
func (n *Place) CellSlugs() []string {
	return eachCellID(n, func(c cellID) string { return c.host.Slug() })
}

// CellNumbers are the numbers of the same cells, from 0.
func (n *Place) CellNumbers() []int { return eachCellID(n, func(c cellID) int { return c.number }) }

// CellHosts are the hosts of the same cells.
func (n *Place) CellHosts() []hosts.Host {
	return eachCellID(n, func(c cellID) hosts.Host { return c.host })
}

// CellAddresses are the addresses of the hosts of the same cells.
func (n *Place) CellAddresses() []string {
	return eachCellID(n, func(c cellID) string { return c.host.Address() })
}

func eachCellID[T any](n *Place, of func(cellID) T) []T {
	all := make([]T, len(n.chosen))
	for i, c := range n.chosen {
		all[i] = of(c)
	}
	return all
}

// Is reports whether two nodes are the same place of the same tree.
func (n *Place) Is(other *Place) bool {
	return n.root().template == other.root().template && n.Path() == other.Path()
}

// Roles are the node's roles with their hosts, in definition order.
func (n *Place) Roles() []hosts.Role { return n.roles }

// Hosts are the different hosts of the node, in definition order.
func (n *Place) Hosts() []hosts.Host { return distinct(n.roles) }

// Group is the group of the node or of the nearest node above that has one, or nil.
func (n *Place) Group() *Group {
	for ; n != nil; n = n.parent {
		if n.template.Group != nil {
			return n.template.Group
		}
	}
	return nil
}

// Path is the place of the node, as a person writes it: "/production/git[web1]". Of a node that is in no tree it begins
// with the name of its template, "<Git>[web1]", and leads nowhere.
func (n *Place) Path() string {
	if n.parent == nil {
		return cmp.Or(n.name, "/") + n.bracket()
	}
	above := n.parent.Path()
	if !strings.HasSuffix(above, "/") {
		above += "/"
	}
	return above + FormatStep(n.name, n.parent.template.odd...) + n.bracket()
}

func (n *Place) bracket() string {
	if slug := n.CellSlug(); slug != "" {
		return FormatCell(slug)
	}
	return ""
}

// Steps implements Stepper: the names of the children, in definition order.
func (n *Place) Steps() []string { return n.template.childNames() }

// Step implements Stepper: the child of that name.
func (n *Place) Step(name string) (*Place, error) {
	m := n.template.Member(name)
	if m == nil || m.Child == nil {
		return nil, &NameError{Node: n.Path(), What: "child", Name: name, Hint: nearest.Hint(name, n.Steps())}
	}
	return n.child(m)
}

// child is the child that a member is.
func (n *Place) child(m *Member) (*Place, error) {
	child := &Place{template: m.Child, parent: n, name: m.Name, only: n.only,
		isolated: n.isolated && m.Child.Kind != KindArray}
	child.roles = n.only.keep(m.Child.childRoles(n.roles))
	if m.Child.Kind != KindJustOne || !n.isolated { // outside of the cells, nobody knows how many hosts each has
		return child, nil
	}
	only := child.cells()
	if len(only) == 0 && n.only != nil {
		child.isolated = false // there is no cell to run in
		return child, nil
	}
	if len(only) != 1 {
		return nil, &HostCountError{Node: child.Path(), Role: HostRole, Count: len(only),
			Why: "just_one needs exactly one", Hint: "map another role to it, or use array"}
	}
	child.cell = only[0]
	return child, nil
}

// Up implements Place. From a cell it leads to the node above, as from the parallel node itself.
func (n *Place) Up() (*Place, bool) { return n.parent, n.parent != nil }

// cells are the hosts of the cells of a parallel node.
func (n *Place) cells() []hosts.Host {
	for _, r := range n.roles {
		if r.Name == HostRole {
			return r.Hosts
		}
	}
	return nil
}

// Cells implements Stepper: the slugs of the next dimension that is still open.
func (n *Place) Cells() []string {
	var slugs []string
	if open := n.open(); open != nil {
		for _, h := range open.cells() {
			slugs = append(slugs, h.Slug())
		}
	}
	return slugs
}

// Cell implements Stepper: the node inside the cell of that index in the next open dimension.
func (n *Place) Cell(index int) (*Place, error) {
	open := n.open()
	if open == nil {
		return nil, n.noCells()
	}
	return n.within(open, open.isolate(open.cells()[index]))
}

// noCells says why the node is not split further.
func (n *Place) noCells() error {
	if in := n.CellHost(); in != nil {
		return &NameError{Node: n.Path(), What: "cells", Hint: "it is that of " + in.Slug() + " already"}
	}
	return &NameError{Node: n.Path(), What: "cells", Hint: "only a parallel node has them, and what is below one"}
}

// open is the topmost node of those from here upwards that is parallel and not isolated; nil if there is none.
func (n *Place) open() (top *Place) {
	for ; n != nil && !n.isolated; n = n.parent {
		if n.template.Kind == KindArray || n.template.Kind == KindParallel && n.parent == nil {
			top = n
		}
	}
	return top
}

// isolate returns the cell of a host.
func (n *Place) isolate(h hosts.Host) *Place {
	cell := *n
	cell.cell, cell.isolated = h, true
	cell.roles = slices.Clone(n.roles)
	for i, r := range cell.roles {
		if r.Name == HostRole {
			cell.roles[i].Hosts = []hosts.Host{h}
		}
	}
	return &cell
}

// within returns the same place with cell in place of its ancestor open. It is not isolated yet if there is another
// array in between.
func (n *Place) within(open, cell *Place) (*Place, error) {
	if n == open {
		return cell, nil
	}
	parent, err := n.parent.within(open, cell)
	if err != nil {
		return nil, err
	}
	return parent.Step(n.name)
}

// Isolations returns every cell that an action of the node runs in, in definition order; of a node that is isolated
// itself alone.
func (n *Place) Isolations() ([]*Place, error) { return n.isolations(nil) }

func (n *Place) isolations(chosen []cellID) ([]*Place, error) {
	if n.isolated {
		one := *n
		one.chosen = chosen
		return []*Place{&one}, nil
	}
	open := n.open()
	if open == nil {
		return nil, nil
	}
	var all []*Place
	for i, h := range open.cells() {
		cell, err := n.within(open, open.isolate(h))
		if err != nil {
			return nil, err
		}
		inner, err := cell.isolations(append(slices.Clip(chosen), cellID{i, h}))
		if err != nil {
			return nil, err
		}
		all = append(all, inner...)
	}
	return all, nil
}

func orNothing(hint string) string {
	if hint == "" {
		return ""
	}
	return ": " + hint
}

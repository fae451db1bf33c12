package nodes

import (
	"fmt"
	"slices"
	"strings"

	"deployer/internal/nearest"
)

// Check walks the whole tree and returns what is wrong with it, as far as that shows without connecting to a host. What
// it finds is wrong with one node and does not stop the others from working.
func (t *Tree) Check() []Problem {
	c := &checker{problems: slices.Clone(t.warnings), told: map[Problem]bool{}, uses: map[mapped]*use{}}
	if k := t.Template.Kind; k == KindArray || k == KindJustOne {
		c.tell(Problem{Pos: t.Template.Pos, Message: fmt.Sprintf("the root of a tree cannot be %s", k), Hint: "make it a node, and the parallel_node a child of it"})
		return c.problems
	}
	c.queries = newQueryChecker(c.tell)
	c.node(t.Root(), true)
	c.unfilled()
	c.queries.circles()
	return c.problems
}

type checker struct {
	problems []Problem
	told     map[Problem]bool
	uses     map[mapped]*use
	order    []*use
	roles    []string // of all nodes
	queries  *queryChecker
}

// mapped is a role that a definition wants from the parent.
type mapped struct {
	def  *HostsDef
	from string
}

// use is what came of it, wherever the definition is used.
type use struct {
	first  *Place
	m      RoleMap
	from   string
	filled bool
}

// tell records a problem once, however many places of the tree share the template it is in.
func (c *checker) tell(p Problem) {
	if !c.told[p] {
		c.told[p] = true
		c.problems = append(c.problems, p)
	}
}

// node checks a place and all below it. sound says that its roles are known: no mistake that was told made them.
func (c *checker) node(n *Place, sound bool) {
	if def := n.template.Hosts; def != nil {
		sound = !def.Incomplete && (def.Map == nil || sound)
	}
	if sound {
		c.mapping(n)
		c.cells(n)
	}
	c.required(n)
	c.rolls(n)
	c.queries.node(n)
	for _, m := range n.template.members {
		if m.Child == nil {
			continue
		}
		child, err := n.Step(m.Name)
		switch {
		case err == nil:
			c.node(child, sound)
		case sound || m.Child.Hosts != nil && m.Child.Hosts.Map == nil:
			c.tell(Problem{Pos: m.Pos, Message: err.Error()})
		}
	}
}

// cells checks what shows in the cells alone, and that there can be any.
func (c *checker) cells(n *Place) {
	switch {
	case n.template.Kind == KindJustOne && !n.isolated:
		if _, err := n.Isolations(); err != nil {
			c.tell(Problem{Pos: n.pos(), Message: err.Error()})
		}
	case n.template.Kind == KindArray && !slices.Contains(roleNames(n), HostRole):
		c.tell(Problem{Pos: n.pos(), Warning: true, Hint: fmt.Sprintf("map a role to it: map_roles(%q)", "web"),
			Message: fmt.Sprintf("%s is an array and has no role %q, so it has no cells", n.Path(), HostRole)})
	}
}

// Paths are the paths of the first node of every template of the tree, and of the templates that these are derived from.
func (t *Tree) Paths() map[*Template]string {
	paths := map[*Template]string{}
	addPaths(paths, t.Root())
	return paths
}

func addPaths(to map[*Template]string, n *Place) {
	path := n.Path()
	for t := n.template; t != nil && to[t] == ""; t = t.Base {
		to[t] = path
	}
	for _, m := range n.template.members {
		if m.Child != nil && to[m.Child] == "" {
			addPaths(to, &Place{template: m.Child, parent: n, name: m.Name}) // of which the path alone is wanted
		}
	}
}

// pos is where the node is defined in its parent.
func (n *Place) pos() Pos {
	if n.parent == nil {
		return n.template.Pos
	}
	return n.parent.template.Member(n.name).Pos
}

func roleNames(n *Place) []string {
	names := make([]string, len(n.roles))
	for i, r := range n.roles {
		names[i] = r.Name
	}
	return names
}

// mapping remembers which roles are mapped and whether the node above has them.
func (c *checker) mapping(n *Place) {
	for _, name := range roleNames(n) {
		if !slices.Contains(c.roles, name) {
			c.roles = append(c.roles, name)
		}
	}
	def := n.template.Hosts
	if def == nil || def.Map == nil {
		return
	}
	if n.parent == nil {
		c.tell(Problem{Pos: n.template.Pos, Warning: true, Hint: `give it hosts: hosts = {"web": [web1, web2]}`,
			Message: "/ maps roles of the node above it, and the root has none, so it holds no hosts"})
		return
	}
	above := roleNames(n.parent)
	for _, m := range def.Map {
		for _, from := range m.From {
			u := c.uses[mapped{def, from}]
			if u == nil {
				u = &use{first: n, m: m, from: from}
				c.uses[mapped{def, from}] = u
				c.order = append(c.order, u)
			}
			u.filled = u.filled || slices.Contains(above, from)
		}
	}
}

// unfilled warns of roles that are mapped and that no node above ever has. One that some of the places have is no
// mistake: a smaller environment leaves roles out.
func (c *checker) unfilled() {
	for _, u := range c.order {
		if u.filled {
			continue
		}
		pos := u.m.Pos
		if pos == (Pos{}) {
			pos = u.first.pos()
		}
		above := u.first.parent
		names := roleNames(above)
		hint := nearest.Hint(u.from, names)
		if hint == "" {
			hint = nearest.Hint(u.from, c.roles)
		}
		switch {
		case hint != "":
		case len(names) == 0:
			hint = above.Path() + " has no roles at all"
		default:
			hint = "it has " + strings.Join(names, ", ")
		}
		gets := "holds no hosts"
		if u.m.All || len(u.m.From) > 1 {
			gets = "gets none from there"
		}
		c.tell(Problem{Pos: pos, Warning: true, Hint: hint,
			Message: fmt.Sprintf("%s maps its role %q from %q, but %s has no such role, so it %s",
				u.first.Path(), u.m.Role, u.from, above.Path(), gets)})
	}
}

// required warns of attributes that must be set and are not.
func (c *checker) required(n *Place) {
	for _, m := range n.template.members {
		if m.Required == nil {
			continue
		}
		p := Problem{Pos: n.pos(), Warning: true, Hint: m.Required.Why,
			Message: fmt.Sprintf("%s does not set %q, which %s requires", n.Path(), m.Name, n.template.declares(m).called())}
		if near := n.template.nearConstant(m.Name); near != "" {
			p.Hint = fmt.Sprintf("it sets %q: is that meant?", near)
		}
		c.tell(p)
	}
}

// declares is the template of those that t is derived from that has the member first.
func (t *Template) declares(m *Member) *Template {
	for t.Base != nil && t.Base.Member(m.Name) == m {
		t = t.Base
	}
	return t
}

// nearConstant is an attribute that a name may have been misspelt as, or "".
func (t *Template) nearConstant(name string) string {
	for _, m := range t.members {
		if m.isConstant() && isMisspelt(m.Name, name) {
			return m.Name
		}
	}
	return ""
}

package nodes

import (
	"fmt"
	"slices"
)

// Check walks the whole tree and returns what is wrong with it, as far as that shows without connecting to a host.
func (t *Tree) Check() []Problem {
	c := &checker{told: map[Problem]bool{}, problems: slices.Clone(t.warnings)}
	if k := t.Template.Kind; k == KindArray || k == KindJustOne {
		c.tell(Problem{Pos: t.Template.Pos, Message: fmt.Sprintf("the root of a tree cannot be %s", k), Hint: "make it a node, and the parallel_node a child of it"})
		return c.problems
	}
	c.node(t.Root())
	return c.problems
}

type checker struct {
	problems []Problem
	told     map[Problem]bool
}

// tell records a problem once, however many places of the tree share the template it is in.
func (c *checker) tell(p Problem) {
	if !c.told[p] {
		c.told[p] = true
		c.problems = append(c.problems, p)
	}
}

func (c *checker) node(n *Place) {
	c.mapping(n)
	for _, m := range n.template.members {
		if m.Child == nil {
			continue
		}
		child, err := n.Step(m.Name)
		if err != nil {
			c.tell(Problem{Pos: m.Pos, Message: err.Error()})
			continue
		}
		c.node(child)
	}
}

// mapping warns of roles that are mapped but that the node above does not have: they hold no hosts.
func (c *checker) mapping(n *Place) {
	def := n.template.Hosts
	if def == nil || n.parent == nil {
		return
	}
	var roles []string
	for _, r := range n.parent.roles {
		roles = append(roles, r.Name)
	}
	for _, m := range def.Map {
		for _, from := range m.From {
			if !slices.Contains(roles, from) {
				c.tell(Problem{Pos: n.template.Pos, Warning: true, Hint: alternatives(from, roles),
					Message: fmt.Sprintf("%s maps its role %q from %q, but %s has no such role, so it holds no hosts", n.Path(), m.Role, from, n.parent.Path())})
			}
		}
	}
}

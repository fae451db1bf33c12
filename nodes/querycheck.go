package nodes

import (
	"fmt"
	"strings"
)

// queryChecker finds queries that can never be evaluated. It looks at every query of the tree in its node, as far as
// that tells what the query points at: an attribute or a cell that is not there, a query that needs itself.
type queryChecker struct {
	tell  func(Problem)
	told  map[Problem]bool // without the node: one template may be in many places
	order []queryKey
	needs map[queryKey][]queryKey // queries that each always evaluates too
	at    map[queryKey]Query
	state map[queryKey]visit
}

// queryKey is a query of a tree.
type queryKey struct{ path, name string }

func (k queryKey) String() string { return k.path + " " + k.name }

// visit is how far the search for a circle has come with a query.
type visit int

const (
	inProgress visit = iota + 1
	visited
)

func newQueryChecker(tell func(Problem)) *queryChecker {
	return &queryChecker{tell: tell, told: map[Problem]bool{}, needs: map[queryKey][]queryKey{},
		at: map[queryKey]Query{}, state: map[queryKey]visit{}}
}

// node looks at the queries of a node.
func (c *queryChecker) node(n *Place) {
	for _, m := range n.template.members {
		if m.Query == nil {
			continue
		}
		found := m.references(n)
		for _, w := range found.wrong {
			c.wrong(n, m, w)
		}
		key := queryKey{n.Path(), m.Name}
		c.order = append(c.order, key)
		c.at[key] = *m.Query
		for _, to := range found.needs {
			c.needs[key] = append(c.needs[key], queryKey{to.To.Path(), to.Attr})
		}
	}
}

// wrong tells of a part that cannot be evaluated, once for all nodes that have the same mistake in the same query.
func (c *queryChecker) wrong(n *Place, m *Member, w wrongPart) {
	same := Problem{Pos: m.Query.pos, Message: w.part.String()}
	if c.told[same] {
		return
	}
	c.told[same] = true
	failed := &QueryError{Node: n.Path(), Name: m.Name, Query: m.Query.String(), Part: w.part.String(), Err: w.err}
	c.tell(Problem{Pos: m.Query.pos, Message: fmt.Sprintf("%s %s: %v", failed.Node, failed.Name, failed)})
}

// circles tells of queries that need their own value.
func (c *queryChecker) circles() {
	for _, key := range c.order {
		c.follow(key, nil)
	}
}

func (c *queryChecker) follow(key queryKey, way []queryKey) {
	switch c.state[key] {
	case visited:
		return
	case inProgress:
		c.circle(key, way)
		return
	}
	c.state[key] = inProgress
	for _, next := range c.needs[key] {
		c.follow(next, append(way, key))
	}
	c.state[key] = visited
}

// circle tells of the part of the way that comes back to a query.
func (c *queryChecker) circle(key queryKey, way []queryKey) {
	var names []string
	for _, step := range way {
		if len(names) > 0 || step == key {
			names = append(names, step.String())
		}
	}
	q := c.at[key]
	c.tell(Problem{Pos: q.pos, Message: fmt.Sprintf("%s: query %s: it needs its own value: %s → %s",
		key, q, strings.Join(names, " → "), key)})
}

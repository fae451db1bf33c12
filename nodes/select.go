package nodes

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/hosts"
	"deployer/internal/hostset"
	"deployer/internal/nearest"
)

// Select returns the slugs of a set of hosts of the tree, in definition order. The set is written as in
//
//	web[1-20],db1!web3   slugs, ranges and patterns; see the manual for , ! & and ^
//	@web                 the hosts of the role web of the node and of all below it; where none of them has it, of the
//	                     nearest node above that has it, or else of all that have it
//	@production          the hosts of the nodes of a group, anywhere in the tree
//	@role:x, @group:x    one of them where both have the name
//	/production/git      the hosts of a node and of all below it; of a cell its own
//
// A word that names nothing is an error, which says where it is and what is near.
func (n *Place) Select(set string) ([]string, error) {
	e, err := hostset.Parse(set)
	if err != nil {
		return nil, err
	}
	whole := n.Whole()
	return e.Slugs(hostset.Space{
		Hosts: slugsOf(whole.root().HostsBelow()),
		Named: whole.hostsNamed,
		Path:  whole.atPath,
	})
}

// hostsNamed returns the hosts of what stands after @.
func (n *Place) hostsNamed(name string) ([]string, error) {
	if role, is := strings.CutPrefix(name, "role:"); is {
		if found, known := n.roleNear(role); known {
			return found, nil
		}
		return nil, noSet("role", role, n.RolesUsed())
	}
	if group, is := strings.CutPrefix(name, "group:"); is {
		if found, known := n.inGroup(group); known {
			return found, nil
		}
		return nil, noSet("group", group, n.GroupsUsed())
	}
	inRole, isRole := n.roleNear(name)
	inGroup, isGroup := n.inGroup(name)
	switch {
	case isRole && isGroup:
		return nil, fmt.Errorf("%s is a role and a group: write @role:%s or @group:%s", name, name, name)
	case isRole:
		return inRole, nil
	case isGroup:
		return inGroup, nil
	}
	return nil, noSet("role and no group", name, slices.Concat(n.RolesUsed(), n.GroupsUsed()))
}

func noSet(what, name string, known []string) error {
	hint := nearest.Hint(name, known)
	if hint == "" && len(known) > 0 {
		hint = "there is " + strings.Join(known, ", ")
	}
	return fmt.Errorf("there is no %s %q%s", what, name, orNothing(hint))
}

// roleNear returns the hosts of a role of the node and of all below it; or else of the nearest node above that has it; or
// else of all nodes that have it.
func (n *Place) roleNear(name string) (slugs []string, known bool) {
	if slugs, known = n.roleBelow(name); known {
		return slugs, known
	}
	for up := n.parent; up != nil; up = up.parent {
		if slugs, known = up.role(name); known {
			return slugs, known
		}
	}
	return n.root().roleBelow(name)
}

// roleBelow returns the hosts of a role of the node and of all below it.
func (n *Place) roleBelow(name string) (slugs []string, known bool) {
	for at := range n.Walk().Places() {
		found, has := at.role(name)
		slugs, known = append(slugs, found...), known || has
	}
	return slugs, known
}

// role returns the hosts of a role of this very node.
func (n *Place) role(name string) (slugs []string, has bool) {
	for _, r := range n.roles {
		if r.Name == name {
			return slugsOf(r.Hosts), true
		}
	}
	return nil, false
}

// inGroup returns the hosts of the nodes of a group, anywhere in the tree.
func (n *Place) inGroup(name string) (slugs []string, known bool) {
	for at := range n.root().Walk().Places() {
		if g := at.Group(); g != nil && g.Name == name {
			slugs, known = append(slugs, slugsOf(at.Hosts())...), true
		}
	}
	return slugs, known
}

// RolesUsed are the names of the roles of the tree's nodes.
func (n *Place) RolesUsed() []string {
	var names []string
	for at := range n.root().Walk().Places() {
		for _, r := range at.roles {
			if !slices.Contains(names, r.Name) {
				names = append(names, r.Name)
			}
		}
	}
	return names
}

// GroupsUsed are the names of the groups of the tree's nodes.
func (n *Place) GroupsUsed() []string {
	var names []string
	for at := range n.root().Walk().Places() {
		if g := at.template.Group; g != nil && !slices.Contains(names, g.Name) {
			names = append(names, g.Name)
		}
	}
	return names
}

// atPath returns the hosts of the node that a path leads to.
func (n *Place) atPath(path string) ([]string, error) {
	steps, err := ParsePath(path)
	if err != nil {
		return nil, err
	}
	at, err := Resolve(steps, n.root())
	if err != nil {
		return nil, err
	}
	if slug := at.CellSlug(); slug != "" {
		return []string{slug}, nil
	}
	return slugsOf(at.HostsBelow()), nil
}

// SelectFrom returns those of some hosts of a node that a set names; a word @x is a role of them. What the set names may
// be any host of the tree, also one that the run is limited not to reach.
func (n *Place) SelectFrom(from *hosts.Set, set string) (*hosts.Set, error) {
	e, err := hostset.Parse(set)
	if err != nil {
		return nil, err
	}
	space := hostset.Space{Named: func(name string) ([]string, error) { return roleOf(from, name) }}
	for _, h := range from.Handles() {
		space.Hosts = append(space.Hosts, h.Slug())
	}
	if n.only != nil {
		space.Hosts = append(space.Hosts, slugsOf(n.Whole().root().HostsBelow())...)
	}
	slugs, err := e.Slugs(space)
	if err != nil {
		return nil, err
	}
	return from.Only(slugs), nil
}

// roleOf returns the hosts of a role of a set.
func roleOf(set *hosts.Set, name string) ([]string, error) {
	name = strings.TrimPrefix(name, "role:")
	for _, r := range set.ByRole() {
		if r.Name == name {
			return slugsOf(r.Hosts), nil
		}
	}
	hint := cmp.Or(nearest.Hint(name, set.Roles()), "it has "+strings.Join(set.Roles(), ", "))
	return nil, fmt.Errorf("the hosts have no role %q: %s", name, hint)
}

// Empty warns that the node has no host to run on; see [hosts.Session.Empty].
func (e *Env) Empty(ctx context.Context) {
	what := e.place.Path()
	if limited := e.place.Limited(); limited != "" {
		what += " in a run on " + limited
	}
	e.run.session.Empty(ctx, what)
}

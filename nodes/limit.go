package nodes

import (
	"errors"
	"fmt"
	"slices"

	"deployer/hosts"
	"deployer/internal/hostset"
)

// limit is what a run is limited to.
type limit struct {
	text string // as it was given
	in   map[string]bool
}

// keep returns the roles with those hosts only that are in the limit. Without a limit these are all.
func (l *limit) keep(roles []hosts.Role) []hosts.Role {
	if l == nil {
		return roles
	}
	kept := make([]hosts.Role, len(roles))
	for i, r := range roles {
		kept[i].Name = r.Name
		for _, h := range r.Hosts {
			if l.in[h.Slug()] {
				kept[i].Hosts = append(kept[i].Hosts, h)
			}
		}
	}
	return kept
}

// ErrNoneLeft is an error of [Place.Limit]: none of the hosts is at the node.
var ErrNoneLeft = errors.New("no host is left")

// Limit returns the node as a run sees it that is limited to a set of hosts: it, and all that is reached from it, has
// no others; of a node that is limited already those that are left. What the set may say is told in [Place.Select]. A node with hosts of which none is left, at it or below,
// is returned with an error that wraps [ErrNoneLeft]; a cell that is not left is no more than an error.
func (n *Place) Limit(set string) (*Place, error) {
	slugs, err := n.Select(set)
	if err != nil {
		return nil, err
	}
	if n.only != nil {
		slugs = slices.DeleteFunc(slugs, func(slug string) bool { return !n.only.in[slug] })
		set = hostset.Fold(slugs)
	}
	l := &limit{set, make(map[string]bool, len(slugs))}
	for _, slug := range slugs {
		l.in[slug] = true
	}
	limited, err := n.limitedTo(l)
	if err != nil {
		return nil, err
	}
	if there := slugsOf(n.HostsBelow()); len(there) > 0 && len(limited.HostsBelow()) == 0 {
		err = fmt.Errorf("%w of %s at %s: it has %s", ErrNoneLeft, set, n.Path(),
			hostset.FoldWithin(there, maxFolded))
	}
	return limited, err
}

// maxFolded is how many characters a message has for a set of hosts.
const maxFolded = 200

// limitedTo returns the same place of a tree that is limited.
func (n *Place) limitedTo(l *limit) (*Place, error) {
	limited := *n
	limited.only = l
	if n.parent == nil {
		limited.roles = l.keep(n.template.Hosts.fill(nil))
	} else {
		parent, err := n.parent.limitedTo(l)
		if err != nil {
			return nil, err
		}
		child, err := parent.Step(n.name)
		if err != nil {
			return nil, err
		}
		limited = *child
	}
	if n.cell == nil || n.template.Kind == KindJustOne {
		return &limited, nil
	}
	if l != nil && !l.in[n.cell.Slug()] {
		return nil, fmt.Errorf("%w of %s: %s is the cell of another host", ErrNoneLeft, l.text, n.Path())
	}
	return limited.isolate(n.cell), nil
}

// Whole returns the place of the tree that no run limits.
func (n *Place) Whole() *Place {
	if n.only == nil {
		return n
	}
	whole, err := n.limitedTo(nil)
	if err != nil {
		return n // a tree that cannot be walked: what is wrong with it is told by who walks it
	}
	return whole
}

// Limited is the set of hosts to which the run is limited that the node is in; "" if it is not.
func (n *Place) Limited() string {
	if n.only == nil {
		return ""
	}
	return n.only.text
}

// leftOut reports whether the node has hosts, and none that the run may reach: what it does is not done then.
func (n *Place) leftOut() bool {
	return n.only != nil && len(n.Hosts()) == 0 && len(n.Whole().Hosts()) > 0
}

// HostsBelow are the different hosts of the node and of everything below it, in definition order.
func (n *Place) HostsBelow() []hosts.Host {
	var all []hosts.Host
	seen := map[string]bool{}
	n.addHosts(func(h hosts.Host) {
		if !seen[h.Slug()] {
			seen[h.Slug()] = true
			all = append(all, h)
		}
	})
	return all
}

// addHosts calls add for the hosts of the node and of everything below it. A child that cannot be made has none.
func (n *Place) addHosts(add func(hosts.Host)) {
	for _, r := range n.roles {
		for _, h := range r.Hosts {
			add(h)
		}
	}
	for _, m := range n.template.members {
		if m.Child == nil {
			continue
		}
		if child, err := n.child(m); err == nil {
			child.addHosts(add)
		}
	}
}

func slugsOf(all []hosts.Host) []string {
	slugs := make([]string, len(all))
	for i, h := range all {
		slugs[i] = h.Slug()
	}
	return slugs
}

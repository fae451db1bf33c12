package nodes

import "deployer/hosts"

// childRoles returns the roles of a child of this template, given those of its parent.
func (t *Template) childRoles(parent []hosts.Role) []hosts.Role {
	if t.Hosts == nil && (t.Kind == KindArray || t.Kind == KindJustOne) {
		return []hosts.Role{{Name: HostRole, Hosts: distinct(parent)}}
	}
	return t.Hosts.fill(parent)
}

// fill returns the roles of a node, given those of its parent.
func (d *HostsDef) fill(parent []hosts.Role) []hosts.Role {
	switch {
	case d == nil:
		return parent
	case d.Map == nil:
		return d.Roles
	}
	var roles []hosts.Role
	for _, m := range d.Map {
		roles = append(roles, hosts.Role{Name: m.Role, Hosts: m.from(parent)})
	}
	return roles
}

// from returns the hosts of the parent that the role gets. A role that the parent does not have holds none.
func (m RoleMap) from(parent []hosts.Role) []hosts.Host {
	if m.All {
		return distinct(parent)
	}
	var named []hosts.Role
	for _, from := range m.From {
		for _, r := range parent {
			if r.Name == from {
				named = append(named, r)
			}
		}
	}
	return distinct(named)
}

// distinct returns the hosts of some roles, each once, in the order in which they are first named.
func distinct(roles []hosts.Role) []hosts.Host {
	var all []hosts.Host
	seen := map[string]bool{}
	for _, r := range roles {
		for _, h := range r.Hosts {
			if !seen[h.Slug()] {
				seen[h.Slug()] = true
				all = append(all, h)
			}
		}
	}
	return all
}

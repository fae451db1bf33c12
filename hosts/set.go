package hosts

import (
	"context"
	"slices"
)

// Role is a name under which a set holds hosts.
type Role struct {
	Name  string
	Hosts []Host // in definition order
}

// Set is several hosts by role, each with its directory, variables and prefixes. It never changes. A host that is in
// several roles is in the set once.
type Set struct {
	session *Session
	roles   []Role
	handles []*Handle // in the order in which the roles first name them
}

// Set returns a set of hosts, by role in the order given.
func (s *Session) Set(roles []Role) *Set {
	set := &Set{session: s, roles: roles}
	seen := map[string]bool{}
	for _, r := range roles {
		for _, h := range r.Hosts {
			if !seen[h.Slug()] {
				seen[h.Slug()] = true
				set.handles = append(set.handles, s.Handle(h))
			}
		}
	}
	return set
}

// Len is the number of different hosts.
func (s *Set) Len() int { return len(s.handles) }

// Handles returns the hosts in definition order.
func (s *Set) Handles() []*Handle { return slices.Clone(s.handles) }

// Slug returns the host of that name, or nil.
func (s *Set) Slug(name string) *Handle {
	for _, h := range s.handles {
		if h.Slug() == name {
			return h
		}
	}
	return nil
}

// Roles returns the names of the roles in definition order.
func (s *Set) Roles() []string {
	var names []string
	for _, r := range s.roles {
		names = append(names, r.Name)
	}
	return names
}

// ByRole returns the roles with their hosts, in definition order.
func (s *Set) ByRole() []Role { return slices.Clone(s.roles) }

// Filter returns the hosts of some roles, in the order of these. A role that the set does not have holds no hosts.
func (s *Set) Filter(names ...string) *Set {
	kept := &Set{session: s.session}
	left := make(map[string]*Handle, len(s.handles))
	for _, h := range s.handles {
		left[h.Slug()] = h
	}
	for _, name := range names {
		role := Role{Name: name}
		for _, r := range s.roles {
			if r.Name == name {
				role = r
			}
		}
		kept.roles = append(kept.roles, role)
		for _, h := range role.Hosts {
			if handle := left[h.Slug()]; handle != nil {
				kept.handles = append(kept.handles, handle)
				delete(left, h.Slug())
			}
		}
	}
	return kept
}

// Only returns the hosts of these slugs, by the same roles.
func (s *Set) Only(slugs []string) *Set {
	kept := &Set{session: s.session}
	only := make(map[string]bool, len(slugs))
	for _, slug := range slugs {
		only[slug] = true
	}
	for _, r := range s.roles {
		role := Role{Name: r.Name}
		for _, h := range r.Hosts {
			if only[h.Slug()] {
				role.Hosts = append(role.Hosts, h)
			}
		}
		kept.roles = append(kept.roles, role)
	}
	for _, h := range s.handles {
		if only[h.Slug()] {
			kept.handles = append(kept.handles, h)
		}
	}
	return kept
}

// each returns the set with every handle changed.
func (s *Set) each(change func(*Handle) (*Handle, error)) (*Set, error) {
	next := &Set{session: s.session, roles: s.roles}
	for _, h := range s.handles {
		changed, err := change(h)
		if err != nil {
			return nil, err
		}
		next.handles = append(next.handles, changed)
	}
	return next, nil
}

// Cd is Handle.Cd for every host.
func (s *Set) Cd(dir string) *Set {
	next, _ := s.each(func(h *Handle) (*Handle, error) { return h.Cd(dir), nil })
	return next
}

// Prefix is Handle.Prefix for every host.
func (s *Set) Prefix(prefix string) *Set {
	next, _ := s.each(func(h *Handle) (*Handle, error) { return h.Prefix(prefix), nil })
	return next
}

// Env is Handle.Env for every host.
func (s *Set) Env(name, value string, raw bool) (*Set, error) {
	return s.each(func(h *Handle) (*Handle, error) { return h.Env(name, value, raw) })
}

// Run runs a command on every host, in parallel, and returns what each gave, in order. A host that fails stops no
// other; its output may be nil. The error joins those of all hosts, but for those that are left out, see Each.
func (s *Set) Run(ctx context.Context, command string, o RunOptions) ([]*Output, error) {
	return Each(ctx, s, func(ctx context.Context, h *Handle) (*Output, error) { return h.Run(ctx, command, o) })
}

// Each calls do for every host of a set, in parallel, and returns the results in order. The error joins those of all
// hosts, but for those that are left out since they are offline, see Options.SkipOffline: these have an empty result.
func Each[T any](ctx context.Context, s *Set, do func(context.Context, *Handle) (T, error)) ([]T, error) {
	if len(s.handles) == 0 {
		s.session.Empty(ctx, "the set of hosts")
	}
	results := make([]T, len(s.handles))
	errs := s.session.Parallel(ctx, len(s.handles), func(ctx context.Context, i int) error {
		var err error
		results[i], err = do(ctx, s.handles[i])
		return err
	})
	return results, joinErrors(s.handles, errs)
}

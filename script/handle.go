package script

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/hosts"
	"deployer/internal/nearest"
	"deployer/nodes"
)

// machines is one host of an env, or several.
type machines interface {
	starlark.Value
	cd(dir string) starlark.Value
	setEnv(name, value string, raw bool) (starlark.Value, error)
	prefix(command string) starlark.Value
	// each calls do for every host, of several in parallel, and returns the value of the one, or a list of those of
	// all in their order.
	each(c *call, do func(context.Context, *hosts.Handle) (starlark.Value, error)) (starlark.Value, error)
}

// handle is a host inside an action.
type handle struct {
	call *call
	h    *hosts.Handle
}

var (
	_ machines            = (*handle)(nil)
	_ starlark.HasAttrs   = (*handle)(nil)
	_ starlark.Comparable = (*handle)(nil)
)

func (h *handle) String() string        { return h.h.Slug() }
func (h *handle) Type() string          { return "host" }
func (h *handle) Truth() starlark.Bool  { return true }
func (h *handle) Freeze()               {}
func (h *handle) Hash() (uint32, error) { return starlark.String(h.h.Slug()).Hash() }
func (h *handle) slug() string          { return h.h.Slug() }

// CompareSameType compares by slug.
func (h *handle) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	return compareSlugs(op, h, other)
}

func (h *handle) Attr(name string) (starlark.Value, error) {
	if m := methodOf(name); m != nil {
		return bound(name, h, m), nil
	}
	if name == "start_interactive_shell" {
		return builtin(h.shell).value(name), nil
	}
	if v := hostAttr(h.h.Host(), name); v != nil {
		return v, nil
	}
	return nil, noAttr("a host", name, h.AttrNames())
}

func (h *handle) AttrNames() []string { return handleNames() }

func handleNames() []string {
	names := slices.Concat(hostAttrs, methodNames, []string{"start_interactive_shell"})
	slices.Sort(names)
	return names
}

func (h *handle) cd(dir string) starlark.Value         { return &handle{h.call, h.h.Cd(dir)} }
func (h *handle) prefix(command string) starlark.Value { return &handle{h.call, h.h.Prefix(command)} }

func (h *handle) setEnv(name, value string, raw bool) (starlark.Value, error) {
	next, err := h.h.Env(name, value, raw)
	if err != nil {
		return nil, err
	}
	return &handle{h.call, next}, nil
}

func (h *handle) each(c *call, do func(context.Context, *hosts.Handle) (starlark.Value, error)) (starlark.Value, error) {
	return do(c.ctx, h.h)
}

// hostSet is several hosts inside an action.
type hostSet struct {
	call *call
	path string // of the node; of some of its roles, how messages call these
	set  *hosts.Set
}

var (
	_ machines            = (*hostSet)(nil)
	_ starlark.HasAttrs   = (*hostSet)(nil)
	_ starlark.Mapping    = (*hostSet)(nil)
	_ starlark.Sequence   = (*hostSet)(nil)
	_ starlark.Comparable = (*hostSet)(nil)
)

func (h *hostSet) String() string {
	var slugs []string
	for _, one := range h.set.Handles() {
		slugs = append(slugs, one.Slug())
	}
	return fmt.Sprint(slugs)
}
func (h *hostSet) Type() string          { return "hosts" }
func (h *hostSet) Truth() starlark.Bool  { return h.set.Len() > 0 }
func (h *hostSet) Freeze()               {}
func (h *hostSet) Hash() (uint32, error) { return 0, wrong("a set of hosts cannot be a key") }

// CompareSameType compares the hosts and their order, whatever roles they are in.
func (h *hostSet) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	same := h.String() == other.String()
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, wrong("sets of hosts have no order")
}

// Len is the number of hosts.
func (h *hostSet) Len() int { return h.set.Len() }

// Iterate yields the hosts in definition order.
func (h *hostSet) Iterate() starlark.Iterator { return h.list().Iterate() }

func (h *hostSet) list() starlark.Tuple {
	var all starlark.Tuple
	for _, one := range h.set.Handles() {
		all = append(all, &handle{h.call, one})
	}
	return all
}

// Get is hosts[0], hosts["slug"] and hosts[host].
func (h *hostSet) Get(key starlark.Value) (starlark.Value, bool, error) {
	switch key := key.(type) {
	case starlark.String:
		return h.bySlug(string(key))
	case slugged:
		return h.bySlug(key.slug())
	case starlark.Int:
		i, err := index(key, h.set.Len(), h.path+" has no host")
		if err != nil {
			return nil, false, err
		}
		return h.list()[i], true, nil
	}
	return nil, false, wrong("%s: hosts[…] takes a number, a slug or a host, not a %s", h.path, key.Type())
}

func (h *hostSet) bySlug(slug string) (starlark.Value, bool, error) {
	if one := h.set.Slug(slug); one != nil {
		return &handle{h.call, one}, true, nil
	}
	var slugs []string
	for _, one := range h.set.Handles() {
		slugs = append(slugs, one.Slug())
	}
	p := nodes.Problem{Message: fmt.Sprintf("%s has no host %q", h.path, slug), Hint: nearest.Hint(slug, slugs)}
	return nil, false, plainError{p}
}

// index reads a number that counts from 0, or from the end if it is negative. none begins the error.
func index(v starlark.Int, n int, none string) (int, error) {
	i, ok := v.Int64()
	at := i
	if at < 0 {
		at += int64(n)
	}
	if !ok || at < 0 || at >= int64(n) {
		return 0, wrong("%s %s: %d in all, counted from 0", none, v, n)
	}
	return int(at), nil
}

func (h *hostSet) Attr(name string) (starlark.Value, error) {
	if m := methodOf(name); m != nil {
		return bound(name, h, m), nil
	}
	switch name {
	case "roles":
		return fromStrings(h.set.Roles()), nil
	case "filter":
		return builtin(h.filter).value(name), nil
	case "select":
		return builtin(h.choose).value(name), nil
	case "by_role":
		return builtin(h.byRole).value(name), nil
	case "get_hosts":
		return builtin(h.getHosts).value(name), nil
	case "get_hosts_as_dict":
		return builtin(h.getHostsAsDict).value(name), nil
	}
	err := noAttr("a set of hosts", name, h.AttrNames()).(plainError)
	if slices.Contains(handleNames(), name) {
		err = err.hint("each host has one: [h." + name + " for h in env.hosts]")
	}
	return nil, err
}

// setAttrs are the attributes of a set that a single host has not.
var setAttrs = []string{"by_role", "filter", "get_hosts", "get_hosts_as_dict", "roles", "select"}

func (h *hostSet) AttrNames() []string {
	names := slices.Concat(setAttrs, methodNames)
	slices.Sort(names)
	return names
}

// getHosts is get_hosts(): the hosts as they are defined, each once.
func (h *hostSet) getHosts(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("get_hosts", nil)...); err != nil {
		return nil, err
	}
	var all []hosts.Host
	for _, one := range h.set.Handles() {
		all = append(all, one.Host())
	}
	return definitions(all), nil
}

// getHostsAsDict is get_hosts_as_dict(): the hosts as they are defined, by role.
func (h *hostSet) getHostsAsDict(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("get_hosts_as_dict", nil)...); err != nil {
		return nil, err
	}
	out := starlark.NewDict(0)
	for _, role := range h.set.ByRole() {
		if err := out.SetKey(starlark.String(role.Name), definitions(role.Hosts)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// definitions are hosts as a script defines them, which a template can hold.
func definitions(all []hosts.Host) *starlark.List {
	list := starlark.NewList(nil)
	for _, h := range all {
		_ = list.Append(newHostValue(h)) // a new list: neither frozen nor iterated over
	}
	return list
}

func (h *hostSet) with(set *hosts.Set) *hostSet { return &hostSet{h.call, h.path, set} }

// filter is filter(*roles).
func (h *hostSet) filter(s site) (starlark.Value, error) {
	var roles []string
	if len(s.kwargs) > 0 {
		return nil, wrong("filter takes the names of roles by position")
	}
	if err := words(&roles)(s.args); err != nil {
		return nil, wrong("filter takes the names of roles: %v", err)
	}
	return h.inRoles(roles...), nil
}

// inRoles are the hosts of some roles. Messages say which.
func (h *hostSet) inRoles(roles ...string) *hostSet {
	where := "in its role "
	if len(roles) != 1 {
		where = "in its roles "
	}
	return &hostSet{h.call, fmt.Sprintf("%s, %s%s,", h.path, where, strings.Join(roles, ", ")), h.set.Filter(roles...)}
}

// choose is select(set).
func (h *hostSet) choose(s site) (starlark.Value, error) {
	var set string
	if err := s.complain(s.bind("select", []param{{name: "set", set: someText(&set)}})...); err != nil {
		return nil, err
	}
	chosen, err := s.call.env.Place().SelectFrom(h.set, set)
	if err != nil {
		return nil, wrong("select: %v", err)
	}
	return &hostSet{h.call, fmt.Sprintf("%s, of its hosts %s,", h.path, set), chosen}, nil
}

// byRole is by_role().
func (h *hostSet) byRole(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("by_role", nil)...); err != nil {
		return nil, err
	}
	out := starlark.NewDict(0)
	for _, role := range h.set.Roles() {
		if err := out.SetKey(starlark.String(role), h.inRoles(role)); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (h *hostSet) cd(dir string) starlark.Value         { return h.with(h.set.Cd(dir)) }
func (h *hostSet) prefix(command string) starlark.Value { return h.with(h.set.Prefix(command)) }

func (h *hostSet) setEnv(name, value string, raw bool) (starlark.Value, error) {
	next, err := h.set.Env(name, value, raw)
	if err != nil {
		return nil, err
	}
	return h.with(next), nil
}

func (h *hostSet) each(c *call, do func(context.Context, *hosts.Handle) (starlark.Value, error)) (starlark.Value, error) {
	if h.set.Len() == 0 {
		c.env.Run().Session().Empty(c.ctx, h.path)
		return starlark.NewList(nil), nil
	}
	values, err := hosts.Each(c.ctx, h.set, do)
	for i, v := range values {
		if v == nil {
			values[i] = starlark.None // it failed
		}
	}
	list := starlark.NewList(values)
	if err != nil {
		return nil, &partialError{list, err}
	}
	return list, nil
}

func fromStrings(list []string) starlark.Value {
	var out []starlark.Value
	for _, s := range list {
		out = append(out, starlark.String(s))
	}
	return starlark.NewList(out)
}

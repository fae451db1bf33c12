package script

import (
	"cmp"
	"fmt"
	"slices"

	"go.starlark.net/starlark"

	"deployer/hosts"
	"deployer/nodes"
)

// allHosts is ALL_HOSTS.
type allHosts struct{}

func (allHosts) String() string        { return "ALL_HOSTS" }
func (allHosts) Type() string          { return "ALL_HOSTS" }
func (allHosts) Truth() starlark.Bool  { return true }
func (allHosts) Freeze()               {}
func (allHosts) Hash() (uint32, error) { return starlark.String("ALL_HOSTS").Hash() }

// rolesMap is map_roles(…).
type rolesMap struct {
	maps       []nodes.RoleMap
	incomplete bool // something was wrong with it, and was told
}

func (*rolesMap) String() string        { return "map_roles(…)" }
func (*rolesMap) Type() string          { return "map_roles" }
func (*rolesMap) Truth() starlark.Bool  { return true }
func (*rolesMap) Freeze()               {}
func (*rolesMap) Hash() (uint32, error) { return 0, wrong("map_roles(…) cannot be a key") }

// mapRoles is map_roles("web", db = ["master", "slave"], x = ALL_HOSTS).
func mapRoles(s site) (starlark.Value, error) {
	made := &rolesMap{}
	var problems []nodes.Problem
	add := func(at nodes.Pos, role string, values ...starlark.Value) {
		m := nodes.RoleMap{Role: role, Pos: at}
		for _, v := range values {
			if _, unavailable := v.(broken); unavailable {
				made.incomplete = true
				continue
			}
			if err := addRoles(&m, v); err != nil {
				problems = append(problems, nodes.Problem{Pos: at, Message: "map_roles: " + err.Error(),
					Hint: `name roles of the parent: map_roles("web"), map_roles(host = ["web", "db"]), map_roles(ALL_HOSTS)`})
			}
		}
		made.maps = append(made.maps, m)
	}
	if len(s.args) > 0 {
		add(s.positional(0), nodes.HostRole, s.args...)
	}
	for _, kw := range s.kwargs {
		role := string(kw[0].(starlark.String))
		if role == nodes.HostRole && len(s.args) > 0 {
			problems = append(problems, nodes.Problem{Pos: s.keyword(role),
				Message: "map_roles: the role host is given by name, and by position too",
				Hint:    "give all its roles by name, in a list"})
			continue
		}
		add(s.keyword(role), role, kw[1])
	}
	made.incomplete = made.incomplete || len(problems) > 0
	return made, s.complain(problems...)
}

// addRoles adds roles of the parent, given as a string, a list or tuple of them, or ALL_HOSTS.
func addRoles(m *nodes.RoleMap, v starlark.Value) error {
	switch v := v.(type) {
	case allHosts:
		m.All = true
	case broken:
	case starlark.String:
		if v == "" {
			return fmt.Errorf("a role has an empty name")
		}
		if !slices.Contains(m.From, string(v)) {
			m.From = append(m.From, string(v))
		}
	case starlark.Sequence:
		for one := range starlark.Elements(v) {
			if _, nested := one.(starlark.Sequence); nested {
				return typeError(one, "the name of a role in the list")
			}
			if err := addRoles(m, one); err != nil {
				return err
			}
		}
	case *hostValue:
		return fmt.Errorf("got a host, want the name of a role of the parent")
	default:
		return typeError(v, "the name of a role")
	}
	return nil
}

// hosts is hosts = {"role": host, …}, hosts = map_roles(…), or hosts for the role host alone.
func (m memberSetter) hosts(v starlark.Value) []nodes.Problem {
	m.d.Hosts = &nodes.HostsDef{}
	problems := m.define(m.d.Hosts, v)
	m.d.Hosts.Incomplete = m.d.Hosts.Incomplete || len(problems) > 0
	return problems
}

func (m memberSetter) define(def *nodes.HostsDef, v starlark.Value) (problems []nodes.Problem) {
	switch v := v.(type) {
	case broken:
		def.Incomplete = true
	case *rolesMap:
		def.Map, def.Incomplete = v.maps, v.incomplete
	case *starlark.Dict:
		for i, item := range v.Items() {
			m.at = m.element(m.key, i)
			problems = append(problems, m.role(def, item[0], item[1])...)
		}
	case allHosts:
		return m.problem("hosts = map_roles(ALL_HOSTS)", "ALL_HOSTS stands inside map_roles")
	case starlark.String:
		return m.problem(fmt.Sprintf("hosts = map_roles(%s) takes a role of the parent", v), "got a string, want hosts")
	default:
		return m.role(def, starlark.String(nodes.HostRole), v)
	}
	return problems
}

// role adds a role with its hosts.
func (m memberSetter) role(def *nodes.HostsDef, key, v starlark.Value) []nodes.Problem {
	name, ok := key.(starlark.String)
	if name == "" && ok {
		return m.problem(`hosts = {"web": [web1, web2]}`, "got an empty string as the name of a role")
	}
	if !ok {
		return m.problem(`hosts = {"web": [web1, web2]}`, "got a %s as the name of a role, want a string", key.Type())
	}
	role := hosts.Role{Name: string(name)}
	list, ok := v.(starlark.Sequence)
	if !ok {
		list = starlark.Tuple{v}
	}
	var problems []nodes.Problem
	seen := map[string]hosts.Host{}
	for one := range starlark.Elements(list) {
		if h := hostOf(one); h != nil {
			problems = append(problems, m.addHost(&role, h, seen)...)
		} else if _, unavailable := one.(broken); unavailable {
			def.Incomplete = true
		} else {
			problems = append(problems, m.noHost(role.Name, one)...)
		}
	}
	def.Roles = append(def.Roles, role)
	return problems
}

// hostOf is a host that a role can hold: as it is defined, or the host of an env.
func hostOf(v starlark.Value) *hostValue {
	switch v := v.(type) {
	case *hostValue:
		return v
	case *handle:
		return newHostValue(v.h.Host())
	}
	return nil
}

func (m memberSetter) noHost(role string, v starlark.Value) []nodes.Problem {
	hint := ""
	switch v.(type) {
	case allHosts, starlark.String:
		hint = "roles of the parent are mapped: hosts = map_roles(…)"
	}
	return m.problem(hint, "the role %q holds a %s, want hosts", role, v.Type())
}

// addHost adds a host to a role. A slug names one machine everywhere, since connections are shared by it.
func (m memberSetter) addHost(role *hosts.Role, v *hostValue, seen map[string]hosts.Host) []nodes.Problem {
	slug := v.h.Slug()
	switch other := seen[slug]; {
	case other == v.h:
		return nil
	case other != nil:
		return m.problem("give one of them another slug", "the role %q holds two hosts of the slug %q", role.Name, slug)
	}
	seen[slug] = v.h
	role.Hosts = append(role.Hosts, v.h)
	return m.oneMachine(v)
}

// oneMachine complains of a host whose slug names another host of the tree.
func (m memberSetter) oneMachine(v *hostValue) []nodes.Problem {
	slug, known := v.h.Slug(), m.call.prog.hosts
	for _, other := range known[slug] {
		if other.h == v.h {
			return nil
		}
		if why := nodes.Conflict(other.h, v.h); why != "" {
			return []nodes.Problem{{Pos: cmp.Or(v.pos, m.at), Hint: `give one of them another slug: h(slug = "…")`,
				Message: fmt.Sprintf("the slug %q names two hosts, the other is at %s: %s", slug, other.pos, why)}}
		}
	}
	if m.call.loader != nil { // afterwards many actions read it
		known[slug] = append(known[slug], v)
	}
	return nil
}

// groupValue is a group.
type groupValue struct{ nodes.Group }

func (g groupValue) String() string        { return fmt.Sprintf("<group %s>", g.Name) }
func (g groupValue) Type() string          { return "group" }
func (g groupValue) Truth() starlark.Bool  { return true }
func (g groupValue) Freeze()               {}
func (g groupValue) Hash() (uint32, error) { return starlark.String(g.Name).Hash() }
func (g groupValue) AttrNames() []string   { return []string{"color", "name"} }

// Attr is the name of the group, or its colour.
func (g groupValue) Attr(name string) (starlark.Value, error) {
	switch name {
	case "name":
		return starlark.String(g.Name), nil
	case "color":
		return starlark.String(g.Color), nil
	}
	return nil, noAttr("a group", name, g.AttrNames())
}

// groupsValue is groups, whose attributes are the groups that every tree knows.
type groupsValue struct{}

func (groupsValue) String() string        { return "groups" }
func (groupsValue) Type() string          { return "groups" }
func (groupsValue) Truth() starlark.Bool  { return true }
func (groupsValue) Freeze()               {}
func (groupsValue) Hash() (uint32, error) { return 0, wrong("groups cannot be a key") }

func (g groupsValue) Attr(name string) (starlark.Value, error) {
	for _, one := range nodes.Groups() {
		if one.Name == name {
			return groupValue{one}, nil
		}
	}
	err := noAttr("groups", name, g.AttrNames()).(plainError)
	if err.problem.Hint == "" {
		err.problem.Hint = fmt.Sprintf("a group of your own is group(%q, color = …)", name)
	}
	return nil, err
}

func (groupsValue) AttrNames() []string {
	var names []string
	for _, one := range nodes.Groups() {
		names = append(names, one.Name)
	}
	slices.Sort(names)
	return names
}

func groupBuiltin(s site) (starlark.Value, error) {
	var g nodes.Group
	problems := s.bind("group", []param{
		{name: "name", set: someText(&g.Name)},
		{name: "color", optional: true, set: oneOf(&g.Color, nodes.Colors()...)},
	})
	if len(problems) > 0 {
		return broken{}, s.complain(problems...)
	}
	return groupValue{g}, nil
}

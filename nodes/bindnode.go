package nodes

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"deployer/hosts"
)

// nodeBinder makes the template of one struct.
type nodeBinder struct {
	*treeBinder
	at   *spot
	kind Kind
	t    *structType
	v    reflect.Value // the struct
}

// node makes the template of a struct. The tags are those of the field that holds it.
func (b *treeBinder) node(at *spot, n Embedder, kind Kind, field tags) *Template {
	t := b.typeOf(n)
	b.nodes[n.node()] = at
	if kind == KindNormal && t.tags.parallel {
		kind = KindParallel
	}
	nb := nodeBinder{treeBinder: b, at: at, kind: kind, t: t, v: reflect.ValueOf(n).Elem()}
	return nb.template(n, Definition{
		Name: t.Name(), Pos: cmp.Or(at.pos, Pos{File: t.String()}), Doc: cmp.Or(field.doc, t.tags.doc),
		Default: t.def, Members: nb.members(),
		Hosts: nb.hostsOf(n.node(), field), Group: cmp.Or(n.node().Group, field.group, t.tags.group),
		Rolling: cmp.Or(n.node().Rolling, field.rolling, t.tags.rolling),
	}, t.source)
}

// template makes a template of its parts.
func (b *nodeBinder) template(self Embedder, d Definition, source Source) *Template {
	kind := b.kind
	if kind == KindArray || kind == KindJustOne {
		kind = KindParallel
	}
	made, problems := NewTemplate(kind, d)
	for _, p := range problems {
		b.wrong(p.Hint, "%s", p.Message)
	}
	made.Kind, made.self, made.Source = b.kind, self, source
	if self != nil {
		made.of = b.t
	}
	b.at.template, b.at.self = made, self
	return made
}

func (b *nodeBinder) wrong(hint, format string, args ...any) {
	b.treeBinder.wrong(b.at, hint, format, args...)
}

// name is how messages call a field.
func (b *nodeBinder) name(f *structField) string { return b.t.String() + "." + f.goName }

// pos is the place of a field: a program does not know in which line it stands.
func (b *nodeBinder) pos(f *structField) Pos { return Pos{File: b.name(f)} }

func (b *nodeBinder) members() []Member {
	members := make([]Member, 0, len(b.t.fields)+len(b.t.methods))
	for i := range b.t.fields {
		f := &b.t.fields[i]
		value := b.v.FieldByIndex(f.index)
		m := b.member(f, value)
		switch {
		case !f.required || !value.IsZero():
		case b.open:
			m = Member{Name: f.name, Pos: b.pos(f), Doc: f.doc, Required: &Required{Why: f.doc}}
		default:
			b.wrong(f.doc, "%s is required, and it is empty", b.name(f))
		}
		if m.Name != "" {
			members = append(members, m)
		}
	}
	return append(members, b.t.methods...)
}

// member makes the member of a field; its name is empty if there is none.
func (b *nodeBinder) member(f *structField, value reflect.Value) Member {
	if f.kind == dynamicField {
		value = value.Elem()
	}
	isNode := value.IsValid() && value.Type().Implements(embedderType)
	if f.kind == attributeField || f.kind == dynamicField && !isNode {
		return b.attribute(f, value)
	}
	below := &spot{tree: b.at.tree, parent: b.at, name: f.name, pos: b.pos(f)}
	child := b.child(below, f, value)
	if child == nil || !b.mayNest(f, child) {
		return Member{}
	}
	return Member{Name: f.name, Pos: below.pos, Doc: f.doc, Child: child}
}

func (b *nodeBinder) attribute(f *structField, value reflect.Value) Member {
	m := Member{Name: f.name, Pos: b.pos(f), Doc: f.doc}
	if f.kind == dynamicField && (f.hosts != nil || f.group != nil || f.rolling != nil) {
		b.wrong("", "%s is no node, and its tag says roles, group or rolling", b.name(f))
	}
	if !value.IsValid() {
		return m
	}
	if q, ok := value.Interface().(Query); ok {
		if err := q.Err(); err != nil {
			b.wrong("", "%s: %v", b.name(f), err)
		}
		m.Query, m.Pos = &q, q.pos
		return m
	}
	m.Constant = value.Interface()
	return m
}

// child makes the template of what a field holds; nil if that is nothing, or a mistake.
func (b *nodeBinder) child(at *spot, f *structField, value reflect.Value) *Template {
	if value.Kind() == reflect.Pointer && value.IsNil() || value.Kind() == reflect.Map && value.Len() == 0 {
		return nil
	}
	if f.kind == mapField && b.open {
		b.wrong("make it a field for each node", "%s is a map of nodes, from which no template can be derived", b.name(f))
		return nil
	}
	if f.kind == mapField {
		return b.mapOf(at, f, value)
	}
	if value.Kind() != reflect.Pointer {
		value = value.Addr()
	}
	switch n := value.Interface().(type) {
	case nested:
		cell, kind := n.nested()
		if n, ok := cell.(Embedder); ok {
			return b.below(at, f, n, kind, f.tags)
		}
		b.wrong("embed it by value", "%s: %s does not embed nodes.Node", b.name(f), reflect.TypeOf(cell).Elem())
	case Embedder:
		return b.below(at, f, n, KindNormal, f.tags)
	}
	return nil
}

// below makes the template of a struct below this one, unless it is in a tree already.
func (b *nodeBinder) below(at *spot, f *structField, n Embedder, kind Kind, tags tags) *Template {
	for up := b.at; up != nil; up = up.parent {
		if b.nodes[n.node()] == up {
			b.wrong("a struct is one node, below which it cannot be", "%s leads back to %s", b.name(f), up.path())
			return nil
		}
	}
	other := b.nodes[n.node()]
	if bound := n.node().spot; other == nil && bound != nil && bound.self == n {
		other = bound
	}
	if other != nil {
		b.wrong("make two structs of it", "%s is the same struct as %s", b.name(f), other.inTree(b.tree))
		return nil
	}
	return b.node(at, n, kind, tags)
}

// mapOf makes a node whose children are the values of a map, in the order of its keys.
func (b *nodeBinder) mapOf(at *spot, f *structField, of reflect.Value) *Template {
	in := nodeBinder{treeBinder: b.treeBinder, at: at, kind: KindNormal, t: b.t}
	keys := of.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	var members []Member
	for _, key := range keys {
		name, value := key.String(), of.MapIndex(key)
		if name == "" || slices.Contains(reserved, name) {
			b.wrong("choose another key", "%s has a node of the name %q", b.name(f), name)
			continue
		}
		field := &structField{goName: fmt.Sprintf("%s[%q]", f.goName, name), kind: childField}
		below := &spot{tree: at.tree, parent: at, name: name, pos: b.pos(field)}
		if child := in.child(below, field, value); child != nil {
			members = append(members, Member{Name: name, Pos: below.pos, Child: child})
		}
	}
	return in.template(nil, Definition{
		Name: f.name, Pos: at.pos, Doc: f.doc, Members: members, Hosts: f.hosts, Group: f.group,
	}, nil)
}

// mayNest refuses the kinds of children that Template.nesting refuses, in the words of Go.
func (b *nodeBinder) mayNest(f *structField, child *Template) bool {
	switch {
	case b.kind == KindNormal && child.Kind == KindParallel:
		b.wrong("make it a nodes.Array or nodes.JustOne of that type", "%s is a parallel node inside a node", b.name(f))
	case b.kind != KindNormal && (child.Kind == KindArray || child.Kind == KindJustOne):
		b.wrong("put a struct between them that is no array",
			"%s is an array inside a node that has one cell for every host already", b.name(f))
	default:
		return true
	}
	return false
}

// hostsOf says where a node has its hosts from: its own field Roles or Map, or the tag of the field that holds it.
func (b *nodeBinder) hostsOf(n *Node, field tags) *HostsDef {
	switch {
	case n.Roles != nil && n.Map != nil:
		b.wrong("set one of them", "%s.Node has both Roles and Map", b.t)
	case n.Map != nil && b.at.parent == nil:
		b.wrong("set Roles", "%s.Node has a Map, and the root has no roles above it to map", b.t)
	case n.Map != nil:
		return &HostsDef{Map: n.Map}
	case n.Roles != nil:
		b.checkRoles(n.Roles)
		return &HostsDef{Roles: n.Roles}
	}
	return field.hosts
}

func (b *nodeBinder) checkRoles(roles Roles) {
	names := map[string]bool{}
	for _, r := range roles {
		if r.Name == "" || names[r.Name] {
			b.wrong("give every role a name of its own",
				"%s.Roles has two roles %q, or one without a name", b.t, r.Name)
		}
		names[r.Name] = true
		seen := map[string]hosts.Host{}
		for _, h := range r.Hosts {
			b.checkHost(r.Name, h, seen)
		}
	}
}

// checkHost looks at a host of a role. A slug names one machine everywhere, since connections are shared by it.
func (b *nodeBinder) checkHost(role string, h hosts.Host, seen map[string]hosts.Host) {
	if h == nil {
		b.wrong("make it with nodes.SSHHost, nodes.LocalHost or nodes.WrappedHost",
			"the role %s of %s holds a host that is nil", role, b.t)
		return
	}
	slug := h.Slug()
	if bad, isBad := h.(*badHost); isBad {
		b.badHost(bad)
	} else if seen[slug] != nil && seen[slug] != h {
		b.wrong("give one of them another slug", "the role %s of %s holds two hosts of the slug %q", role, b.t, slug)
	} else if why := b.conflict(h); why != "" {
		b.wrong("give one of them another slug", "the slug %q names two hosts of the tree: %s", slug, why)
	}
	seen[slug], b.hosts[slug] = h, h
}

func (b *nodeBinder) conflict(h hosts.Host) string {
	other := b.hosts[h.Slug()]
	if _, isBad := other.(*badHost); other == nil || isBad {
		return ""
	}
	return Conflict(other, h)
}

// badHost tells what is wrong with the options of a host, once.
func (b *nodeBinder) badHost(h *badHost) {
	if b.hosts[h.slug] == h {
		return
	}
	for line := range strings.Lines(h.err.Error()) {
		message := fmt.Sprintf("host %q: %s", h.slug, strings.TrimSpace(line))
		b.problems = append(b.problems, Problem{Pos: h.pos, Message: message})
	}
}

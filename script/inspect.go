package script

import (
	"maps"
	"slices"

	"go.starlark.net/starlark"

	"deployer/hosts"
	"deployer/nodes"
)

// inspector is inspect(env): what can be asked about a node.
type inspector struct {
	call *call
	env  *nodes.Env
}

var _ starlark.HasAttrs = inspector{}

func (i inspector) String() string        { return "<inspector of " + i.place().Path() + ">" }
func (i inspector) Type() string          { return "inspector" }
func (i inspector) Truth() starlark.Bool  { return true }
func (i inspector) Freeze()               {}
func (i inspector) Hash() (uint32, error) { return 0, wrong("an inspector cannot be a key") }

func (i inspector) place() *nodes.Place { return i.env.Place() }

// value is another node of the same run.
func (i inspector) value(n *nodes.Place) starlark.Value { return &envValue{i.call, i.env.Run().Env(n)} }

// inspect is inspect(env).
func inspect(s site) (starlark.Value, error) {
	var e *envValue
	if err := s.complain(s.bind("inspect", []param{{name: "env", set: one(&e, "an env")}})...); err != nil {
		return nil, err
	}
	return inspector{s.call, e.env}, nil
}

// inspectMethod is a method of an inspector. Its parameters are bound before it is called.
type inspectMethod struct {
	params func(*inspectArgs) []param
	run    inspectRun
}

type inspectRun = func(inspector, site, *inspectArgs) (starlark.Value, error)

// inspectArgs are the arguments that methods of an inspector have.
type inspectArgs struct {
	name, kind, pathType string
	private              bool
	key                  starlark.Value
	filter               filter
}

// The ways to show a path, as the manual calls them.
const (
	nameOnly    = "NAME_ONLY"
	nodeOnly    = "NODE_ONLY"
	nodeAndName = "NODE_AND_NAME"
)

func noParams(*inspectArgs) []param    { return nil }
func nameParam(a *inspectArgs) []param { return []param{{name: "name", set: text(&a.name)}} }
func privateParam(a *inspectArgs) []param {
	a.private = true
	return []param{{name: "include_private", optional: true, set: truth(&a.private)}}
}
func kindParam(a *inspectArgs) []param {
	a.kind = "slugs"
	return []param{{name: "kind", optional: true, set: isolationKind(&a.kind)}}
}
func pathParam(a *inspectArgs) []param {
	a.pathType = nameOnly
	return []param{{name: "path_type", optional: true, set: oneOf(&a.pathType, nameOnly, nodeOnly, nodeAndName)}}
}
func keyParam(a *inspectArgs) []param { return []param{{name: "cell", set: anyValue(&a.key)}} }
func filterParam(a *inspectArgs) []param {
	return []param{{name: "filter", optional: true, set: one(&a.filter, "a filter: filters.public")}}
}

// inspectMethods are the methods of an inspector.
func inspectMethods() map[string]inspectMethod {
	return map[string]inspectMethod{
		"get_name": {noParams, inspector.name}, "get_full_name": {noParams, inspector.fullName},
		"get_path": {pathParam, inspector.path}, "get_group": {noParams, inspector.group},
		"get_parent": {noParams, inspector.parent}, "get_root": {noParams, inspector.root},
		"get_childnodes": {privateParam, inspector.children}, "get_childnode": {nameParam, inspector.child},
		"has_childnode": {nameParam, hasMember(nodes.ChildMember)}, "get_errors": {noParams, inspector.errors},
		"get_actions": {privateParam, getMembers(nodes.ActionMember)}, "get_action": {nameParam, getMember(nodes.ActionMember)},
		"has_action":     {nameParam, hasMember(nodes.ActionMember)},
		"get_properties": {privateParam, getMembers(nodes.PropertyMember)}, "get_property": {nameParam, getMember(nodes.PropertyMember)},
		"has_property": {nameParam, hasMember(nodes.PropertyMember)},
		"get_queries":  {privateParam, getMembers(nodes.QueryMember)}, "get_query": {nameParam, getMember(nodes.QueryMember)},
		"has_query": {nameParam, hasMember(nodes.QueryMember)}, "trace_query": {nameParam, inspector.trace},
		"is_callable": {noParams, inspector.callable}, "suppress_result_for_action": {nameParam, inspector.suppresses},
		"iter_isolations": {kindParam, inspector.isolations}, "get_isolation": {keyParam, inspector.isolation},
		"get_isolation_identifier": {noParams, inspector.identifier},
		"walk":                     {filterParam, inspector.walk}, "get_references": {noParams, inspector.references},
	}
}

func (i inspector) AttrNames() []string { return sortedKeys(inspectMethods()) }

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

func (i inspector) Attr(name string) (starlark.Value, error) {
	m, ok := inspectMethods()[name]
	if !ok {
		return nil, noAttr("an inspector", name, i.AttrNames())
	}
	return builtin(func(s site) (starlark.Value, error) {
		var a inspectArgs
		if err := s.complain(s.bind(name, m.params(&a))...); err != nil {
			return nil, err
		}
		return m.run(inspector{s.call, i.env}, s, &a)
	}).value(name), nil
}

func (i inspector) name(site, *inspectArgs) (starlark.Value, error) {
	return starlark.String(i.place().Name()), nil
}

func (i inspector) fullName(site, *inspectArgs) (starlark.Value, error) {
	return starlark.String(i.place().FullName()), nil
}

func (i inspector) path(_ site, a *inspectArgs) (starlark.Value, error) {
	var path starlark.Tuple
	for _, n := range i.place().Line() {
		name := starlark.String(n.Name())
		switch a.pathType {
		case nameOnly:
			path = append(path, name)
		case nodeOnly:
			path = append(path, i.value(n))
		default:
			path = append(path, starlark.Tuple{i.value(n), name})
		}
	}
	return path, nil
}

// noGroup is the group of nodes that are in none.
var noGroup = groupValue{nodes.Group{Name: "default"}}

func (i inspector) group(site, *inspectArgs) (starlark.Value, error) {
	if g := i.place().Group(); g != nil {
		return groupValue{*g}, nil
	}
	return noGroup, nil
}

func (i inspector) parent(site, *inspectArgs) (starlark.Value, error) {
	if up := i.place().Parent(); up != nil {
		return i.value(up), nil
	}
	return nil, wrong("%s is the root, and has no parent", i.place().Path())
}

func (i inspector) root(site, *inspectArgs) (starlark.Value, error) {
	return i.value(i.place().Root()), nil
}

func (i inspector) children(_ site, a *inspectArgs) (starlark.Value, error) {
	var list []starlark.Value
	for _, c := range i.place().Children() {
		if c.Err == nil && (a.private || !nodes.IsPrivate(c.Name)) {
			list = append(list, i.value(c.Place))
		}
	}
	return starlark.NewList(list), nil
}

func (i inspector) child(_ site, a *inspectArgs) (starlark.Value, error) {
	child, err := i.place().Step(a.name)
	if err != nil {
		return nil, err
	}
	return i.value(child), nil
}

// errors are why children cannot be made, by their names.
func (i inspector) errors(site, *inspectArgs) (starlark.Value, error) {
	d := starlark.NewDict(0)
	for _, c := range i.place().Children() {
		if c.Err == nil {
			continue
		}
		if err := d.SetKey(starlark.String(c.Name), starlark.String(c.Err.Error())); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (i inspector) callable(site, *inspectArgs) (starlark.Value, error) {
	return starlark.Bool(i.place().IsCallable()), nil
}

func (i inspector) suppresses(_ site, a *inspectArgs) (starlark.Value, error) {
	action, err := i.place().Action(a.name)
	if err != nil {
		return nil, err
	}
	return starlark.Bool(action.SuppressResult), nil
}

// isolations are pairs of an identifier and a cell. A node that is isolated is its own only cell, with an empty one.
func (i inspector) isolations(_ site, a *inspectArgs) (starlark.Value, error) {
	cells, err := i.place().Isolations()
	if err != nil {
		return nil, err
	}
	var list []starlark.Value
	for _, cell := range cells {
		list = append(list, starlark.Tuple{i.identifierOf(cell, a.kind), i.value(cell)})
	}
	return starlark.NewList(list), nil
}

// identifierOf names a cell, in all dimensions.
func (i inspector) identifierOf(cell *nodes.Place, kind string) starlark.Tuple {
	var id starlark.Tuple
	switch kind {
	case "slugs":
		for _, slug := range cell.CellSlugs() {
			id = append(id, starlark.String(slug))
		}
	case "numbers":
		for _, n := range cell.CellNumbers() {
			id = append(id, starlark.MakeInt(n))
		}
	default:
		for _, h := range cell.CellHosts() {
			id = append(id, i.handle(h))
		}
	}
	return id
}

func (i inspector) handle(h hosts.Host) starlark.Value {
	return &handle{i.call, i.env.Run().Session().Handle(h)}
}

func (i inspector) isolation(_ site, a *inspectArgs) (starlark.Value, error) {
	key, err := cellKey(i.place().Path(), a.key)
	if err != nil {
		return nil, err
	}
	cell, err := i.place().CellOf(key)
	if err != nil {
		return nil, err
	}
	return i.value(cell), nil
}

// identifier is the slug of the cell that the node is, or None.
func (i inspector) identifier(site, *inspectArgs) (starlark.Value, error) {
	return textOrNothing(i.place().CellSlug()), nil
}

func (i inspector) walk(_ site, a *inspectArgs) (starlark.Value, error) {
	return walk{i.call, i.env.Walk().Filter(a.filter.f)}, nil
}

// references are what points at the node.
func (i inspector) references(site, *inspectArgs) (starlark.Value, error) {
	var list []starlark.Value
	for _, r := range i.place().References() {
		list = append(list, newStruct(starlark.StringDict{
			"node": i.value(r.From), "name": starlark.String(r.Name), "query": starlark.String(r.Query.String()),
			"place": starlark.String(r.Query.Pos().String()), "attribute": starlark.String(r.Attr),
		}))
	}
	return starlark.NewList(list), nil
}

// trace is how a query comes to its value, in every cell.
func (i inspector) trace(_ site, a *inspectArgs) (starlark.Value, error) {
	traces, err := i.env.TraceQuery(i.call.ctx, a.name)
	if err != nil {
		return nil, err
	}
	var list []starlark.Value
	for _, t := range traces {
		var steps []starlark.Value
		for _, step := range t.Steps {
			fields, err := i.step(step)
			if err != nil {
				return nil, err
			}
			steps = append(steps, newStruct(fields))
		}
		whole, err := i.step(nodes.TraceStep{Part: t.Query.String(), Value: t.Value, Err: t.Err})
		if err != nil {
			return nil, err
		}
		whole["node"], whole["steps"] = &envValue{i.call, t.Env}, starlark.NewList(steps)
		whole["place"] = starlark.String(t.Query.Pos().String())
		list = append(list, newStruct(whole))
	}
	return starlark.NewList(list), nil
}

// step is a part of a query, its value, and None or why it has none.
func (i inspector) step(t nodes.TraceStep) (starlark.StringDict, error) {
	fields := starlark.StringDict{"query": starlark.String(t.Part), "value": starlark.None, "error": starlark.None}
	if t.Err != nil {
		fields["error"] = starlark.String(t.Err.Error())
		return fields, nil
	}
	v, err := fromGo(i.call, t.Value)
	fields["value"] = v
	return fields, err
}

package script

import (
	"fmt"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// hasMember is has_action and its kin.
func hasMember(k nodes.MemberKind) inspectRun {
	return func(i inspector, _ site, a *inspectArgs) (starlark.Value, error) {
		return starlark.Bool(i.place().Has(k, a.name)), nil
	}
}

// getMember is get_action and its kin.
func getMember(k nodes.MemberKind) inspectRun {
	return func(i inspector, _ site, a *inspectArgs) (starlark.Value, error) {
		m, err := i.place().Get(k, a.name)
		if err != nil {
			return nil, err
		}
		return &inspected{i.call, i.env, a.name, k, m}, nil
	}
}

// getMembers is get_actions and its kin.
func getMembers(k nodes.MemberKind) inspectRun {
	return func(i inspector, _ site, a *inspectArgs) (starlark.Value, error) {
		var list []starlark.Value
		for _, name := range i.place().MemberNames(k) {
			if a.private || !nodes.IsPrivate(name) {
				list = append(list, &inspected{i.call, i.env, name, k, i.place().Member(name)})
			}
		}
		return starlark.NewList(list), nil
	}
}

// inspected is an action, a property or a query of a node: what it is called, and by calling it what it gives.
type inspected struct {
	call *call
	env  *nodes.Env
	name string // or alias
	kind nodes.MemberKind
	m    *nodes.Member
}

var (
	_ starlark.Callable = (*inspected)(nil)
	_ starlark.HasAttrs = (*inspected)(nil)
)

func (x *inspected) String() string {
	return fmt.Sprintf("<%s %s %s>", x.kind, x.env.Place().Path(), x.name)
}
func (x *inspected) Type() string          { return x.kind.String() }
func (x *inspected) Truth() starlark.Bool  { return true }
func (x *inspected) Freeze()               {}
func (x *inspected) Hash() (uint32, error) { return starlark.String(x.String()).Hash() }
func (x *inspected) Name() string          { return x.name }

// CallInternal runs the action, or evaluates the attribute.
func (x *inspected) CallInternal(thread *starlark.Thread, args starlark.Tuple,
	kwargs []starlark.Tuple) (starlark.Value, error) {
	e := &envValue{x.call, x.env}
	if x.kind == nodes.ActionMember {
		s := site{callOf(thread), thread, args, kwargs}
		return e.perform(s, x.m.Action, func(c *call, args nodes.Args) (any, error) {
			return x.env.Call(c.ctx, x.name, args)
		})
	}
	if len(args)+len(kwargs) > 0 {
		return nil, wrong("the %s %s takes no arguments", x.kind, x.name)
	}
	return e.Attr(x.name)
}

func (x *inspected) AttrNames() []string {
	switch x.kind {
	case nodes.ActionMember:
		return []string{"doc", "name", "node", "place", "suppress_result", "usage"}
	case nodes.QueryMember:
		return []string{"expression", "name", "node", "place"}
	}
	return []string{"doc", "name", "node", "place"}
}

func (x *inspected) Attr(name string) (starlark.Value, error) {
	switch name {
	case "name":
		return starlark.String(x.name), nil
	case "node":
		return &envValue{x.call, x.env}, nil
	case "place":
		return starlark.String(x.pos().String()), nil
	}
	var v starlark.Value
	switch {
	case x.kind == nodes.QueryMember && name == "expression":
		v = starlark.String(x.m.Query.String())
	case x.kind == nodes.PropertyMember && name == "doc":
		v = starlark.String(x.m.Property.Documentation())
	case x.kind == nodes.ActionMember:
		v = x.ofAction(name)
	}
	if v == nil {
		return nil, noAttr("the "+x.kind.String()+" "+x.name, name, x.AttrNames())
	}
	return v, nil
}

func (x *inspected) ofAction(name string) starlark.Value {
	a := *x.m.Action
	a.Name = x.name
	switch name {
	case "doc":
		return starlark.String(a.Documentation())
	case "usage":
		return starlark.String(nodes.Usage(&a))
	case "suppress_result":
		return starlark.Bool(a.SuppressResult)
	}
	return nil
}

// pos is where the member is written.
func (x *inspected) pos() nodes.Pos {
	switch {
	case x.kind == nodes.QueryMember:
		return x.m.Query.Pos()
	case x.kind == nodes.ActionMember && x.m.Action.Pos.File != "":
		return x.m.Action.Pos
	}
	return x.m.Pos
}

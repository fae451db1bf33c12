package script

import (
	"slices"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/internal/nearest"
	"deployer/nodes"
)

// envValue is env: a node inside a run, as actions see it. call is where it was made, which says in which context its
// properties are evaluated.
type envValue struct {
	call *call
	env  *nodes.Env
}

var (
	_ starlark.Callable    = (*envValue)(nil)
	_ starlark.HasAttrs    = (*envValue)(nil)
	_ starlark.HasSetField = (*envValue)(nil)
	_ starlark.Mapping     = (*envValue)(nil)
	_ starlark.Sequence    = (*envValue)(nil)
	_ starlark.Comparable  = (*envValue)(nil)
)

func (e *envValue) String() string       { return e.env.Place().Path() }
func (e *envValue) Type() string         { return "env" }
func (e *envValue) Truth() starlark.Bool { return true }

// Freeze does nothing: an env never changes.
func (e *envValue) Freeze() {}

// Hash makes nodes usable as keys.
func (e *envValue) Hash() (uint32, error) { return starlark.String(e.String()).Hash() }

// CompareSameType compares places in the tree.
func (e *envValue) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	same := e.env.Place().Is(other.(*envValue).env.Place())
	switch op {
	case syntax.EQL:
		return same, nil
	case syntax.NEQ:
		return !same, nil
	}
	return false, wrong("nodes have no order")
}

// envAttrs are the attributes that every env has.
var envAttrs = []string{"console", "host", "hosts", "initialize_node", "log", "parent", "sandbox"}

// AttrNames lists what dir(env) shows.
func (e *envValue) AttrNames() []string {
	names := slices.Clone(envAttrs)
	for _, m := range e.env.Template().Members() {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names
}

// Attr is an attribute of the node. Properties are evaluated now.
func (e *envValue) Attr(name string) (starlark.Value, error) {
	c := e.call.live()
	if err := c.failed(); err != nil {
		return nil, err
	}
	switch name {
	case "console":
		return consoleValue{e}, nil
	case "host":
		h, err := e.env.Host()
		if err != nil {
			return nil, err
		}
		return &handle{c, h}, nil
	case "hosts":
		return &hostSet{c, e.env.Place().Path(), e.env.Hosts()}, nil
	case "parent":
		if up := e.env.Parent(); up != nil {
			return &envValue{c, up}, nil
		}
		return starlark.None, nil
	case "sandbox":
		return starlark.Bool(e.env.Sandbox()), nil
	case "log":
		return builtin(e.log).value(name), nil
	case "initialize_node":
		return builtin(e.initialize).value(name), nil
	}
	return e.member(c, name)
}

func (e *envValue) member(c *call, name string) (starlark.Value, error) {
	m := e.env.Member(name)
	switch {
	case m == nil:
		return nil, &nodes.NameError{Node: e.String(), What: "attribute", Name: name, Hint: nearest.Hint(name, e.AttrNames())}
	case m.Child != nil:
		child, err := e.env.Child(name)
		if err != nil {
			return nil, err
		}
		return &envValue{c, child}, nil
	case m.Action != nil:
		return e.action(name), nil
	case m.Property != nil, m.Query != nil:
		v, err := e.env.Attr(c.ctx, name)
		if err != nil {
			return nil, err
		}
		return fromGo(c, v)
	case m.Required != nil:
		return nil, &nodes.RequiredError{Node: e.String(), Name: name, Why: m.Required.Why}
	}
	return fromGo(c, m.Constant)
}

// SetField refuses.
func (e *envValue) SetField(name string, _ starlark.Value) error {
	return wrong("env.%s cannot be set: a node never changes: return the value, or give it to an action as an argument", name)
}

// Name is the name of the default action.
func (e *envValue) Name() string { return e.String() }

// CallInternal runs the default action.
func (e *envValue) CallInternal(thread *starlark.Thread, args starlark.Tuple,
	kwargs []starlark.Tuple) (starlark.Value, error) {
	a, err := e.env.Action("")
	if err != nil {
		return nil, err
	}
	s := site{callOf(thread), thread, args, kwargs}
	return e.perform(s, a, func(c *call, args nodes.Args) (any, error) { return e.env.Call(c.ctx, "", args) })
}

// action is an action of the node, bound to it.
func (e *envValue) action(name string) *inspected {
	return &inspected{e.call, e.env, name, nodes.ActionMember, e.env.Member(name)}
}

// CallInternal is T.ACTION(env, …).
func (b *boundAction) CallInternal(thread *starlark.Thread, args starlark.Tuple,
	kwargs []starlark.Tuple) (starlark.Value, error) {
	if callOf(thread).loader != nil {
		return nil, wrong("the action %s runs inside another action only, as T.%s(env, …)", b.Name(), b.Name())
	}
	if len(args) == 0 {
		return nil, wrong("T.%s(env, …): env is missing", b.Name())
	}
	e, ok := args[0].(*envValue)
	if !ok {
		return nil, wrong("T.%s(env, …): got %s, want env first", b.Name(), args[0].Type())
	}
	s := site{callOf(thread), thread, args[1:], kwargs}
	return e.perform(s, b.action, func(c *call, args nodes.Args) (any, error) {
		return e.env.CallTemplate(c.ctx, b.of, b.action.Name, args)
	})
}

// perform runs an action for a script.
func (e *envValue) perform(s site, a *nodes.Action, run func(*call, nodes.Args) (any, error)) (starlark.Value, error) {
	c := s.call
	if err := c.failed(); err != nil {
		return nil, err
	}
	args := arguments(s.args, s.kwargs, !e.env.Isolated())
	if err := nodes.CheckArgs(a, args); err != nil {
		return nil, err
	}
	v, err := run(c, args)
	result, convertErr := fromGo(c, v)
	switch {
	case err != nil && convertErr == nil && v != nil:
		return nil, &partialError{result, err}
	case err != nil:
		return nil, err
	case convertErr != nil:
		return nil, convertErr
	}
	return result, nil
}

// arguments wraps the values of a call. What goes to several cells at once is frozen, since these run in parallel.
func arguments(args starlark.Tuple, kwargs []starlark.Tuple, several bool) nodes.Args {
	out := nodes.Args{}
	wrap := func(v starlark.Value) any {
		if several {
			v.Freeze()
		}
		return value{v: v}
	}
	for _, v := range args {
		out.Positional = append(out.Positional, wrap(v))
	}
	for _, kw := range kwargs {
		out.Named = append(out.Named, nodes.NamedArg{Name: string(kw[0].(starlark.String)), Value: wrap(kw[1])})
	}
	return out
}

// Len is the number of cells.
func (e *envValue) Len() int { return len(e.cells()) }

// Iterate yields the cells; of a node that is isolated itself alone.
func (e *envValue) Iterate() starlark.Iterator { return e.cells().Iterate() }

func (e *envValue) cells() starlark.Tuple {
	c := e.call.live()
	all, err := e.env.Cells()
	if err != nil {
		c.fail(err)
	}
	var out starlark.Tuple
	for _, cell := range all {
		out = append(out, &envValue{c, cell})
	}
	return out
}

// Get is env["web1"], env[0], env[host], and env["web1", "db1"] for several dimensions at once.
func (e *envValue) Get(key starlark.Value) (starlark.Value, bool, error) {
	k, err := cellKey(e.String(), key)
	if err != nil {
		return nil, false, err
	}
	cell, err := e.env.Cell(k)
	if err != nil {
		return nil, false, err
	}
	return &envValue{e.call.live(), cell}, true, nil
}

// cellKey is what names a cell, as the nodes layer wants it. of begins the error.
func cellKey(of string, key starlark.Value) (any, error) {
	switch key := key.(type) {
	case starlark.String:
		return string(key), nil
	case starlark.Int:
		n, ok := key.Int64()
		if !ok || n != int64(int(n)) {
			return nil, wrong("%s: there is no cell %s", of, key)
		}
		return int(n), nil
	case *handle:
		return key.h.Host(), nil
	case *hostValue:
		return key.h, nil
	case starlark.Tuple:
		keys := make([]any, len(key))
		for i, one := range key {
			var err error
			if keys[i], err = cellKey(of, one); err != nil {
				return nil, err
			}
		}
		return keys, nil
	}
	return nil, wrong("%s: a cell is chosen by slug, number or host, not by a %s", of, key.Type())
}

// log is env.log(…).
func (e *envValue) log(s site) (starlark.Value, error) {
	if len(s.kwargs) > 0 {
		return nil, wrong("log takes no arguments by name")
	}
	line := joined(s.args)
	if err := s.call.failed(); err != nil {
		return nil, err // what is not known was to be written
	}
	e.env.Log(s.call.ctx, line)
	return starlark.None, nil
}

// joined is what print would write of its arguments.
func joined(args starlark.Tuple) string {
	line := ""
	for i, v := range args {
		if i > 0 {
			line += " "
		}
		if s, ok := starlark.AsString(v); ok {
			line += s
		} else {
			line += v.String()
		}
	}
	return line
}

// initialize is env.initialize_node(T).
func (e *envValue) initialize(s site) (starlark.Value, error) {
	var v starlark.Value
	if err := s.complain(s.bind("initialize_node", []param{{name: "template", set: anyValue(&v)}})...); err != nil {
		return nil, err
	}
	t, ok := v.(*template)
	if !ok {
		return nil, wrong("initialize_node: got %s, want a template", v.Type())
	}
	if k := t.t.Kind; k == nodes.KindArray || k == nodes.KindJustOne {
		return nil, wrong("initialize_node: %s is %s: these stand only inside a node", t.Name(), k)
	}
	return &envValue{s.call, e.env.Initialize(t.t)}, nil
}

package script

import (
	"iter"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// walk is what inspect(env).walk() gives: a node and all below it, as envs.
type walk struct {
	call *call
	w    nodes.Walk
}

var (
	_ starlark.HasAttrs = walk{}
	_ starlark.Sequence = walk{}
)

func (w walk) String() string        { return "<walk>" }
func (w walk) Type() string          { return "walk" }
func (w walk) Truth() starlark.Bool  { return true }
func (w walk) Freeze()               {}
func (w walk) Hash() (uint32, error) { return 0, wrong("a walk cannot be a key") }

// Len goes over all nodes.
func (w walk) Len() int { return w.w.Len() }

// Iterate makes the nodes as they are asked for.
func (w walk) Iterate() starlark.Iterator {
	next, stop := iter.Pull(w.w.Envs())
	return &walkIterator{w.call.live(), next, stop}
}

type walkIterator struct {
	call *call
	next func() (*nodes.Env, bool)
	stop func()
}

func (it *walkIterator) Next(v *starlark.Value) bool {
	env, ok := it.next()
	if ok {
		*v = &envValue{it.call, env}
	}
	return ok
}

func (it *walkIterator) Done() { it.stop() }

// walkMethods are the methods of a walk.
func walkMethods() map[string]func(walk, site) (starlark.Value, error) {
	return map[string]func(walk, site) (starlark.Value, error){
		"call_action": walk.callAction, "errors": walk.errors, "filter": walk.filter,
		"prefer_isolation": walk.preferIsolation,
	}
}

func (w walk) AttrNames() []string { return sortedKeys(walkMethods()) }

func (w walk) Attr(name string) (starlark.Value, error) {
	m := walkMethods()[name]
	if m == nil {
		return nil, noAttr("a walk", name, w.AttrNames())
	}
	return builtin(func(s site) (starlark.Value, error) { return m(w, s) }).value(name), nil
}

func (w walk) filter(s site) (starlark.Value, error) {
	var f filter
	problems := s.bind("filter", []param{{name: "filter", set: one(&f, "a filter: filters.public")}})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return walk{s.call, w.w.Filter(f.f)}, nil
}

func (w walk) preferIsolation(s site) (starlark.Value, error) {
	var key starlark.Value
	if err := s.complain(s.bind("prefer_isolation", []param{{name: "cell", set: anyValue(&key)}})...); err != nil {
		return nil, err
	}
	k, err := cellKey("prefer_isolation", key)
	if err != nil {
		return nil, err
	}
	return walk{s.call, w.w.PreferIsolation(k)}, nil
}

// callAction is walk.call_action(name, *args, **kwargs).
func (w walk) callAction(s site) (starlark.Value, error) {
	if len(s.args) == 0 {
		return nil, wrong("call_action: the name of the action is missing")
	}
	name, ok := starlark.AsString(s.args[0])
	if !ok {
		return nil, wrong("call_action: got %s, want the name of an action", s.args[0].Type())
	}
	if err := s.call.failed(); err != nil {
		return nil, err
	}
	v, err := w.w.Call(s.call.ctx, name, arguments(s.args[1:], s.kwargs, true))
	if v == nil {
		return nil, err
	}
	result, convertErr := newCollection(s.call, v)
	switch {
	case convertErr != nil:
		return nil, convertErr
	case err != nil:
		return nil, &partialError{result, err}
	}
	return result, nil
}

// errors are why nodes cannot be made.
func (w walk) errors(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("errors", nil)...); err != nil {
		return nil, err
	}
	var list []starlark.Value
	for _, err := range w.w.All() {
		if err != nil {
			list = append(list, starlark.String(err.Error()))
		}
	}
	return starlark.NewList(list), nil
}

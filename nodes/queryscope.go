package nodes

import (
	"context"
	"errors"
	"fmt"

	"deployer/hosts"
	"deployer/internal/expr"
	"deployer/internal/nearest"
)

// scope is what a query can reach: the nodes of the tree, and beyond them the values of its front. It holds the context
// of one evaluation, which it does not outlive.
type scope struct {
	Values
	ctx context.Context
	env *Env
}

// BoundAction is an action of a node in a run: what a query gets that names an action without calling it.
type BoundAction struct {
	Env  *Env
	Name string // or alias; "" of the default action
}

// Call runs the action, if the arguments are right.
func (b *BoundAction) Call(ctx context.Context, args Args) (any, error) {
	a, err := b.Env.Action(b.Name)
	if err != nil {
		return nil, err
	}
	if err := CheckArgs(a, args); err != nil {
		return nil, err
	}
	return b.Env.Call(ctx, b.Name, args)
}

// ancestor is the node above, of which a query may ask by the name of its template.
type ancestor struct{ of *Env }

func (s *scope) Self() any { return s.env }

func (s *scope) Attr(x any, name string) (any, error) {
	if env := s.node(x); env != nil {
		return env.Attr(s.ctx, name)
	}
	if action, ok := x.(*BoundAction); ok {
		return nil, errNotCalled(action.Name, name)
	}
	return s.Values.Attr(x, name)
}

func errNotCalled(action, attr string) error {
	return fmt.Errorf("%s is an action, so it has no %s: call it", action, attr)
}

// Method makes a call of parent an ancestor, whose arguments decide what it is.
func (s *scope) Method(x any, name string) (any, bool) {
	if env := s.node(x); env != nil && name == "parent" {
		return ancestor{env}, true
	}
	return nil, false
}

func (s *scope) Index(x, key any) (any, error) {
	env := s.node(x)
	if env == nil {
		return s.Values.Index(x, key)
	}
	key, err := cellKeyOf(key)
	if err != nil {
		return nil, err
	}
	return env.Cell(key)
}

func (s *scope) Call(f any, args expr.Args) (any, error) {
	given := Args{Positional: args.Positional}
	for _, n := range args.Named {
		given.Named = append(given.Named, NamedArg(n))
	}
	if above, ok := f.(ancestor); ok {
		if len(args.Positional) > 0 || len(args.Named) > 0 {
			return above.named(args)
		}
		up, err := above.of.up()
		if err != nil {
			return nil, err
		}
		f = up
	}
	if env := s.node(f); env != nil {
		f = &BoundAction{env, ""}
	}
	if action, ok := f.(*BoundAction); ok {
		return action.Call(s.ctx, given)
	}
	return s.Values.Call(f, args)
}

// Truth of a node is that it is there.
func (s *scope) Truth(x any) (bool, error) {
	if s.node(x) != nil {
		return true, nil
	}
	return s.Values.Truth(x)
}

// node is the node that a value is, in this run, or nil.
func (s *scope) node(x any) *Env {
	switch x := x.(type) {
	case *Env:
		return x
	case *Place:
		return s.env.run.Env(x)
	case Embedder:
		if place, err := plain(x); err == nil {
			return s.node(place)
		}
	}
	return nil
}

// cellKeyOf is what names a cell.
func cellKeyOf(key any) (any, error) {
	key, err := plain(key)
	if err != nil {
		return nil, err
	}
	switch k := key.(type) {
	case []any: // of several dimensions
		keys := make([]any, len(k))
		for i, one := range k {
			if keys[i], err = cellKeyOf(one); err != nil {
				return nil, err
			}
		}
		return keys, nil
	case int64:
		if k != int64(int(k)) {
			return nil, fmt.Errorf("there is no cell %d", k)
		}
		return int(k), nil
	case *hosts.Handle:
		return k.Host(), nil
	}
	return key, nil
}

// templateName is the argument of parent("T").
func templateName(args expr.Args) (string, error) {
	if len(args.Positional) != 1 || len(args.Named) > 0 {
		return "", errors.New("parent takes one name, of a template")
	}
	name, ok := stringOf(args.Positional[0])
	if !ok {
		return "", errors.New("parent takes the name of a template, in quotes")
	}
	return name, nil
}

// named is what parent("T") gives.
func (a ancestor) named(args expr.Args) (any, error) {
	name, err := templateName(args)
	if err != nil {
		return nil, err
	}
	above, err := a.of.place.named(name)
	if err != nil {
		return nil, err
	}
	return a.of.run.Env(above), nil
}

// named is the nearest node, of the node itself and those above, whose template has that name or is derived from one.
func (n *Place) named(name string) (*Place, error) {
	var names []string
	for at := n; at != nil; at = at.parent {
		for t := at.template; t != nil; t = t.Base {
			if t.Name == name {
				return at, nil
			}
			names = append(names, t.Name)
		}
	}
	return nil, fmt.Errorf("neither %s nor a node above it is a %s%s", n.Path(), name, orNothing(nearest.Hint(name, names)))
}

// up is the node above.
func (e *Env) up() (*Env, error) {
	if up := e.Parent(); up != nil {
		return up, nil
	}
	return nil, fmt.Errorf("%s is the root, and has no parent", e.place.Path())
}

// nodeAttrs are the attributes that every node has.
var nodeAttrs = []string{"host", "hosts", "parent", "sandbox"}

// Attr is an attribute of the node, as a query reads it: a constant as it is, the value of a property or a query, a
// child, a *BoundAction, parent, host (a *hosts.Handle), hosts (a *hosts.Set), or sandbox. On a node that is not
// isolated properties and queries are evaluated once in every cell.
func (e *Env) Attr(ctx context.Context, name string) (any, error) {
	m := e.Member(name)
	switch {
	case m == nil:
		return e.common(name)
	case m.Child != nil:
		child, err := e.Child(name)
		if err != nil {
			return nil, err
		}
		return child, nil
	case m.Action != nil:
		return &BoundAction{e, name}, nil
	case m.Property != nil:
		return e.Property(ctx, name)
	case m.Query != nil:
		return e.Query(ctx, name)
	case m.Required != nil:
		return nil, &RequiredError{Node: e.place.Path(), Name: name, Why: m.Required.Why}
	}
	return m.Constant, nil
}

// common is an attribute that every node has.
func (e *Env) common(name string) (any, error) {
	switch name {
	case "parent":
		up, err := e.up()
		if err != nil {
			return nil, err
		}
		return up, nil
	case "host":
		h, err := e.Host()
		if err != nil {
			return nil, err
		}
		return h, nil
	case "hosts":
		return e.Hosts(), nil
	case "sandbox":
		return e.Sandbox(), nil
	}
	return nil, e.place.noAttr(name)
}

// noAttr says that the node has no such attribute.
func (n *Place) noAttr(name string) error {
	names := n.names(func(*Member) bool { return true })
	return n.noName("attribute", name, append(names, nodeAttrs...))
}

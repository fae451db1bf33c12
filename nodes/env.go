package nodes

import (
	"context"
	"strings"

	"deployer/hosts"
)

// Env is a node in a run: what an action gets as its first argument. It never changes.
type Env struct {
	place *Place
	run   *Run
}

// Node is the node itself.
func (e *Env) Place() *Place { return e.place }

// Run is the run that the node is in.
func (e *Env) Run() *Run { return e.run }

// Template is the definition of the node.
func (e *Env) Template() *Template { return e.place.template }

// Member returns the member of that name, or nil. It knows the aliases of actions.
func (e *Env) Member(name string) *Member { return e.place.template.find(name) }

// Isolated is Node.Isolated.
func (e *Env) Isolated() bool { return e.place.isolated }

// Sandbox reports whether nothing may be changed.
func (e *Env) Sandbox() bool { return e.run.Sandbox() }

// Child returns the child of that name in the same run.
func (e *Env) Child(name string) (*Env, error) {
	child, err := e.place.Step(name)
	if err != nil {
		return nil, err
	}
	return e.run.Env(child), nil
}

// Parent returns the node above in the same run, or nil at the root.
func (e *Env) Parent() *Env {
	if e.place.parent == nil {
		return nil
	}
	return e.run.Env(e.place.parent)
}

// Hosts are the hosts of the node, by role.
func (e *Env) Hosts() *hosts.Set { return e.run.session.Set(e.place.roles) }

// Host is the only host of the node: of its role "host" if that has one, else of all its roles.
func (e *Env) Host() (*hosts.Handle, error) {
	if in := e.place.cells(); len(in) == 1 {
		return e.run.session.Handle(in[0]), nil
	}
	all := e.place.Hosts()
	if len(all) != 1 {
		hint := "use all its hosts, or go into a cell of an array"
		if limited := e.place.Limited(); limited != "" {
			hint = "the run is limited to " + limited
		}
		return nil, &HostCountError{Node: e.place.Path(), Count: len(all), Why: "here exactly one is needed", Hint: hint}
	}
	return e.run.session.Handle(all[0]), nil
}

// Cells are the cells that an action of the node runs in; of an isolated node itself alone.
func (e *Env) Cells() ([]*Env, error) {
	nodes, err := e.place.Isolations()
	if err != nil {
		return nil, err
	}
	envs := make([]*Env, len(nodes))
	for i, n := range nodes {
		envs[i] = e.run.Env(n)
	}
	return envs, nil
}

// Initialize returns a node of a template that has no place in the tree: its hosts are its own.
func (e *Env) Initialize(t *Template) *Env {
	return e.run.Env((&Tree{Template: t}).outside(e.place.only))
}

// Call runs an action, or with the name "" the default action. On a node that is not isolated it runs once in every
// cell and returns a *ParallelResult, together with the joined errors of the cells.
func (e *Env) Call(ctx context.Context, action string, args Args) (any, error) {
	a, err := e.Action(action)
	if err != nil {
		return nil, err
	}
	return e.call(ctx, a, args)
}

// CallAction runs an action that the node itself need not have, as [Env.Call] runs one of its own.
func (e *Env) CallAction(ctx context.Context, a *Action, args Args) (any, error) {
	return e.call(ctx, a, args)
}

// Action returns the action of that name or alias, or with "" the default action.
func (e *Env) Action(name string) (*Action, error) { return e.place.Action(name) }

// Action returns the action of that name or alias, or with "" the default action.
func (n *Place) Action(name string) (*Action, error) {
	if name == "" {
		if n.template.Default == nil {
			return nil, &NameError{Node: n.Path(), What: "default action", Hint: someAction(n.ActionNames())}
		}
		return n.template.Default, nil
	}
	m := n.template.find(name)
	if m == nil || m.Action == nil {
		hint := someAction(nil)
		if names := n.ActionNames(); len(names) > 0 {
			hint = alternatives(name, names)
		}
		return nil, &NameError{Node: n.Path(), What: "action", Name: name, Hint: hint}
	}
	return m.Action, nil
}

// someAction is a hint that names the actions there are.
func someAction(names []string) string {
	if len(names) == 0 {
		return "it has no actions; its nodes may: run --path PATH lists them"
	}
	return "name one of " + strings.Join(names, ", ")
}

// ActionNames are the names of the actions, in definition order, each with its aliases after it.
func (n *Place) ActionNames() []string {
	var names []string
	for _, a := range n.Actions() {
		names = append(names, a.Name)
	}
	return names
}

// CallTemplate runs the action as t defines it, which the node's template may be derived from.
func (e *Env) CallTemplate(ctx context.Context, t *Template, action string, args Args) (any, error) {
	m := t.find(action)
	if m == nil || m.Action == nil {
		return nil, &NameError{Node: t.called(), What: "action", Name: action}
	}
	return e.call(ctx, m.Action, args)
}

// Property evaluates a property; on a node that is not isolated once in every cell, like Call.
func (e *Env) Property(ctx context.Context, name string) (any, error) {
	m := e.place.template.Member(name)
	if m == nil || m.Property == nil {
		return nil, &NameError{Node: e.place.Path(), What: "property", Name: name}
	}
	return e.read(ctx, name, m.Property.Eval)
}

// find returns the member of that name, or the action of that alias.
func (t *Template) find(name string) *Member {
	if m := t.Member(name); m != nil {
		return m
	}
	return t.aliases[name]
}

package nodes

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"deployer/hosts"
)

// Node is what a struct embeds to define a node of a tree: exported fields are its children and attributes, exported
// methods its actions and properties. See [Bind].
//
// A struct is only read once it is bound. Which run, and which host of several, travel in the context, so that one tree
// serves many goroutines.
type Node struct {
	// Roles are the hosts of the node, by role. nil: those of the node above, as Map or the tag roles says.
	Roles Roles
	// Map fills roles from those of the node above, in place of the tag roles. It stands only where Roles is nil.
	Map []RoleMap
	// Group is in place of the tag group. nil: the group of the node above.
	Group *Group
	// Rolling is in place of the tag rolling: how actions go over the cells of a parallel node. nil: all at once.
	Rolling *Rolling

	spot *spot // nil until it is bound
}

// Roles are hosts by role, in order.
type Roles []hosts.Role

// Role is a role of [Roles].
func Role(name string, in ...hosts.Host) hosts.Role { return hosts.Role{Name: name, Hosts: in} }

// Embedder is a pointer to a struct that embeds [Node]. No other type implements it.
type Embedder interface {
	node() *Node
}

func (n *Node) node() *Node { return n }

// spot is the place of a struct in the tree that it was bound to, before any cell of it was chosen. Of a struct that was
// made for one action (see instance.go) it is where that action sees it.
type spot struct {
	tree     *Tree // nil of a struct that was made
	parent   *spot // nil: the root
	name     string
	pos      Pos // the field that holds it; none of a root, and of a struct that was made
	template *Template
	self     Embedder // the struct; nil if there is none, or it is not made yet
	made     *makes   // nil of a struct that was bound
}

// Host is the only host of the node: of its role "host" if that has one, else of all its roles. Commands of a node with
// several hosts, or none, fail. Where the context is in a cell of the node, or of one above it, it is the cell's host.
func (n *Node) Host(ctx context.Context) Host {
	env, err := envOf(ctx, n)
	if err != nil {
		return Host{err: err}
	}
	handle, err := env.Host()
	return Host{ctx: env.scoped(ctx), handle: handle, err: err}
}

// Hosts are the hosts of the node, by role; in a cell the role "host" has the host of the cell alone.
func (n *Node) Hosts(ctx context.Context) Hosts {
	env, err := envOf(ctx, n)
	if err != nil {
		return Hosts{err: err}
	}
	return Hosts{ctx: env.scoped(ctx), set: env.Hosts()}
}

// Parent returns the nearest node above n that is of the type P: a pointer to a struct, or an interface that one
// implements. It panics if there is none; in an action that is the end of the action, and an error.
func Parent[P any](n Embedder) P {
	at := n.node().spot
	if at == nil {
		panic(errUnbound)
	}
	for up := at.parent; up != nil; up = up.parent {
		if _, ok := up.template.self.(P); ok {
			self, err := up.structHere()
			if err != nil {
				panic(err)
			}
			return self.(P)
		}
	}
	panic(fmt.Errorf("%s has nothing of the type %v above it", at.path(), reflect.TypeFor[P]()))
}

var errUnbound = errors.New("the struct is not bound to a tree: give the root to deployer.Main or nodes.NewContext, " +
	"and keep pointers to what is in it, not copies")

// path is how a person names the spot.
func (s *spot) path() string {
	if s.parent == nil {
		return "/"
	}
	return strings.TrimSuffix(s.parent.path(), "/") + "/" + FormatStep(s.name)
}

// inTree names the spot for somebody who looks at a tree, which may be another.
func (s *spot) inTree(t *Tree) string {
	if s.tree == t {
		return s.path()
	}
	return s.path() + " of the tree " + s.tree.Name
}

// place is the place of the spot: outside of any cell, but for a struct that was made in one.
func (s *spot) place() (*Place, error) {
	if s.made != nil {
		return s.made.place()
	}
	return s.tree.Root().to(s)
}

// frame is what a context knows of the run it is in.
type frame struct {
	env    *Env
	action string // that is running; "" outside of all
}

type frameKey struct{}

func withFrame(ctx context.Context, f frame) context.Context {
	return context.WithValue(ctx, frameKey{}, f)
}

func frameOf(ctx context.Context) frame {
	f, _ := ctx.Value(frameKey{}).(frame)
	return f
}

var errNoRun = errors.New("the context is of no run: pass on the one that the action got, " +
	"or make one with nodes.NewContext")

// EnvOf returns a node in the run of a context: what of the model lies behind a struct. The cells that the context is
// in are those of the node too, as far as they lie above it.
func EnvOf(ctx context.Context, n Embedder) (*Env, error) { return envOf(ctx, n.node()) }

func envOf(ctx context.Context, n *Node) (*Env, error) {
	here := frameOf(ctx).env
	switch {
	case here == nil:
		return nil, errNoRun
	case n.spot == nil:
		return nil, errUnbound
	case n.spot.made != nil && n.spot.made.fault != nil:
		return nil, n.spot.made.fault
	case here.place.at(n.spot):
		return here, nil
	}
	place, err := here.place.to(n.spot)
	if err != nil {
		return nil, err
	}
	return here.run.Env(place), nil
}

// to is the way from a place to a spot of the same tree: up to what both have above them, in whatever cell that is, and
// down again.
func (n *Place) to(s *spot) (*Place, error) {
	for up := n; up != nil; up = up.parent {
		if up.at(s) {
			return up, nil
		}
	}
	if s.parent == nil {
		return nil, fmt.Errorf("%s is in another tree than %s", s.template.called(), n.Path())
	}
	parent, err := n.to(s.parent)
	if err != nil {
		return nil, err
	}
	return parent.Step(s.name)
}

// at reports whether a place is that of a spot, in whatever cell. Trees of scripts have one template in many places.
func (n *Place) at(s *spot) bool {
	for n.template == s.template {
		if n.parent == nil || s.parent == nil {
			return n.parent == nil && s.parent == nil
		}
		if n.name != s.name {
			return false
		}
		n, s = n.parent, s.parent
	}
	return false
}

// scoped is the context of what happens at a node, which need not be the one whose action runs.
func (e *Env) scoped(ctx context.Context) context.Context {
	if frameOf(ctx).env == e {
		return ctx
	}
	scope := hosts.ScopeOf(ctx)
	scope.Node, scope.Cell, scope.Group = e.place.Path(), e.cellSlug(), groupName(e.place.Group())
	scope.Sandbox = e.Sandbox()
	return hosts.WithScope(ctx, scope)
}

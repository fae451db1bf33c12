package nodes

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"deployer/hosts"
)

// NewContext starts a run at a node of a tree and returns its context, with which methods of the tree can be called. A
// root that is not bound yet is bound; its mistakes are a *TreeError. No terminal is needed, and nothing is printed: the
// journal of the session tells what happens.
func NewContext(ctx context.Context, n Embedder, o Options) (context.Context, error) {
	if o.Session == nil {
		return nil, errors.New("nodes.Options has no Session: make one with hosts.NewSession, and close it at the end")
	}
	at, err := bound(n)
	if err != nil {
		return nil, err
	}
	place, err := at.place()
	if err != nil {
		return nil, err
	}
	return NewRun(o).Env(place).enter(ctx), nil
}

// Initialize returns the context of a node that has no place in the tree, in the run of ctx: a root of its own, whose
// hosts are in its Roles. With that context its methods are called.
func Initialize(ctx context.Context, n Embedder) (context.Context, error) {
	here := frameOf(ctx).env
	if here == nil {
		return nil, errNoRun
	}
	at, err := bound(n)
	if err != nil {
		return nil, err
	}
	if err := here.place.mayMeet(at.tree); err != nil {
		return nil, err
	}
	place, err := at.tree.outside(here.place.only).to(at)
	if err != nil {
		return nil, err
	}
	return here.run.Env(place).enter(ctx), nil
}

// Limit returns the context of a run that is limited to a set of hosts, written as in "web[1-3],db1!web2": nodes have no
// others in it. See [Place.Limit] for errors; where no host is left it wraps [ErrNoneLeft].
func Limit(ctx context.Context, set string) (context.Context, error) {
	here := frameOf(ctx)
	if here.env == nil {
		return nil, errNoRun
	}
	place, err := here.env.place.Limit(set)
	if err != nil {
		return nil, err
	}
	return withFrame(ctx, frame{env: here.env.run.Env(place), action: here.action}), nil
}

// mayMeet refuses a tree whose hosts have slugs of other hosts here: connections are shared by slug.
func (n *Place) mayMeet(other *Tree) error {
	self := n.root().template.self
	if self == nil {
		return nil // of a script, which looks after its hosts itself
	}
	known := self.node().spot.tree.hosts
	var problems []Problem
	for _, slug := range slices.Sorted(maps.Keys(other.hosts)) {
		if mine := known[slug]; mine != nil {
			if why := Conflict(mine, other.hosts[slug]); why != "" {
				problems = append(problems, Problem{Hint: "give one of them another slug",
					Message: fmt.Sprintf("the slug %q of a host of %s names another one of %s: %s", slug, other.Name, n.root().template.called(), why)})
			}
		}
	}
	if len(problems) > 0 {
		return &TreeError{problems}
	}
	return nil
}

// Call runs an action of a node, by the name that it has in the tree, as the shell would: recorded as an action of its
// own, once in every cell where the node has several (the value is then a *ParallelResult), and with a question to the
// person when it fails. "" is the default action.
//
// Calling the method itself is the plain way: it is a part of the action that calls it, on the hosts of its own node.
func Call(ctx context.Context, n Embedder, action string, args ...any) (any, error) {
	env, err := EnvOf(ctx, n)
	if err != nil {
		return nil, err
	}
	return env.Call(ctx, action, Args{Positional: args})
}

// Sandbox reports whether nothing may be changed in the run of a context.
func Sandbox(ctx context.Context) bool { return hosts.ScopeOf(ctx).Sandbox }

// Printf writes a line to standard output, prefixed with the host where the context is in a cell. It panics if the
// context is of no run.
func Printf(ctx context.Context, format string, args ...any) {
	mustRun(ctx).Print(ctx, fmt.Sprintf(format, args...))
}

// Logf writes a line to the log. It panics if the context is of no run.
func Logf(ctx context.Context, format string, args ...any) {
	mustRun(ctx).Log(ctx, fmt.Sprintf(format, args...))
}

// Warnf writes a warning to the log. It panics if the context is of no run.
func Warnf(ctx context.Context, format string, args ...any) {
	mustRun(ctx).Warn(ctx, fmt.Sprintf(format, args...))
}

func mustRun(ctx context.Context) *Env {
	env := frameOf(ctx).env
	if env == nil {
		panic(errNoRun)
	}
	return env
}

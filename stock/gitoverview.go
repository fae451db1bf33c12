package stock

import (
	"context"
	"io/fs"

	"deployer/nodes"
)

// GitOverview lists all clones of a tree.
type GitOverview struct{ nodes.Node }

// Actions name the default action.
func (*GitOverview) Actions() nodes.Actions {
	return nodes.Actions{"List": {Default: true}}
}

// GoSource implements nodes.WithSource.
func (*GitOverview) GoSource() fs.FS { return source }

// List tells the current commit of every public Git node of the whole tree, on all of its hosts.
//
// One that cannot be asked is an error, after all others were.
func (o *GitOverview) List(ctx context.Context) (*nodes.ParallelResult, error) {
	env, err := nodes.EnvOf(ctx, o)
	if err != nil {
		return nil, err
	}
	tree := env.Run().Env(env.Place().Root())
	return tree.Walk().Filter(nodes.Public().And(nodes.HasAction(currentCommit))).Call(ctx, currentCommit, nodes.Args{})
}

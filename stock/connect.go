package stock

import (
	"context"
	"errors"
	"io/fs"

	"deployer/console"
	"deployer/hosts"
	"deployer/nodes"
)

// Connect opens shells on a host. Of several hosts a person chooses one.
type Connect struct {
	nodes.Node   `deploy:"parallel"`
	InitialInput string `doc:"what is typed first in the shell"`
}

// Actions name the default action.
func (*Connect) Actions() nodes.Actions {
	return nodes.Actions{
		"Default":  {Default: true, Isolate: nodes.IsolateOne},
		"WithHost": {Isolate: nodes.IsolateOne},
		"AsRoot":   {Isolate: nodes.IsolateOne},
	}
}

// GoSource implements nodes.WithSource.
func (*Connect) GoSource() fs.FS { return source }

// Default opens a shell, as with_host does.
func (c *Connect) Default(ctx context.Context) error { return c.WithHost(ctx) }

// WithHost opens the login user's shell.
func (c *Connect) WithHost(ctx context.Context) error {
	on, err := c.Host(ctx).Handle()
	if err != nil {
		return err
	}
	_, err = on.Shell(ctx, "", c.InitialInput)
	return err
}

// AsRoot opens a shell of root, by sudo.
func (c *Connect) AsRoot(ctx context.Context) error {
	if c.InitialInput == "" && !console.From(ctx).Interactive() && !nodes.Sandbox(ctx) {
		return errors.New("an interactive shell needs a person at a terminal")
	}
	o := hosts.RunOptions{Sudo: true, Input: c.InitialInput, IgnoreStatus: true}
	return c.Host(ctx).With(o).Run("exec bash || exec sh")
}

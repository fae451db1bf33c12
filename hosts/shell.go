package hosts

import (
	"context"
	"errors"

	"deployer/journal"
)

// Shell gives the person a shell on the host, in the handle's directory and with its variables, and returns how it
// ended, whatever that is. command runs in place of the shell; input is typed first. Without a terminal the shell reads
// input alone, of which there must be some. In a sandbox nothing is opened.
func (h *Handle) Shell(ctx context.Context, command, input string) (Exit, error) {
	scope := ScopeOf(ctx)
	if scope.Sandbox {
		h.session.Journal().Write(journal.Event{Kind: journal.Message, Node: scope.Node, Parent: scope.Parent, Host: h.Slug(),
			Message: "an interactive shell is not opened in a sandbox"})
		return Exit{}, nil
	}
	o, called := RunOptions{Input: input, IgnoreStatus: true, shell: command == ""}, command
	if o.shell {
		command, called = `exec "${SHELL:-/bin/sh}"`, "a shell"
	}
	if input == "" && (h.session.opts.Terminal == nil || scope.Parallel) {
		return Exit{}, &Error{Fault: Refused, Host: h.Slug(), Op: called,
			Err:  errors.New("an interactive shell needs a terminal"),
			Hint: "run it at a terminal, on one host, without --non-interactive"}
	}
	out, err := h.Run(ctx, command, o)
	if err != nil {
		return Exit{}, err
	}
	return out.Exit, nil
}

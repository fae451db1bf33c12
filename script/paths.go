package script

import (
	"context"

	"go.starlark.net/starlark"

	"deployer/hosts"
)

// startPathMethod is get_start_path().
func startPathMethod(s site, on machines) (starlark.Value, error) {
	if err := s.complain(s.bind("get_start_path", nil)...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		path, err := h.StartPath(ctx)
		return starlark.String(path), err
	})
}

// expandPathMethod is expand_path(path).
func expandPathMethod(s site, on machines) (starlark.Value, error) {
	var path string
	if err := s.complain(s.bind("expand_path", []param{{name: "path", set: text(&path)}})...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		full, err := h.ExpandPath(ctx, path)
		return starlark.String(full), err
	})
}

// shell is start_interactive_shell(…): its exit status, None in a sandbox.
func (h *handle) shell(s site) (starlark.Value, error) {
	if err := s.call.failed(); err != nil {
		return nil, err
	}
	var command, input string
	problems := s.bind("start_interactive_shell", []param{
		{name: "command", optional: true, set: textOrNone(&command)},
		{name: "initial_input", optional: true, set: textOrNone(&input)},
	})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	exit, err := h.h.Shell(s.call.ctx, command, input)
	switch {
	case err != nil:
		return nil, err
	case hosts.ScopeOf(s.call.ctx).Sandbox:
		return starlark.None, nil
	}
	return starlark.MakeInt(exit.Status), nil
}

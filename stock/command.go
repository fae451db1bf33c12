package stock

import (
	"context"
	"strings"

	"deployer/hosts"
	"deployer/nodes"
)

// quoted writes arguments behind a command.
func quoted(args ...string) string {
	var b strings.Builder
	for _, arg := range args {
		b.WriteByte(' ')
		b.WriteString(hosts.Quote(arg))
	}
	return b.String()
}

// show runs a command that changes nothing. What it prints is shown, and returned.
func show(h nodes.Host, command string) (string, error) {
	out, err := h.Reads().Result(command)
	if err != nil {
		return "", err
	}
	return out.Stdout.String()
}

// succeeds reports whether a command that changes nothing ends with the exit status 0. Nothing of it is shown.
func succeeds(ctx context.Context, h nodes.Host, command string) (bool, error) {
	on, err := h.Handle()
	if err != nil {
		return false, err
	}
	out, err := on.Run(ctx, command, hosts.RunOptions{Silent: true, Reads: true, IgnoreStatus: true})
	return err == nil && out.Exit.OK(), err
}

// absolute is a path on a host without ~ at its beginning, which quotes would keep from being replaced.
func absolute(ctx context.Context, h nodes.Host, path string) (string, error) {
	if strings.HasPrefix(path, "/") {
		return path, nil
	}
	on, err := h.Handle()
	if err != nil {
		return "", err
	}
	return on.ExpandPath(ctx, path)
}

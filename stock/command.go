package stock

import (
	"context"
	"errors"
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

// answer is what a command prints that changes nothing, without the last newline. Nothing of it is shown.
func answer(h nodes.Host, command string) (string, error) {
	out, err := h.With(hosts.RunOptions{Silent: true, Reads: true}).Result(command)
	if err != nil {
		return "", err
	}
	text, err := out.Stdout.String()
	return strings.TrimSuffix(text, "\n"), err
}

// succeeds reports whether a command that changes nothing ends with the exit status 0. Nothing of it is shown.
func succeeds(h nodes.Host, command string, o hosts.RunOptions) (bool, error) {
	o.Silent, o.Reads, o.IgnoreStatus = true, true, true
	out, err := h.With(o).Result(command)
	return err == nil && out.Exit.OK(), err
}

// rooted is a host as root, if that is wanted.
func rooted(h nodes.Host, sudo bool) nodes.Host {
	if sudo {
		return h.Sudo()
	}
	return h
}

// exists reports whether there is a file. One that a sandbox does not know of, since a command would have made it, counts
// as missing: then what needs it shows all that it would do.
func exists(h nodes.Host, path string) (bool, error) {
	there, err := h.Exists(path)
	var unknown *nodes.UnknownError
	if errors.As(err, &unknown) {
		return false, nil
	}
	return there, err
}

// showDiff shows how a file would change that shall hold a text.
func showDiff(ctx context.Context, h nodes.Host, path, content string, sudo bool) error {
	there, err := rooted(h, sudo).Exists(path)
	if err != nil {
		return err
	}
	if !there {
		path = "/dev/null"
	}
	if path, err = absolute(ctx, h, path); err != nil {
		return err
	}
	o := hosts.RunOptions{Sudo: sudo, Input: content, Reads: true, NoTerminal: true}
	return h.With(o).Run("diff -u" + quoted(path, "-") + " || [ $? = 1 ]")
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

package scpshell

import (
	"context"
	"errors"
	"fmt"

	"deployer/hosts"
	"deployer/prompt"
)

// result is how a host got the files of put --all.
type result struct {
	host, done string
	err        error
}

// putAll copies files to all hosts of the node, at once, and prints a table of how that went.
func putAll(w *work) error {
	role := []hosts.Role{{Name: "host", Hosts: w.o.Hosts}}
	results, _ := hosts.Each(w.ctx, w.session.Set(role), func(ctx context.Context, h *hosts.Handle) (result, error) {
		return w.putTo(ctx, h.Host()), nil // an error is part of the result
	})
	var wrong []error
	lines := []string{}
	width := 0
	for _, r := range results {
		width = max(width, len(r.host))
	}
	for _, r := range results {
		state := "done"
		if r.err != nil {
			state = "FAILED"
			wrong = append(wrong, r.err)
		}
		lines = append(lines, fmt.Sprintf("%-*s  %-6s  %s", width, r.host, state, r.done))
	}
	wrong = append(wrong, w.local.print(lines))
	return errors.Join(wrong...)
}

// putTo copies files to one host. Its directory is the one of this shell on its own host, or the home directory.
func (w *work) putTo(ctx context.Context, h hosts.Host) result {
	one := *w
	one.ctx = ctx
	there := &side{host: h, label: prompt.Quote(h.Slug())}
	one.local, one.remote = place{&one, w.here, hosts.FileOptions{}}, place{&one, there, w.remote.files}
	r := result{host: h.Slug()}
	if there.dir, r.err = one.directory(h); r.err != nil {
		return r
	}
	t, wrong := putTo(&one)
	r.done, r.err = t.summary(), errors.Join(wrong...)
	return r
}

// directory is where paths begin on a host.
func (w *work) directory(h hosts.Host) (string, error) {
	if w.Shell.there != nil {
		return w.Shell.there.dir, nil
	}
	return w.session.Handle(h).ExpandPath(w.ctx, "~")
}

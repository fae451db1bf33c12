package scpshell

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
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
	hostWidth, stateWidth := 0, 0
	for _, r := range results {
		hostWidth, stateWidth = max(hostWidth, len(r.host)), max(stateWidth, len(r.state()))
		if r.err != nil {
			wrong = append(wrong, flat(r.err)...)
		}
	}
	var lines []string
	for _, r := range results {
		line := fmt.Sprintf("%-*s  %-*s  %s", hostWidth, r.host, stateWidth, r.state(), r.done)
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return errors.Join(append(once(wrong), w.table(lines))...)
}

// table prints a table, to the log where the command was interrupted: who has it and who has not counts then most.
func (w *work) table(lines []string) error {
	if w.ctx.Err() == nil {
		return w.local.print(lines)
	}
	for _, line := range lines {
		console.From(w.ctx).Log(line)
	}
	return nil
}

// state is how the host stands.
func (r result) state() string {
	if r.err == nil {
		return string(journal.Done)
	}
	state := journal.Failed
	if on := hosts.Errors(r.err); len(on) > 0 {
		state = on[0].State()
	}
	return strings.ToUpper(string(state))
}

// putTo copies files to one host.
func (w *work) putTo(ctx context.Context, h hosts.Host) result {
	scope := hosts.ScopeOf(ctx)
	scope.Cell = h.Slug() // what is shown of it is said to be of that host
	one := *w
	one.ctx = hosts.WithScope(ctx, scope)
	there := &side{host: h, label: prompt.Quote(h.Slug())}
	one.local, one.remote = place{&one, w.here, hosts.FileOptions{}}, place{&one, there, w.remote.files}
	r := result{host: h.Slug()}
	if there.dir, r.err = one.directory(h); r.err != nil {
		return r
	}
	t, wrong := putTo(&one)
	if r.err = errors.Join(wrong...); r.err == nil || t.sum.Failed > 0 || t.did() {
		r.done = t.summary()
	}
	return r
}

// directory is where paths begin on a host: in the directory of this shell, or where that is in the home directory, as far
// below the one of that host.
func (w *work) directory(h hosts.Host) (string, error) {
	below := ""
	if at := w.Shell.there; at != nil {
		inside, ok := strings.CutPrefix(at.dir+"/", strings.TrimSuffix(at.home, "/")+"/")
		if h == at.host || !ok || at.home == "" {
			return at.dir, nil
		}
		below = inside
	}
	home, err := w.session.Handle(h).FilePath(w.ctx, "~", hosts.FileOptions{})
	return path.Join(home, below), err
}

package stock

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"deployer/console"
	"deployer/nodes"
)

// remoteHead stands for the default branch of the repository.
const remoteHead = "origin/HEAD"

// Checkout brings the clone to a branch, a tag or a commit, which is asked for once for all hosts.
//
// The repository is cloned where there is no clone yet, else what is new in it is fetched. Changes that are not
// committed are stashed before, and brought back after. A branch is fast-forwarded to that of the repository; one with
// commits of its own that the repository has not is an error. Submodules are updated. A node with an action
// before_checkout(commit) has it run before anything is checked out.
func (g *Git) Checkout(ctx context.Context, commit string) error {
	if commit == "" {
		question := "git commit"
		if g.DefaultCommit == "" { // or every host has one of its own
			question += ", or nothing for the default"
		}
		var err error
		o := console.InputOptions{Default: g.DefaultCommit, Empty: true}
		if commit, err = console.From(ctx).Input(question, o); err != nil {
			return err
		}
	}
	_, err := nodes.Call(ctx, g, "_check_out", commit)
	return err
}

// CheckOut is checkout on one host.
func (g *Git) CheckOut(ctx context.Context, commit string) error {
	commit = cmp.Or(commit, g.DefaultCommit, remoteHead)
	if err := noOption(commit); err != nil {
		return err
	}
	cloned, err := g.fetched(ctx)
	if err != nil {
		return err
	}
	if cloned && nodes.Sandbox(ctx) { // there is still nothing to look at
		return g.Host(ctx).Run("git checkout" + quoted(commit, "--"))
	}
	to, err := g.find(ctx, commit)
	if err != nil {
		return err
	}
	if err := g.moveTo(ctx, to); err != nil {
		return err
	}
	return g.updateSubmodules(ctx)
}

// fetched clones the repository, or gets what is new in it.
func (g *Git) fetched(ctx context.Context) (cloned bool, err error) {
	host := g.Host(ctx)
	there, err := exists(host, g.ProjectDirectory+"/.git")
	if err != nil {
		return false, err
	}
	if there {
		return false, g.Fetch(ctx)
	}
	dir := g.ProjectDirectory
	if home, rest, below := strings.Cut(dir, "/"); below && strings.HasPrefix(home, "~") {
		host, dir = host.Cd(home), "./"+rest // git makes the directory, and knows no ~
	}
	return true, host.Run("git clone --" + quoted(g.Repository, dir))
}

// revision is what a clone is at, or is to be at.
type revision struct {
	name   string
	commit string // in full; "" if a sandbox cannot know it, since it fetched nothing
	branch string // "": of no branch
}

// find looks up what a person calls a commit. A branch is that of the repository, as far as it has one.
func (g *Git) find(ctx context.Context, name string) (revision, error) {
	if name == remoteHead {
		head, err := g.ask(ctx, "symbolic-ref --short refs/remotes/origin/HEAD")
		if err != nil {
			return revision{}, err
		}
		name = strings.TrimPrefix(head, "origin/")
	}
	commit, err := g.resolve(ctx, "refs/remotes/origin/"+name)
	if err != nil || commit != "" {
		return revision{name, commit, name}, err
	}
	commit, err = g.resolve(ctx, name)
	if err == nil && commit == "" && !nodes.Sandbox(ctx) {
		err = fmt.Errorf("%s has no branch, tag or commit %q", g.Repository, name)
	}
	return revision{name, commit, ""}, err
}

// resolve is the full name of a commit, or "".
func (g *Git) resolve(ctx context.Context, name string) (string, error) {
	return g.ask(ctx, "rev-parse --quiet --verify"+quoted(name+"^{commit}")+" || true")
}

// moveTo checks a commit out, unless it is.
func (g *Git) moveTo(ctx context.Context, to revision) error {
	at, err := g.ask(ctx, "rev-parse HEAD && { git symbolic-ref --quiet --short HEAD || true; }")
	if err != nil {
		return err
	}
	commit, branch, _ := strings.Cut(at, "\n")
	if commit == to.commit && (branch == to.branch || to.branch == "") {
		return nil
	}
	if nodes.Sandbox(ctx) && to.commit != "" {
		if _, err := g.look(ctx, "log --oneline", commit+".."+to.commit, "--"); err != nil {
			return err
		}
	}
	if err := g.before(ctx, to.name); err != nil {
		return err
	}
	return g.stashed(ctx, func() error {
		if err := g.change(ctx, "checkout", to.name, "--"); err != nil || to.branch == "" {
			return err
		}
		return g.change(ctx, "merge --ff-only", "origin/"+to.branch)
	})
}

// before runs the action before_checkout, if the tree has one.
func (g *Git) before(ctx context.Context, commit string) error {
	const hook = "before_checkout"
	env, err := nodes.EnvOf(ctx, g)
	if err != nil {
		return err
	}
	if m := env.Member(hook); m == nil || m.Action == nil {
		return nil
	}
	_, err = nodes.Call(ctx, g, hook, commit)
	return err
}

// stashed does something while changes that are not committed are put aside.
func (g *Git) stashed(ctx context.Context, do func() error) error {
	changes, err := g.ask(ctx, "status --porcelain --untracked-files=no --ignore-submodules")
	if err != nil {
		return err
	}
	if changes == "" {
		return do()
	}
	if err := g.Stash(ctx); err != nil {
		return err
	}
	if err := do(); err != nil {
		return fmt.Errorf("%w; the changes in %s are in its stash: stash_pop brings them back", err, g.ProjectDirectory)
	}
	failed := g.StashPop(ctx)
	if failed == nil {
		return nil
	}
	const question = "the stashed changes do not go together with what was checked out: go on without them?"
	yes, err := console.From(ctx).Confirm(question, console.No)
	if err != nil || !yes {
		return fmt.Errorf("%w; the changes in %s are still in its stash", failed, g.ProjectDirectory)
	}
	return nil
}

// updateSubmodules brings those to their commits that are not there.
func (g *Git) updateSubmodules(ctx context.Context) error {
	state, err := g.ask(ctx, "submodule status --recursive")
	if err != nil {
		return err
	}
	for line := range strings.Lines(state) {
		if strings.ContainsAny(line[:1], "-+U") {
			return g.change(ctx, "submodule update --init --recursive")
		}
	}
	return nil
}

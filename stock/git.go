package stock

import (
	"context"
	"fmt"
	"strings"

	"deployer/nodes"
)

// Git is the clone of a git repository on a host.
type Git struct {
	nodes.Node       `deploy:"parallel"`
	Repository       string `deploy:"required" doc:"what to clone: a URL, or a path on the host"`
	ProjectDirectory string `deploy:"required" doc:"where the clone is on the host; ~ is the home directory"`
	DefaultCommit    string `doc:"what is checked out when nobody says; empty: the default branch of the repository"`
}

// Actions name the parameters.
func (*Git) Actions() nodes.Actions {
	return nodes.Actions{
		"Checkout":    {Params: []string{"commit="}, Isolate: nodes.IsolateLater},
		"CheckOut":    {Params: []string{"commit="}, Private: true},
		"Diff":        {Params: []string{"commit=HEAD"}},
		"Log":         {Name: "git_log", Params: []string{"count=10"}},
		"Reset":       {Params: []string{"commit=HEAD"}},
		"Show":        {Params: []string{"commit=HEAD"}},
		"ShowOneline": {Params: []string{"commit=HEAD"}},
		"HeadSHA":     {Name: "head_sha"},
		"Whatchanged": {Params: []string{"count=10"}},
		"Current":     {Name: currentCommit, Private: true},
	}
}

// in is the host, in the clone.
func (g *Git) in(ctx context.Context) nodes.Host { return g.Host(ctx).Cd(g.ProjectDirectory) }

// look runs a command of git that changes nothing. What it prints is shown, and returned.
func (g *Git) look(ctx context.Context, command string, args ...string) (string, error) {
	return show(g.in(ctx), "git --no-pager "+command+quoted(args...))
}

// lookAt is look at a commit.
func (g *Git) lookAt(ctx context.Context, command, commit string) (string, error) {
	if err := noOption(commit); err != nil {
		return "", err
	}
	return g.look(ctx, command, commit, "--")
}

// noOption refuses what git would take for an option.
func noOption(commit string) error {
	if strings.HasPrefix(commit, "-") {
		return fmt.Errorf("%q is no name of a commit", commit)
	}
	return nil
}

// ask is look for an answer that is not shown, without its last newline.
func (g *Git) ask(ctx context.Context, command string, args ...string) (string, error) {
	return answer(g.in(ctx), "git --no-pager "+command+quoted(args...))
}

// change runs a command of git that may change something.
func (g *Git) change(ctx context.Context, command string, args ...string) error {
	return g.in(ctx).Run("git " + command + quoted(args...))
}

// Branch lists the branches, with a mark at the current one.
func (g *Git) Branch(ctx context.Context) (string, error) { return g.look(ctx, "branch --all") }

// Describe names the current commit by the last tag before it.
func (g *Git) Describe(ctx context.Context) (string, error) {
	return g.look(ctx, "describe --tags --always --dirty")
}

// Diff shows what differs from a commit.
func (g *Git) Diff(ctx context.Context, commit string) (string, error) {
	return g.lookAt(ctx, "diff", commit)
}

// Log shows the last commits.
func (g *Git) Log(ctx context.Context, count uint) (string, error) {
	return g.look(ctx, fmt.Sprintf("log --max-count=%d", count))
}

// Whatchanged shows the last commits and which files they change.
func (g *Git) Whatchanged(ctx context.Context, count uint) (string, error) {
	return g.look(ctx, fmt.Sprintf("log --no-merges --raw --max-count=%d", count))
}

// Show shows a commit.
func (g *Git) Show(ctx context.Context, commit string) (string, error) {
	return g.lookAt(ctx, "show", commit)
}

// ShowOneline shows a commit on one line.
func (g *Git) ShowOneline(ctx context.Context, commit string) (string, error) {
	return g.lookAt(ctx, "show --no-patch --oneline", commit)
}

// Status shows what is changed and not committed.
func (g *Git) Status(ctx context.Context) (string, error) { return g.look(ctx, "status") }

// HeadSHA is the full name of the current commit.
func (g *Git) HeadSHA(ctx context.Context) (string, error) { return g.ask(ctx, "rev-parse HEAD") }

// currentCommit is the action by which an overview knows a clone.
const currentCommit = "_git_current"

// Current is the current commit on one line, with the branch and the tags that are there.
func (g *Git) Current(ctx context.Context) (string, error) {
	return g.ask(ctx, "log --max-count=1 --format='%h%d %s'")
}

// Install installs git, unless it is there.
func (g *Git) Install(ctx context.Context) error {
	return installCommand(ctx, g.Host(ctx), "git", "git")
}

// Version is the version of git on the host.
func (g *Git) Version(ctx context.Context) (string, error) {
	return answer(g.Host(ctx), "git --version")
}

// StashList lists what is stashed.
func (g *Git) StashList(ctx context.Context) (string, error) { return g.look(ctx, "stash list") }

// Stash puts changes that are not committed aside.
func (g *Git) Stash(ctx context.Context) error { return g.change(ctx, "stash") }

// StashPop brings back what was stashed last.
func (g *Git) StashPop(ctx context.Context) error { return g.change(ctx, "stash pop") }

// StashClear throws away all that is stashed.
func (g *Git) StashClear(ctx context.Context) error { return g.change(ctx, "stash clear") }

// Fetch gets what is new in the repository, and changes no file of the clone.
func (g *Git) Fetch(ctx context.Context) error { return g.change(ctx, "fetch --tags origin") }

// Pull gets what is new on the current branch, if the clone has no commits of its own there.
func (g *Git) Pull(ctx context.Context) error { return g.change(ctx, "pull --ff-only") }

// Reset throws away all changes that are not committed, and goes to a commit with the current branch.
func (g *Git) Reset(ctx context.Context, commit string) error {
	if err := noOption(commit); err != nil {
		return err
	}
	return g.change(ctx, "reset --hard", commit, "--")
}

// Run runs any other command of git in the clone, with its arguments.
func (g *Git) Run(ctx context.Context, args ...string) error {
	return g.in(ctx).Run("git" + quoted(args...))
}

package deployer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deployer/console"
	"deployer/nodes"
	"deployer/shell"
)

// rollingOptions adds the options of how a run goes over cells.
func (p *program) rollingOptions(cmd *cobra.Command, o *runOptions) {
	f := cmd.Flags()
	add := func(field, usage string) {
		f.Var(&rollingFlag{&o.rolling, field, ""}, shell.RollingOption(field), usage)
	}
	add("batch", "go over the cells `N` at a time, or N% of all; stop when one has failed")
	add("canary", "begin with `N` cells, and go on only if none of them fails")
	add("max_fail", "stop when more than `N` cells, or N% of all, have failed")
	add("pause", "wait for `DURATION` after each batch: 30s, 5m")
	add("check", "run `ACTION` in the cells of each batch after it, and stop if it fails")
	complete(cmd, "check", func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		n, err := p.completedNode(cmd, o.path)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return offer(shell.CompleteAction(n, typed)), cobra.ShellCompDirectiveNoFileComp
	})
}

// rollingFlag is an option that sets a field of a nodes.Rolling.
type rollingFlag struct {
	to    *nodes.Rolling
	field string
	text  string
}

func (f *rollingFlag) Set(text string) error {
	f.text = text
	return f.to.Set(f.field, text)
}

func (f *rollingFlag) String() string { return f.text }

// Type is how cobra calls the value where the usage does not.
func (f *rollingFlag) Type() string { return "value" }

// repeatedRolling are the options that a run which continues another is given too, with those of how that went over
// cells in a shell, where they may have changed since the shell was opened.
func repeatedRolling(options []string, r nodes.Rolling) []string {
	options = slices.Clone(options)
	for _, field := range nodes.RollingFields() {
		option := "--" + shell.RollingOption(field) + "="
		options = slices.DeleteFunc(options, func(one string) bool { return strings.HasPrefix(one, option) })
		if value := r.Said(field); value != "" {
			options = append(options, option+value)
		}
	}
	return options
}

// wait waits between batches, and shows how long it still takes.
func (r *oneRun) wait(ctx context.Context, before string, d time.Duration) {
	ctx = console.With(ctx, console.Setup{Run: r.nodes, Screen: r.screen, Person: r.person})
	bar := console.From(ctx).Progress("", console.ProgressOptions{Clear: true, Format: func(p console.Progress) string {
		left := max(0, d-p.Elapsed).Round(time.Second)
		return fmt.Sprintf("%s begins in %s", before, left)
	}})
	defer bar.Done()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// rolledNowhere warns that options of rolling changed nothing.
func (r *oneRun) rolledNowhere() string {
	if r.inShell || r.options.rolling == (nodes.Rolling{}) || r.nodes.Rolled() {
		return ""
	}
	return "nothing ran in the cells of a node: --batch, --canary, --max-fail, --pause and --check changed nothing"
}

package deployer

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"deployer/console"
	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/prompt"
	"deployer/report"
)

const showHelp = `Show an earlier run: what it ran and how it ended, how each of its hosts stands, and what was printed, where
several hosts printed the same only once; and what the action returned. With HOST, which may be a set of hosts as
web[1-3], all that was done there, and what the action returned there, as it was shown then.

RUN is the name of a run, as runs lists them, the beginning of one, or last, which it is if nothing is said.`

func (p *program) showCommand() *cobra.Command {
	asJSON, view := false, ""
	cmd := &cobra.Command{
		Use:                   "show [OPTIONS] [RUN [HOST]]",
		DisableFlagsInUseLine: true,
		Short:                 "show an earlier run, or what it did on a host",
		Long:                  showHelp,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 2 {
				err := fmt.Errorf("show takes a RUN, and perhaps a HOST, and got %d words", len(args))
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			if len(args) == 0 {
				args = []string{lastRun}
			}
			if !console.View(view).Merges() {
				err := fmt.Errorf("--view is %q: use %s or %s", view, console.ViewMerged, console.ViewDiff)
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			err := p.showRun(p.ownRun(""), asJSON, view == string(console.ViewDiff), args[0], args[1:]...)
			return p.orHosts(err, args)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			switch len(args) {
			case 0:
				return p.completeRuns(typed), cobra.ShellCompDirectiveNoFileComp
			case 1:
				return p.completeHostOf(args[0]), cobra.ShellCompDirectiveNoFileComp
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the events of the run, as run --json did")
	cmd.Flags().StringVar(&view, "view", string(console.ViewMerged),
		"how to show what was printed: `VIEW` is merged, or diff for how it differs between hosts")
	complete(cmd, "view", among(string(console.ViewMerged), string(console.ViewDiff)))
	return cmd
}

// orHosts adds to an error about a run that there is not that the word names hosts of the last one, if it does.
func (p *program) orHosts(err error, words []string) error {
	var unknown *runs.NameError
	if len(words) != 1 || !errors.As(err, &unknown) {
		return err
	}
	last, _, failed := p.readRun(p.ownRun(""), lastRun)
	if failed != nil {
		return err
	}
	if _, failed := hostsOf(last, words); failed != nil {
		return err
	}
	return &usageError{fmt.Errorf("%w; of the last run: show %s %s", err, lastRun, prompt.Quote(words[0])), ""}
}

// completeHostOf completes a host of a run.
func (p *program) completeHostOf(name string) []string {
	run, _, err := p.readRun(p.ownRun(""), name)
	if err != nil {
		return nil
	}
	var all []string
	for _, h := range run.Hosts {
		all = append(all, cobra.CompletionWithDesc(h.Slug, string(h.State)))
	}
	return all
}

// readRun reads the run that a person means.
func (p *program) readRun(keep func(journal.Event) bool, name string) (*runs.Run, *runs.Store, error) {
	store, err := p.runStore()
	if err != nil {
		return nil, nil, err
	}
	if name, err = p.runNamed(store, name, keep); err != nil {
		return nil, nil, err
	}
	run, err := store.Read(name)
	return run, store, unknownRun(err)
}

// unknownRun makes an error about a run that there is not one of how the program was called.
func unknownRun(err error) error {
	var unknown *runs.NameError
	if errors.As(err, &unknown) {
		return &usageError{err, ""}
	}
	return err
}

// showRun shows a run, or with a set of its hosts what it did there.
func (p *program) showRun(keep func(journal.Event) bool, asJSON, differences bool, name string, hosts ...string) error {
	run, store, err := p.readRun(keep, name)
	if err != nil {
		return err
	}
	slugs, err := hostsOf(run, hosts)
	if err != nil {
		return err
	}
	show := &replay{events: store.Events(run.Name), on: slugs}
	switch {
	case asJSON:
		lines := journal.NewJSON(p.Out)
		return show.to(lines.Write)
	case len(hosts) > 0:
		return p.replay(show, len(slugs) == len(run.Hosts))
	}
	out := p.output(p.Out, "auto")
	if _, err := io.WriteString(p.Out, formatRun(run, out.Layout())); err != nil {
		return err
	}
	result := &showsResult{shown: newShownOutput()}
	printed, err := printedIn(run, show, result, out.Colour)
	if err != nil {
		return err
	}
	shown := console.Merge{Differences: differences, Stdout: out, Stderr: out}.Show(printed)
	if err := errors.Join(shown, printed.Close()); err != nil {
		return err
	}
	return p.showResult(result)
}

// showResult shows what the action of a run returned, as far as the run showed it.
func (p *program) showResult(r *showsResult) error {
	text, err := r.text()
	if err != nil || text == "" {
		return err
	}
	_, err = fmt.Fprintf(p.Out, "%s\nresult\n%[1]s\n%s", console.Rule, text)
	return err
}

// maxShown is how many bytes are shown of the beginning of what a host printed on a stream.
const maxShown = 1 << 20

// printedIn is what the hosts of a run printed, and how they stand; result learns what the action returned.
func printedIn(run *runs.Run, events *replay, result *showsResult, colour bool) (*report.Collector, error) {
	c := report.NewCollector(report.Options{Limit: maxShown})
	write := textOf(c.Write, colour)
	if err := events.to(func(e journal.Event) error { return errors.Join(result.event(e), write(e)) }); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	for _, h := range run.Hosts {
		if known := c.Host(h.Slug); known != nil && known.State != "" {
			continue
		}
		if err := c.Write(journal.Event{Kind: journal.HostEnd, Host: h.Slug, State: h.State}); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

// hostsOf are the hosts of a run that a set names; nil of no set.
func hostsOf(run *runs.Run, set []string) ([]string, error) {
	if len(set) == 0 {
		return nil, nil
	}
	slugs, err := setOf(run.Hosts, set[0])
	if err != nil {
		return nil, &usageError{fmt.Errorf("%s: %w", run.Name, err), ""}
	}
	return slugs, nil
}

// setOf are those of some hosts that a set names.
func setOf(hosts []runs.Host, set string) ([]string, error) {
	wanted, err := hostset.Parse(set)
	if err != nil {
		return nil, &usageError{err, ""}
	}
	slugs, err := wanted.Slugs(hostset.Space{Hosts: slugsOf(hosts)})
	if err != nil {
		return nil, &usageError{err, ""}
	}
	return slugs, nil
}

// formatRun tells what a run was and how each host stands.
func formatRun(r *runs.Run, l console.Layout) string {
	s := r.Start
	how := string(r.State())
	if r.End.Exit != nil && *r.End.Exit != 0 {
		how += fmt.Sprintf(", exit status %d", *r.End.Exit)
	}
	head := table{layout: console.Layout{Colour: l.Colour}} // whole: to be copied
	field := func(name string, value cell) {
		if value.text != "" {
			head.rows = append(head.rows, []cell{{name, ""}, value})
		}
	}
	field("run", cell{r.Name, ""})
	field("continues", cell{s.Continues, ""})
	field("tree", cell{console.OneLine(s.Path), ""})
	field("action", cell{called(s), ""})
	field("options", cell{console.OneLine(strings.Join(s.Options, " ")), ""})
	field("began", cell{moment(s.Time), ""})
	field("took", cell{console.Duration(r.Took().Seconds()), ""})
	field("ended", cell{how, stateCell(r.State()).colour})
	if r.End.Error != nil && len(r.Hosts) == 0 {
		field("error", cell{console.OneLine(r.End.Error.Message), ""})
	}
	text := head.format() + "\n"
	if len(r.Hosts) > 0 {
		text += formatHosts(r.Hosts, l) + "\n"
	}
	return text
}

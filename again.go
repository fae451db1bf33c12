package deployer

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/nodes"
	"deployer/prompt"
	"deployer/shell"
)

// again is an action that is run again on some of its hosts, after the runs of a chain.
type again struct {
	verb  string // "resume" or "retry"
	chain runs.Chain
	hosts []runs.Host // where it is to run
	done  []runs.Host // where it is not
	some  bool        // only on some of those are wanted
}

// onHosts are the hosts on which an action is run again: where it did not succeed, or of a retry where it failed; and of
// these some, unless that is nil.
func onHosts(verb string, chain runs.Chain, some []string) *again {
	wanted := chain.Left()
	if verb == retryVerb {
		wanted = chain.Failed()
	}
	if some != nil {
		wanted = slices.DeleteFunc(wanted, func(h runs.Host) bool { return !slices.Contains(some, h.Slug) })
	}
	a := &again{verb: verb, chain: chain, some: some != nil}
	if len(wanted) > 0 || !a.some {
		a.hosts, a.done = chain.Split(wanted)
	}
	return a
}

// The commands that run an action again.
const (
	resumeVerb = "resume"
	retryVerb  = "retry"
)

// start is how the last run began.
func (a *again) start() journal.Event { return a.chain.Last().Start }

// nothing says that there is nothing to do; "" if there is.
func (a *again) nothing() string {
	last := a.chain.Last()
	switch {
	case a.some && len(a.hosts) == 0:
		return fmt.Sprintf("nothing to %s on those hosts", a.verb)
	case len(a.hosts) > 0 || len(last.Hosts) == 0 && last.State() != journal.Done:
		return ""
	case a.verb == retryVerb && len(a.chain.Left()) > 0:
		return fmt.Sprintf("%s failed on no host; it has not succeeded on %s: resume runs it there", called(a.start()),
			fold(a.chain.Left()))
	}
	return fmt.Sprintf("nothing to %s: %s has succeeded on all of its hosts", a.verb, called(a.start()))
}

func fold(hosts []runs.Host) string { return hostset.FoldWithin(slugsOf(hosts), maxFolded) }

// unknown are the hosts of which nobody knows how far the action came there.
func (a *again) unknown() []runs.Host {
	var all []runs.Host
	for _, h := range a.hosts {
		if h.State == journal.Unknown {
			all = append(all, h)
		}
	}
	return all
}

// refused says why the action is not run again with a tree; nil if it is.
func (a *again) refused(tree *nodes.Tree) error {
	start := a.start()
	switch {
	case a.chain.Last().Status == runs.GoesOn:
		return fmt.Errorf("%s goes on: %s it when it has ended", start.Run, a.verb)
	case strings.HasPrefix(start.Action, "--"):
		return fmt.Errorf("%s was %s, which is no action of the tree: type it again", start.Run, start.Action)
	case start.Dir != "" && !sameFolder(start.Dir, "."):
		return fmt.Errorf("%s was run in %s, from where names of files are relative: go there first", start.Run, start.Dir)
	case slices.ContainsFunc(start.Args, func(arg string) bool { return strings.Contains(arg, journal.Masked) }):
		return fmt.Errorf("an argument of %s was a secret, which no journal keeps: %s", start.Run, a.afresh())
	}
	if changed := changes(start, tree); len(changed) > 0 {
		return fmt.Errorf("the tree has changed since %s: %s; what was done then is not what would be done now: %s",
			start.Run, strings.Join(changed, ", "), a.afresh())
	}
	return nil
}

// sameFolder reports whether two paths lead to the same folder.
func sameFolder(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}

// afresh says how to run the action on all of its hosts.
func (a *again) afresh() string {
	s := a.start()
	words := []string{"run it afresh: run --path", prompt.Quote(s.Node), s.Action}
	for _, arg := range s.Args {
		words = append(words, prompt.Quote(arg))
	}
	return strings.Join(words, " ")
}

// changes are the files of a tree that are not what they were when a run began.
func changes(start journal.Event, tree *nodes.Tree) []string {
	if sameProgram(start.Sources, tree.Sources) && start.Path != tree.File {
		return nil // it was copied, or go run built it again
	}
	var changed []string
	for _, path := range sortedKeys(start.Sources, tree.Sources) {
		was, is := start.Sources[path], tree.Sources[path]
		switch {
		case was == is:
		case was == "":
			changed = append(changed, path+" is new")
		case is == "":
			changed = append(changed, path+" is no part of it any more")
		default:
			changed = append(changed, path+" is not what it was")
		}
	}
	if len(start.Sources) == 0 {
		changed = append(changed, "nobody knows what it was made of")
	}
	return changed
}

func sortedKeys(maps ...map[string]string) []string {
	var keys []string
	for _, m := range maps {
		for key := range m {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// options are the options of the run: those of the one before that change what is done, the others as given now.
func (a *again) options(p *program, given runOptions) (runOptions, error) {
	start := a.start()
	var o runOptions
	flags := &cobra.Command{}
	p.runFlags(flags, &o)
	if err := flags.ParseFlags(start.Options); err != nil {
		return o, fmt.Errorf("the options of %s: %w", start.Run, err)
	}
	o.nonInteractive, o.log, o.json, o.color, o.view = given.nonInteractive, given.log, given.json, given.color, given.view
	o.keepGoing, o.noJournal, o.junit, o.summary = given.keepGoing, given.noJournal, given.junit, given.summary
	o.path, o.sandbox, o.repeated, o.continues = start.Node, start.Sandbox, start.Options, start.Run
	o.hosts = a.chain[0].Start.Hosts
	if len(a.done) > 0 {
		o.hosts = hostset.Without(cmp.Or(o.hosts, "*"), slugsOf(a.done))
	}
	return o, nil
}

// task is the task of the run.
func (a *again) task(tree *nodes.Tree, o runOptions) (shell.Task, error) {
	start := a.start()
	name := start.Action
	if n, err := resolve(tree, o.path); err == nil && n.Template().Default != nil && n.Template().Default.Name == name {
		name = ""
	}
	return o.task(tree, name, start.Args)
}

// plan tells a person what will be run where, and what they should know of it.
func (a *again) plan() string {
	var b strings.Builder
	on := "on " + fold(a.hosts)
	if len(a.hosts) == 0 {
		on = "which has no hosts"
	}
	fmt.Fprintf(&b, "%s %s: %s, %s\n", a.verb, a.start().Run, called(a.start()), on)
	for _, state := range statesOf(a.hosts) {
		fmt.Fprintf(&b, "  %s: %s\n", state, hostset.FoldWithin(byState(a.hosts)[state], maxFolded))
	}
	if unknown := a.unknown(); len(unknown) > 0 {
		fmt.Fprintf(&b, "nobody knows how far it came on %s: there it runs again from its beginning\n", fold(unknown))
	}
	last := a.chain.Last()
	if len(a.done) > 0 && !last.InCells {
		fmt.Fprintf(&b, "it is one piece for all its hosts: what follows where it ended was not done on %s either, "+
			"and is not now\n", fold(a.done))
	}
	return b.String()
}

// agreed tells of what will be run, and asks the person who is present whether to. Without one, what nobody knows of is
// run again only if that is wanted.
func (p *program) agreed(ctx context.Context, o runOptions, a *again, unknown bool) (bool, error) {
	fmt.Fprint(p.Err, a.plan())
	asked := p.asker(o)
	if asked != nil {
		return asked.Confirm(ctx, "go on?")
	}
	if left := a.unknown(); len(left) > 0 && !unknown {
		err := fmt.Errorf("nobody is here to say whether it is to run again on %s: look there, then say --unknown", fold(left))
		return false, &usageError{err, ""}
	}
	return true, nil
}

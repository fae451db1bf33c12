package deployer

import (
	"context"
	"errors"
	"fmt"

	"deployer/console"
	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/prompt"
	"deployer/shell"
)

// earlier does a command of the shell about earlier runs.
func (s *shellRun) earlier(ctx context.Context, command string, words []string, settings shell.Settings) (int, error) {
	var err error
	switch command {
	case "runs":
		if len(words) > 0 {
			return 0, fmt.Errorf("runs takes no arguments, got %q", words[0])
		}
		err = s.program.listRuns(s.own(), defaultRuns, false)
	case "show":
		err = s.show(words, settings.View == string(console.ViewDiff))
	default:
		err = s.runAgain(ctx, command, words, settings)
	}
	var shown *shownError
	if errors.As(err, &shown) {
		return shown.status, nil
	}
	return 0, err
}

// own tells the runs of the tree of this shell.
func (s *shellRun) own() func(journal.Event) bool { return s.program.ownRun(s.tree.File) }

// named is the run that a word means: last is that of this shell, if it has run anything.
func (s *shellRun) named(word string) string {
	if word == lastRun && s.last != "" {
		return s.last
	}
	return word
}

// show shows a run, or what was done on a host. A single word is a host of the last run if that has it.
func (s *shellRun) show(words []string, differences bool) error {
	name, hosts := lastRun, []string(nil)
	switch {
	case len(words) > 2:
		return fmt.Errorf("show takes a RUN and a HOST, got %d words", len(words))
	case len(words) == 1 && s.isHosts(words[0]):
		hosts = words
	case len(words) > 0:
		name, hosts = words[0], words[1:]
	}
	return s.program.showRun(s.own(), false, differences, s.named(name), hosts...)
}

// isHosts reports whether a word is a set of hosts of the last run, and no name of a run.
func (s *shellRun) isHosts(word string) bool {
	run, store, err := s.program.readRun(s.own(), s.named(lastRun))
	if err != nil || word == lastRun {
		return false
	}
	if _, err := hostsOf(run, []string{word}); err == nil {
		return true
	}
	_, err = store.Read(word)
	var unknown *runs.NameError
	return errors.As(err, &unknown) && len(unknown.Similar) == 0
}

// runAgain runs an action again, with the tree of the shell.
func (s *shellRun) runAgain(ctx context.Context, verb string, words []string, settings shell.Settings) error {
	name, err := runWord(verb, words)
	if err != nil {
		return err
	}
	chain, release, err := s.program.goOn(s.own(), verb, s.named(name))
	if err != nil {
		return err
	}
	defer release()
	some, err := s.limit(chain.Last().Start, settings)
	if err != nil {
		return err
	}
	a := onHosts(verb, chain, some)
	if start := a.start(); s.program.Root == nil && start.Path != s.tree.File {
		return fmt.Errorf("%s is a run of %s, and not of this tree", start.Run, start.Path)
	}
	given := s.options
	given.view = settings.View
	o, task, err := s.program.prepare(a, s.tree, given)
	if err != nil || a.nothing() != "" {
		return err
	}
	task.Sandbox = task.Sandbox || settings.Sandbox
	if yes, err := s.program.agreed(ctx, o, a, false); err != nil || !yes {
		return declined(err)
	}
	if status := s.runTask(ctx, o, task).Status; status != exitOK {
		return &shownError{status}
	}
	return nil
}

// limit are the hosts that the shell is limited to; nil if it is not.
func (s *shellRun) limit(start journal.Event, settings shell.Settings) ([]string, error) {
	if settings.Hosts == "" {
		return nil, nil
	}
	at, err := resolve(s.tree, start.Node)
	if err != nil {
		return nil, err
	}
	return at.Select(settings.Hosts)
}

// offerRuns offers the names of the runs of this tree.
func (s *shellRun) offerRuns() []prompt.Candidate {
	store, err := s.program.runStore()
	if err != nil {
		return nil
	}
	starts, err := store.Starts(s.own())
	if err != nil {
		return nil
	}
	all := []prompt.Candidate{{Text: lastRun, Shown: lastRun, Description: "the last one of this shell", Kind: shell.KindRun}}
	for _, start := range starts[:min(len(starts), defaultRuns)] {
		all = append(all, prompt.Candidate{Text: start.Run, Shown: start.Run, Description: called(start), Kind: shell.KindRun})
	}
	return all
}

// offerHosts offers the hosts of a run, or with "" of the last one.
func (s *shellRun) offerHosts(name string) []prompt.Candidate {
	if name == "" {
		name = lastRun
	}
	run, _, err := s.program.readRun(s.own(), s.named(name))
	if err != nil {
		return nil
	}
	var all []prompt.Candidate
	for _, h := range run.Hosts {
		slug := hostset.Fold([]string{h.Slug})
		all = append(all, prompt.Candidate{Text: slug, Shown: slug, Description: string(h.State), Kind: shell.KindHost})
	}
	return all
}

package deployer

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"deployer/internal/runs"
	"deployer/journal"
	"deployer/nodes"
	"deployer/shell"
)

// errNoState says that there is no place for what is kept between runs.
var errNoState = errors.New("neither XDG_STATE_HOME nor HOME is an absolute path")

// runStore is where the journals of runs are kept.
func (p *program) runStore() (*runs.Store, error) {
	state := p.stateFolder()
	if state == "" {
		return nil, errNoState
	}
	return &runs.Store{Dir: filepath.Join(state, "runs")}, nil
}

// keepJournal begins the journal of a run that is kept; nil if there is none: of what only looks, of what a person does on
// a host, and where it is not wanted or there is no place for it.
func (p *program) keepJournal(o runOptions, t shell.Task, run string) *runs.Writer {
	if o.noJournal || p.NoJournal || t.Looks || t.Alone {
		return nil
	}
	store, err := p.runStore()
	var kept *runs.Writer
	if err == nil {
		kept, err = store.Create(run)
	}
	if err != nil && !p.noJournalTold {
		p.noJournalTold = true // what fails for one run fails for the next
		p.tell("warning: no journal is kept: %v", err)
	}
	return kept
}

// closeJournal ends the journal that is kept. That it is incomplete is no failure of the run.
func (r *oneRun) closeJournal() {
	if r.kept == nil {
		return
	}
	if err := r.kept.Close(); err != nil {
		r.program.tell("warning: %v", err)
	}
}

// startEvent tells of the run all that is needed to run it again.
func (r *oneRun) startEvent(tree *nodes.Tree) journal.Event {
	t := r.task
	e := journal.Event{
		Kind: journal.RunStart, Tree: tree.Name, Path: tree.File, Sources: tree.Sources,
		Node: t.Node.Path(), Action: t.Action.Name, Args: t.Words, Options: r.options.repeated, Sandbox: t.Sandbox,
		Hosts: t.Node.Limited(), Continues: r.options.continues,
	}
	for _, h := range t.Node.Hosts() {
		e.Targets = append(e.Targets, h.Slug())
	}
	if dir, err := os.Getwd(); err == nil {
		e.Dir = dir
	}
	return e
}

// onceOnly are the options of run that a run which continues another is not given: what it runs, where, and how it is
// shown.
var onceOnly = []string{
	"color", "file", "hosts", "json", "junit", "keep-going", "log", "no-journal", "non-interactive", "path", "sandbox",
	"scp", "summary", "view",
}

// repeatedOptions are the options given that a run which continues this one is given too.
func repeatedOptions(given *pflag.FlagSet) []string {
	var options []string
	given.Visit(func(f *pflag.Flag) {
		if !slices.Contains(onceOnly, f.Name) {
			options = append(options, "--"+f.Name+"="+f.Value.String())
		}
	})
	return options
}

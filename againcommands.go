package deployer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"deployer/console"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/nodes"
	"deployer/shell"
)

const resumeHelp = `Run the action of an earlier run again, on those of its hosts where it did not succeed: where it failed,
was interrupted or parked, where its turn never came, and where nobody knows, since the run was killed. What was
resumed before counts too. It has the same arguments and options as it had.

RUN is the name of a run, as runs lists them, the beginning of one, or last, which it is if nothing is said.

It is refused if the tree has changed since. A person is shown on which hosts it will run, and asked; without one it
runs on hosts that are unknown only with --unknown, since some of it may have been done there.

Exit status: as of run; 0 also if there is nothing left to do.`

const retryHelp = `Run the action of an earlier run again, on those of its hosts where it is known to have failed. Unlike
resume it leaves out hosts where it was interrupted or parked, where its turn never came, and of which nobody knows.

RUN is the name of a run, as runs lists them, the beginning of one, or last, which it is if nothing is said, or if
that is "failed".

Exit status: as of run; 0 also if there is nothing left to do.`

func (p *program) resumeCommand() *cobra.Command {
	return p.againCommand(resumeVerb, "run an action again where it did not succeed", resumeHelp)
}

func (p *program) retryCommand() *cobra.Command {
	return p.againCommand(retryVerb, "run an action again where it failed", retryHelp)
}

func (p *program) againCommand(verb, short, long string) *cobra.Command {
	o, unknown := defaultOptions(), false
	cmd := &cobra.Command{
		Use:                   verb + " [OPTIONS] [RUN]",
		DisableFlagsInUseLine: true,
		Short:                 short,
		Long:                  long,
		RunE: func(cmd *cobra.Command, args []string) error {
			name, err := runWord(verb, args)
			if err = errors.Join(err, o.check()); err != nil {
				return &usageError{err, cmd.CommandPath() + " --help"}
			}
			return p.runAgain(cmd.Context(), o, verb, name, unknown)
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return p.completeRuns(typed), cobra.ShellCompDirectiveNoFileComp
		},
	}
	cmd.Flags().Var((*given)(&o.hosts), "hosts", "of its hosts only those of `SET`: web[1-20], web*; a,b a!b a&b a^b")
	p.recordOptions(cmd, &o)
	p.viewOptions(cmd, &o)
	if verb == resumeVerb {
		cmd.Flags().BoolVar(&unknown, "unknown", false, "run it also where nobody knows how far it came, and nobody can be asked")
	}
	return cmd
}

// runWord is the run that the words after a command name.
func runWord(verb string, words []string) (string, error) {
	switch {
	case len(words) == 0, verb == retryVerb && len(words) == 1 && words[0] == "failed":
		return lastRun, nil
	case len(words) > 1:
		return "", fmt.Errorf("%s takes one RUN, and got %q", verb, strings.Join(words, " "))
	}
	return words[0], nil
}

// goOn reads the chain of the run that a person means, and claims it, so that nobody else goes on with it until release
// is called. Where nothing can be written it is not claimed, as no journal is kept there.
func (p *program) goOn(keep func(journal.Event) bool, verb, name string) (chain runs.Chain, release func(), err error) {
	store, err := p.runStore()
	if err != nil {
		return nil, nil, err
	}
	if name, err = p.runNamed(store, name, keep); err != nil {
		return nil, nil, err
	}
	if chain, err = store.Chain(name); err != nil {
		return nil, nil, unknownRun(err)
	}
	by := fmt.Sprintf("process %d (%s %s, since %s)", os.Getpid(), verb, chain.Last().Name, moment(time.Now()))
	claim, err := store.Claim(chain, by)
	var claimed *runs.ClaimedError
	switch {
	case errors.As(err, &claimed):
		return nil, nil, &usageError{err, ""}
	case err != nil:
		p.tell("warning: nobody is kept from running it at the same time: %v", err)
		return chain, func() {}, nil
	}
	if chain, err = store.Chain(name); err != nil {
		claim.Release()
		return nil, nil, err
	}
	return chain, claim.Release, nil
}

// runAgain runs an action again, with the tree that it is of.
func (p *program) runAgain(ctx context.Context, given runOptions, verb, name string, unknown bool) error {
	chain, release, err := p.goOn(p.ownRun(""), verb, name)
	if err != nil {
		return err
	}
	defer release()
	var some []string
	if given.hosts != "" {
		if some, err = setOf(chain.Hosts(), given.hosts); err != nil {
			return err
		}
	}
	a := onHosts(verb, chain, some)
	if err := p.takeTreeOf(a.start()); err != nil {
		return &usageError{err, ""}
	}
	secrets := journal.NewSecrets()
	tree, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	o, task, err := p.prepare(a, tree, given)
	if err != nil || a.nothing() != "" {
		return err
	}
	if yes, err := p.agreed(ctx, o, a, unknown); err != nil || !yes {
		return declined(err)
	}
	return p.runTask(ctx, o, tree, secrets, task)
}

// prepare makes the task of what is run again with a tree. Where there is nothing to do it says so.
func (p *program) prepare(a *again, tree *nodes.Tree, given runOptions) (o runOptions, task shell.Task, err error) {
	if err := a.refused(tree); err != nil {
		return o, task, &usageError{err, ""}
	}
	if why := a.nothing(); why != "" {
		p.tell("%s", why)
		return o, task, nil
	}
	if o, err = a.options(p, given); err == nil {
		task, err = a.task(tree, o)
	}
	if err != nil {
		err = &usageError{err, ""}
	}
	return o, task, err
}

// declined is the error of a run that was not agreed to.
func declined(err error) error {
	if err == nil || errors.Is(err, console.ErrNoAnswer) {
		return &shownError{exitFailed}
	}
	return err
}

// takeTreeOf makes the tree of a run that of the program. It says so if that is not possible.
func (p *program) takeTreeOf(start journal.Event) error {
	tree, err := filepath.Abs(p.tree)
	switch {
	case p.Root != nil:
		if file, digests := ownSources(); start.Path != file && !sameProgram(start.Sources, digests) {
			return fmt.Errorf("%s is a run of %s, and not of this program", start.Run, start.Path)
		}
		return nil
	case p.tree != "" && (err != nil || tree != start.Path):
		return fmt.Errorf("%s is a run of %s, and not of %s", start.Run, start.Path, p.tree)
	case strings.HasPrefix(start.Sources[start.Path], "build:"):
		return fmt.Errorf("%s is a run of another program, which runs it again: %s", start.Run, start.Path)
	}
	if _, err := os.Stat(start.Path); err != nil {
		return fmt.Errorf("the tree of %s is gone: %w", start.Run, err)
	}
	p.tree = start.Path
	return nil
}

// asker is who can be asked before a run begins; nil if nobody is present.
func (p *program) asker(o runOptions) *console.Person {
	if p.Answer != nil && !o.nonInteractive {
		return console.NewFunctionPerson(p.Answer)
	}
	terminal := p.presence(o)
	if terminal == nil {
		return nil
	}
	screen := console.NewScreen(console.Options{Stdout: p.output(p.Out, o.color), Stderr: p.output(p.Err, o.color)})
	return console.NewPerson(terminal, screen, nil)
}

package deployer

import (
	"context"
	"errors"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
	"deployer/prompt"
	"deployer/pty"
	"deployer/shell"
)

// shellRun is what runs the tasks of a shell.
type shellRun struct {
	program *program
	options runOptions
	tree    *nodes.Tree
	secrets *journal.Secrets
	keep    *hosts.Keeper
	last    string // the name of the last run that keeps a journal; "" before that
}

// openShell opens the deployment shell at the path of the options. Where there is nothing to read on standard input,
// what is at that node is listed instead.
func (p *program) openShell(ctx context.Context, o runOptions) (err error) {
	secrets := journal.NewSecrets()
	tree, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	at, err := resolve(tree, o.path)
	if err == nil && o.hosts != "" {
		_, err = at.Select(o.hosts)
	}
	if err != nil {
		return &usageError{err, ""}
	}
	var sh *shell.Shell
	reader := p.lineReader(ctx, o, shellHistory, secrets, func(line string, cursor int) (int, []prompt.Candidate) {
		return sh.Complete(line, cursor)
	})
	if reader == nil {
		return p.list(at, o.color)
	}
	r := &shellRun{program: p, options: o, tree: tree, secrets: secrets, keep: hosts.NewKeeper()}
	defer func() { err = errors.Join(err, r.keep.Close()) }()
	sh = shell.New(shell.Options{
		Tree: tree, Start: at, Reader: reader, Out: p.Out, Err: p.Err, Colour: p.output(p.Out, o.color).Colour,
		Interactive: p.interactive(), Pager: p.interactive() && !o.json, KeepGoing: o.keepGoing, Name: p.Name,
		Version: version(), Secrets: secrets, Settings: o.settings(), Run: r.run, Interrupt: p.signals.inner,
		Columns: p.columns(), OpenScp: r.openScp,
		Earlier: shell.Earlier{Do: r.earlier, Runs: r.offerRuns, Hosts: r.offerHosts},
	})
	status, err := sh.Run(ctx)
	if err == nil && status != exitOK {
		err = &shownError{status}
	}
	return err
}

// shellHistory is the file for the lines of the deployment shell.
const shellHistory = "history"

// columns returns what tells the width of the window, or nil where there is none.
func (p *program) columns() func() int {
	if !p.interactive() {
		return nil
	}
	return func() int { return pty.SizeOf(p.terminal()).Cols }
}

// interactive reports whether a person types the lines of the shell.
func (p *program) interactive() bool { return p.terminal() != nil && isTerminal(p.Err) }

// run runs a task as a run of its own.
func (s *shellRun) run(ctx context.Context, task shell.Task) shell.Outcome {
	o := s.options
	if task.Looks {
		o.log = ""
	}
	o.hosts, o.rolling = task.Hosts, task.Rolling
	o.repeated = repeatedRolling(o.repeated, task.Rolling)
	if !task.Looks {
		var err error
		if task.Node, err = o.limit(task.Node); err != nil {
			return shell.Outcome{Err: err}
		}
	}
	return s.runTask(ctx, o, task)
}

// runTask runs a task with these options, at a node that is limited already.
func (s *shellRun) runTask(ctx context.Context, o runOptions, task shell.Task) shell.Outcome {
	r, err := s.program.start(o, task, s.secrets, s.keep)
	if err != nil {
		return shell.Outcome{Status: s.program.fail(err)}
	}
	if r.kept != nil {
		s.last = r.journal.Run()
	}
	value, err := r.run(ctx, s.tree)
	var shown *shownError
	if errors.As(err, &shown) {
		return shell.Outcome{Value: value, Status: shown.status}
	}
	return shell.Outcome{Value: value}
}

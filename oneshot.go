package deployer

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"sync"
	"time"

	"deployer/console"
	"deployer/hosts"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/nodes"
	"deployer/shell"
)

// oneShot runs one action and shows what came of it.
func (p *program) oneShot(ctx context.Context, o runOptions, action string, words []string) error {
	secrets := journal.NewSecrets()
	tree, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	task, err := o.task(tree, action, words)
	if err != nil {
		return &usageError{err, ""}
	}
	return p.runTask(ctx, o, tree, secrets, task)
}

// task is the task of an action of the node at the path of the options.
func (o runOptions) task(tree *nodes.Tree, action string, words []string) (task shell.Task, err error) {
	n, err := resolve(tree, o.path)
	if err == nil {
		n, err = o.limit(n)
	}
	if err != nil {
		return task, err
	}
	if action == "." {
		action = ""
	}
	a, err := n.Action(action)
	if err != nil {
		return task, err
	}
	args, err := nodes.BindArgs(a, nodes.Words(words))
	if err == nil && o.rolling.Check != "" && !n.Isolated() {
		_, err = n.Action(o.rolling.Check)
	}
	return shell.Task{Node: n, Name: action, Action: a, Args: args, Words: nodes.CommandLine(a, nodes.Words(words)),
		Settings: o.settings()}, err
}

// runTask runs a task outside of a shell.
func (p *program) runTask(ctx context.Context, o runOptions, tree *nodes.Tree, secrets *journal.Secrets, task shell.Task) error {
	r, err := p.start(o, task, secrets, nil)
	if err != nil {
		return err
	}
	_, err = r.run(ctx, tree)
	return err
}

// oneRun is one run of one action: its journal, the readers of it, and the session of its hosts.
type oneRun struct {
	program *program
	options runOptions
	task    shell.Task
	inShell bool // a result that is a node is not shown: the shell goes there
	journal *journal.Journal
	screen  *console.Screen
	shown   *shownOutput
	log     *logFile     // nil without --log
	reports *reports     // nil without --junit and --summary
	kept    *runs.Writer // the journal that is kept; nil: none
	own     int          // how many readers of the journal are its own; those of the program come after them
	session *hosts.Session
	keep    *hosts.Keeper // of the shell; nil without one
	nodes   *nodes.Run
	person  *console.Person // nil if nobody is present
	told    sync.Map        // the failures that a question told the person
}

// start opens the journal with its readers and the session. A shell keeps connections and passwords for the next run.
func (p *program) start(o runOptions, task shell.Task, secrets *journal.Secrets, keep *hosts.Keeper) (*oneRun, error) {
	run := runName()
	r := &oneRun{program: p, options: o, task: task, shown: newShownOutput(), keep: keep, inShell: keep != nil}
	several := len(task.Node.HostsBelow()) > 1
	r.screen = console.NewScreen(console.Options{
		Stdout: p.output(p.Out, o.color), Stderr: p.output(p.Err, o.color),
		Prefix: several && o.brief == nil, View: console.View(task.View), LogOnly: o.json,
		Live: p.live(o, task),
	})
	sinks := []journal.Sink{r.screen, r.shown}
	if o.brief != nil {
		sinks[0] = briefScreen{r.screen, o.brief}
	}
	if o.json {
		sinks = append(sinks, journal.NewJSON(p.Out))
	}
	if o.log != "" {
		var err error
		if r.log, err = openLog(o.log); err != nil {
			return nil, err
		}
		sinks = append(sinks, journal.NewJSON(r.log))
	}
	if o.junit != "" || o.summary != "" {
		var err error
		if r.reports, err = openReports(o); err != nil {
			return nil, errors.Join(err, r.closeLog())
		}
		sinks = append(sinks, r.reports)
	}
	if r.kept = p.keepJournal(o, task, run); r.kept != nil {
		sinks = append(sinks, r.kept)
	}
	r.own = len(sinks)
	r.journal = journal.New(run, secrets, append(sinks, p.Sinks...)...)
	r.openSession()
	return r, nil
}

// live is the live view of a task; nil if there is nothing to follow, or nobody who could.
func (p *program) live(o runOptions, task shell.Task) *console.Live {
	var targets []string
	for _, h := range task.Node.Hosts() {
		targets = append(targets, h.Slug())
	}
	if !console.View(task.View).Follows() || len(task.Node.HostsBelow()) < 2 || o.brief != nil || p.presence(o) == nil || !p.ownsTerminal(o) {
		return nil
	}
	return &console.Live{Targets: targets, TypeAhead: p.unread != nil}
}

func (r *oneRun) openSession() {
	options := hosts.Options{Journal: r.journal, HostKeys: r.options.hostKeys, Keep: r.keep, Replace: r.program.Hosts}
	if r.options.single {
		options.Limit = 1
	}
	run := nodes.Options{Sandbox: r.task.Sandbox, Rolling: r.options.rolling, Wait: r.wait}
	_ = r.options.stuck.set(&options) // was checked
	if r.person = r.program.newPerson(r); r.person != nil {
		asked := person{r.person, r.journal.Secrets(), &r.told}
		options.Person = asked
		if !r.task.Alone {
			run.Person = asked
		}
		if r.program.Answer == nil && r.program.ownsTerminal(r.options) {
			options.Terminal = asked
		}
		if desk := r.person.Desk(); desk != nil {
			options.Desk = desk
		}
	}
	r.session = hosts.NewSession(options)
	run.Session = r.session
	r.nodes = nodes.NewRun(run)
}

// runName names a run so that names sort by time: its end are 65,536ths of the second, and a random byte.
func runName() string {
	var b [3]byte
	_, _ = rand.Read(b[2:]) // never fails: see crypto/rand
	now := time.Now().UTC()
	binary.BigEndian.PutUint16(b[:], uint16(now.Nanosecond()<<16/int(time.Second)))
	return now.Format("20060102-150405-") + hex.EncodeToString(b[:])
}

// run runs the task to its end, whatever that is, and shows the result or the failures.
func (r *oneRun) run(ctx context.Context, tree *nodes.Tree) (any, error) {
	begun := time.Now()
	r.journal.Write(r.startEvent(tree))
	value, err := r.call(ctx)
	shown := r.screen.EndLive()
	if warning := r.rolledNowhere(); warning != "" && err == nil {
		r.journal.Write(journal.Event{Kind: journal.Warning, Node: r.task.Node.Path(), Message: warning})
	}
	o := r.judge(ctx, err)
	if _, cells := value.(*nodes.ParallelResult); err == nil || cells {
		o.result(r, value)
	}
	o.end(r, time.Since(begun))
	shown = errors.Join(shown, r.screen.Close())
	if o.status == exitClosed {
		shown = nil // it was left out because nobody reads it
	}
	if closed := errors.Join(shown, r.closeLog(), r.reports.close(), r.failedSinks()); closed != nil {
		r.program.tell("%v", closed)
		o.failAtLeast()
	}
	r.closeJournal()
	return value, o.asError()
}

// errLeftBehind is of an action in Go that does not heed its context.
var errLeftBehind = errors.New("the action did not end when it was interrupted, and was left behind: " +
	"its code must heed its context")

// call calls the action, and watches for signals meanwhile. Its goroutine may outlive the run: the code of a Go program
// that does not heed its context is left behind after the second signal, for only the end of the process ends it.
func (r *oneRun) call(ctx context.Context) (any, error) {
	var value any
	var err error
	ctx = console.With(ctx, console.Setup{Run: r.nodes, Screen: r.screen, Person: r.person})
	if r.person != nil {
		stop := r.person.Steer(ctx, console.Steering{Leave: r.session.Leave})
		defer func() { r.giveBack(stop()) }()
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		value, err = r.nodes.Env(r.task.Node).CallAction(ctx, r.task.Action, r.task.Args)
	}()
	if !r.watch(ctx, ended) {
		return nil, errors.Join(errLeftBehind, r.session.Close())
	}
	return value, errors.Join(err, r.session.Close())
}

// giveBack gives what was typed during the run to who reads lines after it.
func (r *oneRun) giveBack(typed []byte) {
	if r.program.unread != nil {
		r.program.unread(typed)
	}
}

// patience is how long an interrupted run ends without a word, lastPatience how long an abandoned one may still take.
const (
	patience     = time.Second
	lastPatience = 3 * time.Second
)

// watch waits for the end of the action. It tells a person who waits for an interrupted run to end how not to wait, and
// abandons it at the second signal; then it may return false before the end.
func (r *oneRun) watch(ctx context.Context, ended <-chan struct{}) bool {
	select {
	case <-ctx.Done():
	case <-ended:
		return true
	}
	abandoned := r.program.signals.abandoned()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			if unheard(context.Cause(ctx)) {
				continue
			}
			// An error shows with the next event, which cannot be written either.
			_ = r.screen.Say(r.program.Name + ": ending what runs on the hosts; Ctrl-C again does not wait for that")
		case <-abandoned:
			r.session.Abandon()
			return within(lastPatience, ended)
		case <-ended:
			return true
		}
	}
}

// within reports whether a channel is closed before a time has passed.
func within(d time.Duration, ended <-chan struct{}) bool {
	select {
	case <-ended:
		return true
	case <-time.After(d):
		return false
	}
}

// failedSinks says which of the program's readers of the journal do not know everything.
func (r *oneRun) failedSinks() error {
	var errs []error
	for _, err := range r.journal.Errs()[r.own:] {
		if err != nil {
			errs = append(errs, fmt.Errorf("a reader of the journal failed, and got no more of it: %w", err))
		}
	}
	return errors.Join(errs...)
}

func (r *oneRun) closeLog() error {
	if r.log == nil {
		return nil
	}
	return r.log.close()
}

package deployer

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
	"deployer/pty"
)

// runOptions are the options of the command run.
type runOptions struct {
	path           string
	single         bool
	sandbox        bool
	nonInteractive bool
	log            string
	json           bool
	hostKeys       string
	allowEmpty     bool
	color          string
}

func (o runOptions) check() error {
	if !slices.Contains([]string{"", "strict", "accept-new"}, o.hostKeys) {
		return fmt.Errorf("--host-keys is %q: use strict or accept-new", o.hostKeys)
	}
	if !slices.Contains([]string{"auto", "always", "never"}, o.color) {
		return fmt.Errorf("--color is %q: use auto, always or never", o.color)
	}
	return nil
}

// oneShot runs one action and shows what came of it.
func (p *program) oneShot(ctx context.Context, o runOptions, action string, words []string) error {
	secrets := journal.NewSecrets()
	loaded, err := p.load(ctx, secrets)
	if err != nil {
		return err
	}
	return p.runAction(ctx, o, loaded.Tree, secrets, action, words)
}

func (p *program) runAction(ctx context.Context, o runOptions, tree *nodes.Tree, secrets *journal.Secrets, action string, words []string) error {
	n, err := resolve(tree, o.path)
	if err != nil {
		return &usageError{err, ""}
	}
	if action == "." {
		action = ""
	}
	a, err := n.Action(action)
	if err != nil {
		return &usageError{err, ""}
	}
	args, err := nodes.BindArgs(a, nodes.Words(words))
	if err != nil {
		return &usageError{err, ""}
	}
	r, err := p.start(o, n, secrets)
	if err != nil {
		return err
	}
	r.action = action
	return r.run(ctx, tree.Name, a, args)
}

// oneRun is one run of one action: its journal, the readers of it, and the session of its hosts.
type oneRun struct {
	program *program
	options runOptions
	node    *nodes.Place
	action  string // as it was called; "" is the default action, whatever its function is called
	journal *journal.Journal
	screen  *console.Screen
	shown   *shownOutput
	log     *logFile // nil without --log
	session *hosts.Session
	nodes   *nodes.Run
}

// start opens the journal with its readers and the session.
func (p *program) start(o runOptions, n *nodes.Place, secrets *journal.Secrets) (*oneRun, error) {
	r := &oneRun{program: p, options: o, node: n, shown: newShownOutput()}
	several := len(allHosts(n)) > 1
	r.screen = console.NewScreen(console.Options{
		Stdout: p.output(p.Out, o.color), Stderr: p.output(p.Err, o.color),
		Prefix: several, LogOnly: o.json,
	})
	sinks := []journal.Sink{r.screen, r.shown}
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
	r.journal = journal.New(runName(), secrets, sinks...)
	r.openSession()
	return r, nil
}

func (r *oneRun) openSession() {
	options := hosts.Options{Journal: r.journal, HostKeys: r.options.hostKeys}
	if r.options.single {
		options.Limit = 1
	}
	run := nodes.Options{Sandbox: r.options.sandbox}
	if terminal := r.program.presence(r.options); terminal != nil {
		person := r.program.newPerson(terminal, r.screen, r.journal.Secrets())
		options.Person, run.Person = person, person
		if r.program.ownsTerminal(r.options) {
			options.Terminal = person
		}
	}
	r.session = hosts.NewSession(options)
	r.nodes = nodes.NewRun(r.session, run)
}

// presence is the terminal of the person who can be asked; nil if nobody is present.
func (p *program) presence(o runOptions) *os.File {
	in, isFile := p.In.(*os.File)
	if o.nonInteractive || !isFile || !pty.IsTerminal(in) || !isTerminal(p.Err) {
		return nil
	}
	return in
}

// ownsTerminal reports whether commands may take the terminal: all three streams are terminals.
func (p *program) ownsTerminal(o runOptions) bool {
	return !o.json && isTerminal(p.Out) && isTerminal(p.Err)
}

func isTerminal(w io.Writer) bool {
	if watched, ok := w.(*watched); ok {
		w = watched.w
	}
	f, ok := w.(*os.File)
	return ok && pty.IsTerminal(f)
}

func (p *program) output(w io.Writer, color string) console.Output {
	terminal := isTerminal(w)
	wanted := color == "always" || color == "auto" && terminal && p.Getenv("NO_COLOR") == "" && p.Getenv("TERM") != "dumb"
	return console.Output{W: w, Terminal: terminal, Colour: wanted}
}

// runName names a run so that names sort by time.
func runName() string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails: see crypto/rand
	return time.Now().UTC().Format("20060102-150405-") + hex.EncodeToString(b[:])
}

// run runs the action to its end, whatever that is, and shows the result or the failures.
func (r *oneRun) run(ctx context.Context, tree string, a *nodes.Action, args nodes.Args) error {
	begun := time.Now()
	r.journal.Write(journal.Event{Kind: journal.RunStart, Tree: tree, Node: r.node.Path(), Action: a.Name, Sandbox: r.options.sandbox})
	value, err := r.call(ctx, args)
	o := r.judge(ctx, err)
	if _, cells := value.(*nodes.ParallelResult); err == nil || cells {
		o.result(r, a, value)
	}
	o.end(r, time.Since(begun))
	if closed := errors.Join(r.screen.Close(), r.closeLog()); closed != nil {
		fmt.Fprintf(r.program.Err, "deployer: %v\n", closed)
		o.failAtLeast()
	}
	return o.asError()
}

// call calls the action, and watches for signals meanwhile.
func (r *oneRun) call(ctx context.Context, args nodes.Args) (any, error) {
	ended := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() { r.watch(ctx, ended) })
	value, err := r.nodes.Env(r.node).Call(ctx, r.action, args)
	close(ended)
	watcher.Wait()
	return value, errors.Join(err, r.session.Close())
}

// patience is how long an interrupted run ends without a word.
const patience = time.Second

// watch tells a person who waits for an interrupted run to end how not to wait, and abandons it at the second signal.
func (r *oneRun) watch(ctx context.Context, ended <-chan struct{}) {
	select {
	case <-ctx.Done():
	case <-ended:
		return
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-timer.C:
			fmt.Fprintln(r.program.Err, "deployer: ending what runs on the hosts; Ctrl-C again does not wait for that")
		case <-r.program.abandon:
			r.session.Abandon()
			return
		case <-ended:
			return
		}
	}
}

func (r *oneRun) closeLog() error {
	if r.log == nil {
		return nil
	}
	return r.log.close()
}

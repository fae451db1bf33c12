package deployertest

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"slices"
	"sync"
	"testing"

	"deployer"
	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
	"deployer/pty"
	"deployer/pty/ptytest"
)

// Options say what is tested.
type Options struct {
	Root   nodes.Embedder // a tree in Go,
	Script string         // or the file of one that is a script

	// Hosts stand for the hosts of the tree that have their names. A host of the tree for which there is none is never
	// reached: a command for it fails the test.
	Hosts []*Host
	// Answers are given to questions, each once. A question without an answer fails the test, and so does an answer
	// without a question. nil: nobody is there to be asked.
	Answers []Answer
	Sinks   []journal.Sink // more readers of the journal
}

// Result is what came of a run.
type Result struct {
	Status         int // the exit status of the program
	Stdout, Stderr string
	Events         []journal.Event

	t testing.TB
}

// Run runs the program with the arguments that follow "run" on a command line: options, action, parameters.
func Run(t testing.TB, o Options, args ...string) *Result {
	t.Helper()
	seen := &journal.Recorder{} // the run may go on beyond its end, where an action heeds nothing
	p, asked := o.program(t)
	p.Sinks = append(p.Sinks, seen)
	var out, errs bytes.Buffer
	status := p.Run(t.Context(), o.command(args), deployer.Stdio{Out: &out, Err: &errs})
	asked.allAsked()
	return &Result{Status: status, Stdout: out.String(), Stderr: errs.String(), Events: seen.Events(), t: t}
}

// Value puts what the action returned into a variable, as [json.Unmarshal] does. It ends the test if the action
// returned nothing, or something else.
func (r *Result) Value(to any) {
	r.t.Helper()
	for _, e := range r.Events {
		if e.Kind != journal.Result {
			continue
		}
		if err := json.Unmarshal(e.Value, to); err != nil {
			r.t.Fatalf("the action returned %s: %v", e.Value, err)
		}
		return
	}
	r.t.Fatalf("the action returned nothing; exit status %d, it printed\n%s%s", r.Status, r.Stdout, r.Stderr)
}

// OnTerminal runs the program as Run does, on a terminal of 80 columns at which the test types, and sees what is shown
// there. Answers are not used. Ctrl-C is noticed by questions and by commands that have the terminal, and by nothing
// else.
func OnTerminal(t testing.TB, o Options, args ...string) *ptytest.Terminal {
	t.Helper()
	p, _ := o.program(t)
	p.Answer = nil
	return ptytest.Func(t, pty.Default, func(tty *os.File) int {
		return p.Run(t.Context(), o.command(args), deployer.Stdio{In: tty, Out: tty, Err: tty})
	})
}

// Context returns a context in which methods of o.Root can be called, until the end of the test. Its mistakes end the
// test.
func Context(t testing.TB, o Options) context.Context {
	t.Helper()
	session := hosts.NewSession(hosts.Options{Journal: journal.New("test", nil, o.Sinks...), Replace: o.replace(t)})
	t.Cleanup(func() {
		if err := session.Close(); err != nil {
			t.Error(err)
		}
	})
	ctx, err := nodes.NewContext(t.Context(), o.Root, nodes.Options{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	env, err := nodes.EnvOf(ctx, o.Root)
	if err != nil {
		t.Fatal(err)
	}
	asked := o.person(t)
	t.Cleanup(asked.allAsked)
	setup := console.Setup{Run: env.Run()}
	if o.Answers != nil {
		setup.Person = console.NewFunctionPerson(asked.answer)
	}
	return console.With(ctx, setup)
}

// program is the program over the tree, and who is asked.
func (o Options) program(t testing.TB) (deployer.Program, *person) {
	t.Helper()
	p := deployer.Program{Root: o.Root, Sinks: slices.Clone(o.Sinks), Hosts: o.replace(t)}
	asked := o.person(t)
	if o.Answers != nil {
		p.Answer = asked.answer
	}
	return p, asked
}

// command is the whole command line.
func (o Options) command(args []string) []string {
	if o.Root == nil {
		return append([]string{"-f", o.Script, "run"}, args...)
	}
	return append([]string{"run"}, args...)
}

func (o Options) person(t testing.TB) *person { return &person{t: t, left: slices.Clone(o.Answers)} }

// replace returns what gives the hosts of the test in the place of others.
func (o Options) replace(t testing.TB) func(hosts.Host) hosts.Host {
	t.Helper()
	var mu sync.Mutex
	known := map[string]hosts.Host{}
	for _, h := range o.Hosts {
		known[h.Slug()] = h
	}
	return func(h hosts.Host) hosts.Host {
		if fake, ok := h.(*Host); ok {
			return fake
		}
		mu.Lock()
		defer mu.Unlock()
		if known[h.Slug()] == nil {
			known[h.Slug()] = NewHost(t, h.Slug())
		}
		return known[h.Slug()]
	}
}

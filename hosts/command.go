package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"deployer/internal/hostshell"
	"deployer/journal"
	"deployer/pty"
)

// execution is one command, from its start to its end.
type execution struct {
	handle  *Handle
	session *Session
	command string
	options RunOptions
	scope   Scope
	request hostshell.Request
	id      uint64 // in the journal
	begun   time.Time

	in  io.ReadCloser // the command's standard input; nil: none but that of the options
	out io.Writer     // its standard output, instead of stdout; may be nil

	post           *post
	silence        silence
	stdout, stderr capture
	process        Process
	detach         func() error // from the terminal
	tasks          sync.WaitGroup
	failed         chan error  // from the tasks: why the command must be ended
	ctrlC          atomic.Bool // the person typed it
	leader         chan string // gets that of the session of its terminal: "PID START"

	mu      sync.Mutex // guards what follows, and process until it is set
	marks   map[string]int
	noEntry string      // why the directory could not be entered, as ls says it; "" if that is not known
	overdue *time.Timer // until the command begins; not while a person is asked for its password
}

// Run runs a command and returns what it gave. It returns an output together with an error where a command failed. Its
// errors are *Error, but for mistakes of the caller.
func (h *Handle) Run(ctx context.Context, command string, o RunOptions) (*Output, error) {
	x, err := h.prepare(ctx, command, o)
	if err != nil {
		return nil, err
	}
	h.begin()
	return x.inPlace(ctx)
}

// stream runs a command, of which nothing is shown, with a standard input and output of its own; both may be nil. in is
// closed at the end. While a stream is held open others take its place. came is for its silence; nil: what flows tells.
func (h *Handle) stream(ctx context.Context, command string, o RunOptions, in io.ReadCloser, out io.Writer,
	came func() bool) (*Output, error) {
	x, err := h.prepare(ctx, command, o)
	if err != nil {
		return nil, err
	}
	f := &flow{in: in, out: out}
	if x.silence.came = came; came == nil {
		x.silence.came = f.came
	}
	if x.request.Stream = in != nil; x.request.Stream {
		x.in = f
	}
	if out != nil {
		x.out = f
	}
	return x.inPlace(ctx)
}

// inPlace runs the command when it is its turn.
func (x *execution) inPlace(ctx context.Context) (*Output, error) {
	post, err := x.session.post(ctx, x.handle.Slug())
	if err != nil {
		return nil, x.stopped(err)
	}
	defer post.end()
	x.post = post
	if x.scope.Sandbox && !x.options.Reads {
		return x.check(post.ctx)
	}
	return x.run(post.ctx)
}

func (h *Handle) prepare(ctx context.Context, command string, o RunOptions) (*execution, error) {
	x := &execution{
		handle: h, session: h.session, command: command, options: o, scope: ScopeOf(ctx),
		failed: make(chan error, 1), leader: make(chan string, 1), marks: map[string]int{}, begun: time.Now(),
	}
	x.silence.begun = x.begun
	x.scope.Sandbox = x.scope.Sandbox || o.Sandbox
	x.request = hostshell.Request{
		Command: command, Dir: h.dir, Setup: h.setup, Shell: h.host.Common().Shell,
		Sudo: o.Sudo, User: o.User, Word: hostshell.NewWord(),
		Terminal: x.takesTerminal(), Supervised: o.shell, // what a person leaves running there is meant to
	}
	if o.posix && x.request.Shell != "" {
		x.request.Shell = "/bin/sh"
	}
	x.request.Note = x.note()
	x.request.Input = o.Input != "" && !x.request.Terminal
	for i, s := range h.setup {
		if s.Variable != "" && !s.Raw && h.session.Secrets().Has(s.Value) {
			x.request.Secrets = append(x.request.Secrets, i)
		}
	}
	return x, x.refuse()
}

// refuse returns an error for what must not be tried.
func (x *execution) refuse() error {
	for what, text := range map[string]string{"command": x.command, "directory": x.handle.dir, "user name": x.options.User, "prefix": x.prefixes()} {
		if x.session.Secrets().Has(text) {
			return x.fault(Refused, fmt.Errorf("a secret is part of the %s, which every user of the host can read in its process list", what),
				"give it with env(NAME, secret) or initial_input=, and refer to it there")
		}
		if strings.ContainsRune(text, 0) {
			return x.fault(Refused, fmt.Errorf("the %s contains a NUL byte", what), "give binary data with initial_input=")
		}
	}
	if x.options.User != "" && !x.options.Sudo {
		return x.fault(Refused, errors.New("user= works with sudo only"), "call sudo(…, user=…)")
	}
	return nil
}

func (x *execution) prefixes() string {
	var all []string
	for _, s := range x.handle.setup {
		if s.Variable == "" {
			all = append(all, s.Value)
		}
	}
	return strings.Join(all, "\n")
}

func (x *execution) takesTerminal() bool {
	o := x.options
	return x.window() != nil && !o.NoTerminal && !o.Silent && !o.Quiet && !x.scope.Sandbox
}

// window returns what tells the size of the window in which the command is shown; nil where it gets no terminal.
func (x *execution) window() func() pty.Size {
	o := x.session.opts
	switch {
	case x.scope.Parallel && o.Desk != nil:
		return o.Desk.Size
	case !x.scope.Parallel && o.Terminal != nil:
		return o.Terminal.Size
	}
	return nil
}

func (x *execution) run(ctx context.Context) (*Output, error) {
	x.log(journal.Event{Kind: journal.CommandStart})
	x.silence.session, x.silence.post, x.silence.limit = x.session, x.post, x.silenceLimit()
	x.silence.about = journal.Event{ID: x.id, Parent: x.scope.Parent, Node: x.scope.Node, Host: x.handle.Slug(),
		Parallel: x.scope.Parallel}
	if x.request.Terminal && x.scope.Parallel {
		x.silence.waits = func() bool { return x.session.opts.Desk.Waits(x.id) }
	}
	x.silence.begin()
	exit, err := x.execute(ctx)
	x.silence.end()
	out := x.output(exit)
	if err == nil && !exit.OK() && !x.options.IgnoreStatus {
		err = x.commandFailed(ctx, exit)
	}
	var failure *Error
	if errors.As(err, &failure) {
		failure.Seconds = out.Seconds
		if failure.Stderr == "" && (!x.request.Terminal || x.scope.Parallel) { // else a person saw it
			failure.Stderr = x.session.Secrets().Mask(x.lastLines())
		}
	}
	x.logEnd(exit, failure, out.Seconds)
	if err != nil {
		return out, err
	}
	return out, nil
}

// execute runs the command, which may need two attempts: see hostshell.Request.Direct.
func (x *execution) execute(ctx context.Context) (Exit, error) {
	exit, err := x.attempt(ctx)
	if err != nil || x.marks[hostshell.MarkAgain] == 0 {
		return exit, err
	}
	x.request.Supervised = true
	x.process, x.marks = nil, map[string]int{}
	return x.attempt(ctx)
}

// attempt starts the command, keeps the dialogue with it and waits for its end.
func (x *execution) attempt(ctx context.Context) (Exit, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	c, marked := x.composed(func(mark string) { x.marked(ctx, mark) })
	if err := x.start(ctx, c); err != nil {
		return Exit{}, err
	}
	exit, err := x.wait(ctx)
	cancel() // questions that the end of the command made needless
	x.tasks.Wait()
	x.overdue.Stop()
	marked.Flush()
	if released := x.release(); released != nil {
		return exit, errors.Join(err, fmt.Errorf("give the terminal back: %w", released))
	}
	return exit, err
}

// composed returns what the host is to start, and what takes the marks out of what that prints.
func (x *execution) composed(on func(mark string)) (Command, *hostshell.Dialogue) {
	c := Command{
		Line: x.request.Line(), Direct: x.request.Direct(), Word: x.request.Word, asked: x.request, own: x.options.own,
	}
	if x.request.Terminal {
		size := x.window()()
		marked := hostshell.NewDialogue(x.writer(journal.Terminal, &x.stdout), x.request.Word, on)
		c.Terminal, c.Stdout = &size, marked
		return c, marked
	}
	marked := hostshell.NewDialogue(x.writer(journal.Stderr, &x.stderr), x.request.Word, on)
	c.Stdout, c.Stderr = x.out, marked
	if x.out == nil {
		c.Stdout = x.writer(journal.Stdout, &x.stdout)
	}
	return c, marked
}

func (x *execution) start(ctx context.Context, c Command) error {
	x.mu.Lock() // marks that come before the process is known wait
	defer x.mu.Unlock()
	process, err := x.handle.host.Start(ctx, x.session, c)
	if err != nil {
		if ctx.Err() != nil {
			return x.stopped(context.Cause(ctx))
		}
		return x.lost(err)
	}
	x.process = process
	x.session.offline.begin(x.handle.Slug())
	if x.hasGuard() {
		x.marks[hostshell.MarkStarted] = 1
		x.attach(ctx)
		x.streams()
	}
	x.expectBegin()
	return nil
}

// hasGuard reports whether a guard supervises the command.
func (x *execution) hasGuard() bool {
	p, ok := x.process.(guarded)
	return ok && p.hasGuard()
}

func (x *execution) fail(err error) {
	select {
	case x.failed <- err:
	default: // one reason is enough
	}
}

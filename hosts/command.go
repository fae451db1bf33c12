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
	request request
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
	h.session.used.add(h.Slug())
	return x.inPlace(ctx)
}

// stream runs a command, of which nothing is shown, with a standard input and output of its own; both may be nil. in is
// closed at the end. While a stream is held open others take its place.
func (h *Handle) stream(ctx context.Context, command string, o RunOptions, in io.ReadCloser, out io.Writer) (*Output, error) {
	x, err := h.prepare(ctx, command, o)
	if err != nil {
		return nil, err
	}
	x.in, x.out, x.request.stream = in, out, in != nil
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
	x.silence.x = x
	x.scope.Sandbox = x.scope.Sandbox || o.Sandbox
	x.request = request{
		command: command, dir: h.dir, setup: h.setup, shell: h.host.Common().Shell,
		sudo: o.Sudo, user: o.User, own: o.own, word: randomWord(),
		terminal: x.takesTerminal(), supervised: o.shell, // what a person leaves running there is meant to
	}
	if o.posix && x.request.shell != "" {
		x.request.shell = "/bin/sh"
	}
	x.request.note = x.note()
	x.request.input = o.Input != "" && !x.request.terminal
	for i, s := range h.setup {
		if s.variable != "" && !s.raw && h.session.Secrets().Has(s.value) {
			x.request.secrets = append(x.request.secrets, i)
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
		if s.variable == "" {
			all = append(all, s.value)
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
		if failure.Stderr == "" && (!x.request.terminal || x.scope.Parallel) { // else a person saw it
			failure.Stderr = x.session.Secrets().Mask(x.lastLines())
		}
	}
	x.logEnd(exit, failure, out.Seconds)
	if err != nil {
		return out, err
	}
	return out, nil
}

// execute runs the command, which may need two attempts: see request.direct.
func (x *execution) execute(ctx context.Context) (Exit, error) {
	exit, err := x.attempt(ctx)
	if err != nil || x.marks[markAgain] == 0 {
		return exit, err
	}
	x.request.supervised = true
	x.process, x.marks = nil, map[string]int{}
	return x.attempt(ctx)
}

// attempt starts the command, keeps the dialogue with it and waits for its end.
func (x *execution) attempt(ctx context.Context) (Exit, error) {
	out := x.writer(journal.Stdout, &x.stdout)
	marked := newDialogue(x.writer(journal.Stderr, &x.stderr), x.request.word)
	if x.out != nil {
		out = x.out
	}
	c := Command{Line: loginLine(x.request.script()), Direct: x.request.direct(), Word: x.request.word,
		Stdout: out, Stderr: marked, asked: x.request}
	if x.request.terminal {
		size := x.window()()
		marked.out = x.writer(journal.Terminal, &x.stdout)
		c.Terminal, c.Stdout, c.Stderr = &size, marked, nil
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	marked.on = func(mark string) { x.marked(ctx, mark) }
	if err := x.start(ctx, c); err != nil {
		return Exit{}, err
	}
	exit, err := x.wait(ctx)
	cancel() // questions that the end of the command made needless
	x.tasks.Wait()
	x.overdue.Stop()
	marked.flush()
	if released := x.release(); released != nil {
		return exit, errors.Join(err, fmt.Errorf("give the terminal back: %w", released))
	}
	return exit, err
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
		x.marks[markStarted] = 1
		x.attach()
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

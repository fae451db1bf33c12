package hosts

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"deployer/internal/hostshell"
	"deployer/pty"
)

// FuncOptions define a place whose commands are carried out by a function of this program: for tests, and for what is
// reached by other means than a shell.
type FuncOptions struct {
	Common
	Slug string
	// Run carries out a command and returns its exit status. It must return soon after ctx is done. An *Error says that
	// the command did not run, or that nobody knows how it ended. In a sandbox it is called for commands that only look.
	Run func(ctx context.Context, c Call) (status int, err error)
}

// Call is a command as a function carries it out.
type Call struct {
	Command  string
	Dir      string            // as it was given to Cd; "" is where commands start
	Env      map[string]string // secrets are revealed
	Prefixes []string          // commands that must succeed before
	Sudo     bool
	User     string // with Sudo; "" is root
	Terminal bool   // Stdin and Stdout are a terminal, and Stderr is not used
	Own      bool   // nobody gave it as a command: it is how files are read or written, facts found, and the like

	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// Call is the command as it was asked for, as far as that is known before it runs: without input, and with the tokens
// of secrets.
func (c Command) Call() Call {
	call := Call{
		Command: c.asked.Command, Dir: c.asked.Dir, Env: map[string]string{}, Sudo: c.asked.Sudo, User: c.asked.User,
		Terminal: c.asked.Terminal, Own: c.own,
		Stdin: strings.NewReader(""), Stdout: c.Stdout, Stderr: c.Stderr,
	}
	for _, s := range c.asked.Setup {
		if s.Variable == "" {
			call.Prefixes = append(call.Prefixes, s.Value)
		} else {
			call.Env[s.Variable] = s.Value
		}
	}
	return call
}

// Checks reports whether the command is only read by the shell of the host, and not run: in a sandbox.
func (c Command) Checks() bool { return c.check }

// Func is a place whose commands are carried out by a function.
type Func struct{ o FuncOptions }

// NewFunc returns such a place.
func NewFunc(o FuncOptions) (*Func, error) {
	switch {
	case o.Slug == "":
		return nil, errors.New("slug: a host needs a name")
	case o.Run == nil:
		return nil, fmt.Errorf("run: host %q needs a function", o.Slug)
	}
	return &Func{o}, nil
}

// Slug implements Host.
func (h *Func) Slug() string { return h.o.Slug }

// Address implements Host.
func (h *Func) Address() string { return h.o.Slug }

// Login implements Host.
func (h *Func) Login() string { return "" }

// Common implements Host.
func (h *Func) Common() Common { return h.o.Common }

// Start implements Host.
func (h *Func) Start(ctx context.Context, _ *Session, c Command) (Process, error) {
	stdin, keyboard := io.Pipe()
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	p := &funcProcess{
		stdin: stdin, keyboard: keyboard, stop: stop, ended: make(chan struct{}), abandoned: make(chan struct{}),
		err: h.failure(c, errors.New("the function did not return")),
	}
	go func() {
		defer close(p.ended)
		defer p.stop()
		defer p.stdin.Close() // whoever writes to it waits no more
		status, err := p.run(ctx, h, c)
		p.status, p.err = status, h.failure(c, err)
	}()
	return p, nil
}

// failure is what an error of the function says of its command.
func (h *Func) failure(c Command, err error) error {
	if err == nil {
		return nil
	}
	given := &Error{Fault: Lost, Err: err}
	errors.As(err, &given)
	failed := *given // it may be given more than once
	failed.Host, failed.Op = h.Slug(), cmp.Or(failed.Op, c.asked.Command)
	return &failed
}

// funcProcess is a command that a function carries out.
type funcProcess struct {
	stdin    *io.PipeReader
	keyboard *io.PipeWriter
	stop     context.CancelFunc
	ended    chan struct{}
	status   int // this and err are set before ended is closed
	err      error

	abandon   sync.Once
	abandoned chan struct{}
}

func (p *funcProcess) run(ctx context.Context, h *Func, c Command) (int, error) {
	marks := c.Stderr
	if c.Terminal != nil {
		marks = c.Stdout
	}
	_, _ = io.WriteString(marks, hostshell.Mark(c.asked.Word, hostshell.MarkStarted)) // into memory
	if c.check {
		return 0, nil
	}
	call, err := p.call(c)
	if err != nil {
		return 0, err
	}
	if c.Terminal == nil && !c.asked.Stream {
		go p.watch()
	}
	return h.o.Run(ctx, call)
}

// call is the command with all that it is given.
func (p *funcProcess) call(c Command) (Call, error) {
	call := c.Call()
	if len(c.asked.Secrets) == 0 && !c.asked.Input && !c.asked.Stream && !call.Terminal {
		return call, nil // nothing is read
	}
	lines := bufio.NewReader(p.stdin)
	for _, i := range c.asked.Secrets {
		value, err := readEncoded(lines)
		if err != nil {
			return call, err
		}
		call.Env[c.asked.Setup[i].Variable] = value
	}
	switch {
	case call.Terminal, c.asked.Stream:
		call.Stdin = lines
	case c.asked.Input:
		input, err := readEncoded(lines)
		if err != nil {
			return call, err
		}
		call.Stdin = strings.NewReader(strings.TrimPrefix(input, "."))
	}
	return call, nil
}

// watch ends the command when its standard input ends, as the supervisor of a real host does.
func (p *funcProcess) watch() {
	_, _ = io.Copy(io.Discard, p.stdin) // until its end, whichever
	p.stop()
}

// readEncoded reads a line that octal wrote.
func readEncoded(lines *bufio.Reader) (string, error) {
	line, err := lines.ReadString('\n')
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for line = strings.TrimSuffix(line, "\n"); line != ""; {
		if line[0] != '\\' {
			b.WriteByte(line[0])
			line = line[1:]
			continue
		}
		const size = len(`\0ooo`)
		if len(line) < size {
			return "", errors.New("the input ends within a character")
		}
		code, err := strconv.ParseUint(line[2:size], 8, 8)
		if err != nil {
			return "", err
		}
		b.WriteByte(byte(code))
		line = line[size:]
	}
	return b.String(), nil
}

// Stdin implements Process.
func (p *funcProcess) Stdin() io.WriteCloser { return p.keyboard }

// Resize implements Process. A function does not see the size of the window.
func (p *funcProcess) Resize(pty.Size) error { return nil }

// Wait implements Process.
func (p *funcProcess) Wait() (Exit, error) {
	select {
	case <-p.ended:
		return exit(p.status), p.err
	case <-p.abandoned:
		return Exit{}, &Error{Fault: Lost, Err: errors.New("it was abandoned")}
	}
}

// Interrupt implements Interrupter.
func (p *funcProcess) Interrupt() { p.stop() }

// Abandon implements Process. A function that does not heed its context is left behind.
func (p *funcProcess) Abandon() {
	p.abandon.Do(func() {
		p.stop()
		_ = p.keyboard.Close() // never fails
		close(p.abandoned)
	})
}

package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"sync"
	"syscall"

	"deployer/files"
	"deployer/pty"
)

// LocalOptions define this machine.
type LocalOptions struct {
	Common
	Slug string // "": localhost
}

// Local is this machine.
type Local struct{ o LocalOptions }

// NewLocal returns this machine as a host.
func NewLocal(o LocalOptions) (*Local, error) {
	if o.Slug == "" {
		o.Slug = "localhost"
	}
	return &Local{o}, nil
}

// Options returns what the host was made of.
func (h *Local) Options() LocalOptions { return h.o }

// Slug implements Host.
func (h *Local) Slug() string { return h.o.Slug }

// Address implements Host.
func (h *Local) Address() string { return "localhost" }

// Common implements Host.
func (h *Local) Common() Common { return h.o.Common }

// Login implements Host.
func (h *Local) Login() string { return ownUser() }

func ownUser() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return os.Getenv("USER")
}

// Start implements Host.
func (h *Local) Start(_ context.Context, _ *Session, c Command) (Process, error) {
	return startLocal(h, exec.Command("/bin/sh", "-c", c.Line), c)
}

// startLocal starts a command of this machine, in a session of its own.
func startLocal(h Host, cmd *exec.Cmd, c Command) (Process, error) {
	p := &localProcess{host: h, cmd: cmd}
	start := p.startPipes
	if c.Terminal != nil {
		start = p.startTerminal
	}
	if err := start(c); err != nil {
		return nil, &Error{Fault: Unreachable, Host: h.Slug(), Op: "start " + cmd.Path, Err: err}
	}
	return p, nil
}

// localProcess is a command of this machine.
type localProcess struct {
	host    Host
	cmd     *exec.Cmd
	stdin   io.WriteCloser
	sources []io.Closer // what the streams are read from
	streams streams
	once    sync.Once // closes the sources
	tty     *os.File  // nil without a terminal
}

func (p *localProcess) startPipes(c Command) error {
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	pipes, err := openPipes(3)
	if err != nil {
		return err
	}
	in, out, errs := pipes[0], pipes[1], pipes[2]
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in.r, out.w, errs.w
	p.stdin, p.sources = &onceCloser{WriteCloser: in.w}, []io.Closer{out.r, errs.r}
	err = p.cmd.Start()
	for _, theirs := range []*os.File{in.r, out.w, errs.w} {
		_ = theirs.Close() // our copies of the command's ends
	}
	if err != nil {
		p.closeSources()
		return errors.Join(err, p.stdin.Close())
	}
	p.streams.copy(c.Stdout, out.r)
	p.streams.copy(c.Stderr, errs.r)
	return nil
}

type pipe struct{ r, w *os.File }

func openPipes(n int) ([]pipe, error) {
	var pipes []pipe
	for range n {
		r, w, err := os.Pipe()
		if err != nil {
			for _, p := range pipes {
				err = errors.Join(err, p.r.Close(), p.w.Close())
			}
			return nil, err
		}
		pipes = append(pipes, pipe{r, w})
	}
	return pipes, nil
}

func (p *localProcess) startTerminal(c Command) error {
	tty, err := pty.Start(p.cmd, *c.Terminal)
	if err != nil {
		return err
	}
	p.tty = tty
	p.stdin = &onceCloser{WriteCloser: tty}
	p.sources = []io.Closer{tty}
	p.streams.copy(c.Stdout, tty)
	return nil
}

// Stdin implements Process.
func (p *localProcess) Stdin() io.WriteCloser { return p.stdin }

// Resize implements Process.
func (p *localProcess) Resize(size pty.Size) error {
	if p.tty == nil {
		return fmt.Errorf("%s has no terminal", p.cmd.Path)
	}
	return pty.Resize(p.tty, size)
}

// Wait implements Process.
func (p *localProcess) Wait() (Exit, error) {
	err := p.cmd.Wait()
	p.streams.finish(p.closeSources)
	p.closeSources()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		return Exit{}, &Error{Fault: Lost, Host: p.host.Slug(), Err: err}
	}
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if status.Signaled() {
		return exit(128 + int(status.Signal())), nil
	}
	return exit(status.ExitStatus()), nil
}

func (p *localProcess) closeSources() {
	p.once.Do(func() {
		for _, f := range p.sources {
			_ = f.Close() // read ends: nothing is lost
		}
	})
}

// Abandon implements Process. The supervisor sees the end of its standard input and goes on ending the command.
func (p *localProcess) Abandon() {
	_ = p.stdin.Close()
	p.closeSources()
	_ = p.cmd.Process.Signal(syscall.SIGHUP) // already gone is as well
}

// onceCloser can be closed more than once.
type onceCloser struct {
	io.WriteCloser
	once sync.Once
	err  error
}

func (c *onceCloser) Close() error {
	c.once.Do(func() { c.err = c.WriteCloser.Close() })
	return c.err
}

// files implements filer.
func (h *Local) files(context.Context, *Session) (files.System, func(), error) {
	return files.Local{}, func() {}, nil
}

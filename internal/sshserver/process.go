package sshserver

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"deployer/pty"
)

// A process is a command in a session of its own, and this side of its streams.
type process struct {
	server   *Server
	cmd      *exec.Cmd
	input    io.WriteCloser
	output   io.ReadCloser
	errors   io.ReadCloser // nil with a terminal
	terminal *os.File      // nil with pipes

	mu     sync.Mutex
	reaped bool // its number may belong to another process
}

// An end is how a process ended.
type end struct {
	status int
	signal string // without SIG; empty where it ended by itself
	core   bool
}

// startProcess starts cmd on a terminal, or with three pipes where t is nil.
func (s *Server) startProcess(cmd *exec.Cmd, t *terminal) (*process, error) {
	p := &process{server: s, cmd: cmd}
	start := p.startOnPipes
	if t != nil {
		start = func() error { return p.startOn(t) }
	}
	if err := s.running.start(p, start); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *process) startOn(t *terminal) (err error) {
	master, tty, err := pty.Open(t.size)
	if err != nil {
		return err
	}
	defer tty.Close()
	if err = pty.SetModes(tty, t.modes); err == nil {
		p.cmd.Env = append(p.cmd.Env, "TERM="+t.name, "SSH_TTY="+tty.Name())
		err = pty.StartOn(p.cmd, tty)
	}
	if err != nil {
		master.Close()
		return err
	}
	p.terminal, p.input, p.output = master, master, master
	return nil
}

func (p *process) startOnPipes() error {
	var pipes [3]struct{ r, w *os.File }
	defer func() {
		for i, pipe := range pipes {
			if theirs := []*os.File{pipe.r, pipe.w, pipe.w}[i]; theirs != nil {
				theirs.Close()
			}
		}
	}()
	for i := range pipes {
		var err error
		if pipes[i].r, pipes[i].w, err = os.Pipe(); err != nil {
			p.hangUp()
			return err
		}
		p.keep(i, pipes[i].r, pipes[i].w)
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = pipes[0].r, pipes[1].w, pipes[2].w
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err := p.cmd.Start()
	if err != nil {
		p.hangUp()
	}
	return err
}

// keep takes this side of the pipe of a stream: 0, 1 or 2.
func (p *process) keep(stream int, r, w *os.File) {
	switch stream {
	case 0:
		p.input = w
	case 1:
		p.output = r
	case 2:
		p.errors = r
	}
}

// hangUp closes this side of the process's streams. Where they are closed already, that is as well.
func (p *process) hangUp() {
	for _, c := range []io.Closer{p.input, p.output, p.errors} {
		if c != nil {
			_ = c.Close()
		}
	}
}

// wait waits for the process, not for those it started, and says how it ended.
func (p *process) wait() end {
	err := p.cmd.Wait()
	p.mu.Lock()
	p.reaped = true
	p.mu.Unlock()
	p.server.running.ended(p)
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		return end{status: 255}
	}
	status := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	if !status.Signaled() {
		return end{status: status.ExitStatus()}
	}
	return end{signal: signalName(status.Signal()), core: status.CoreDump()}
}

// signal sends a signal, named without SIG, to the process group, as sshd does.
func (p *process) signal(name string) bool {
	number := unix.SignalNum("SIG" + name)
	if !sshSignals[name] || number == 0 {
		return false
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.reaped && syscall.Kill(-p.cmd.Process.Pid, number) == nil
}

// sshSignals are those that RFC 4254 names.
var sshSignals = map[string]bool{
	"ABRT": true, "ALRM": true, "FPE": true, "HUP": true, "ILL": true, "INT": true, "KILL": true, "PIPE": true,
	"QUIT": true, "SEGV": true, "TERM": true, "USR1": true, "USR2": true,
}

func signalName(s syscall.Signal) string {
	name := unix.SignalName(s)
	if len(name) > 3 && sshSignals[name[3:]] {
		return name[3:]
	}
	return "SIG@openssh.com"
}

// command returns the login shell, that runs line, or asks for commands where line is empty.
func (c *session) command(line string) *exec.Cmd {
	o := c.server.options
	env := c.environment()
	if o.ForceCommand != "" {
		if line != "" {
			env = append(env, "SSH_ORIGINAL_COMMAND="+line)
		}
		line = o.ForceCommand
	}
	cmd := exec.Command(o.Shell, "-c", line)
	cmd.Args[0] = filepath.Base(o.Shell)
	if line == "" {
		cmd.Args = []string{"-" + filepath.Base(o.Shell)}
	}
	cmd.Dir, cmd.Env = o.Home, env
	return cmd
}

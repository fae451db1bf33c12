package hosts

import (
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// proxyConn is a connection made by a command: its standard input and output.
type proxyConn struct {
	in   io.WriteCloser
	out  io.Reader
	cmd  *exec.Cmd
	errs tail
	said chan struct{} // closed when its standard error has ended
	pool *pool
	end  sync.Once
}

const (
	proxyGrace = 2 * time.Second        // that the command has to end once its connection is closed
	saidGrace  = 500 * time.Millisecond // that its last words may take once the connection has failed
)

func startProxy(p *pool, command string) (net.Conn, error) {
	c := &proxyConn{pool: p, said: make(chan struct{})}
	c.cmd = exec.Command("/bin/sh", "-c", "exec "+command)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to handle
	c.cmd.WaitDelay = proxyGrace
	errs, err := c.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if c.out, err = c.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("proxy_command: %w", err)
	}
	p.tasks.Go(func() {
		defer close(c.said)
		io.Copy(&c.errs, errs) // ends with the command, or when Close stops waiting for it
	})
	return c, nil
}

func (c *proxyConn) Read(b []byte) (int, error) {
	n, err := c.out.Read(b)
	return n, c.explain(err)
}

func (c *proxyConn) Write(b []byte) (int, error) {
	n, err := c.in.Write(b)
	return n, c.explain(err)
}

// explain adds to the end of the connection what the command had to say about it.
func (c *proxyConn) explain(err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-c.said:
	case <-time.After(saidGrace): // something that it started keeps its standard error
	}
	return &proxyError{c.errs.String(), err}
}

// proxyError is the end of a connection that a command made.
type proxyError struct {
	said string // on its standard error
	err  error
}

func (e *proxyError) Error() string {
	if e.said == "" {
		return "proxy_command ended"
	}
	return fmt.Sprintf("proxy_command ended, and said %q", e.said)
}

func (e *proxyError) Unwrap() error { return e.err }

// Close ends the command.
func (c *proxyConn) Close() error {
	c.end.Do(func() {
		group := -c.cmd.Process.Pid
		syscall.Kill(group, syscall.SIGTERM) // an error means that it has ended
		c.in.Close()
		kill := time.AfterFunc(proxyGrace, func() { syscall.Kill(group, syscall.SIGKILL) })
		c.pool.tasks.Go(func() {
			c.cmd.Wait() // how it ended is of no interest
			kill.Stop()
		})
	})
	return nil
}

func (c *proxyConn) LocalAddr() net.Addr              { return proxyAddr{} }
func (c *proxyConn) RemoteAddr() net.Addr             { return proxyAddr{} }
func (c *proxyConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *proxyConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *proxyConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type proxyAddr struct{}

func (proxyAddr) Network() string { return "pipe" }
func (proxyAddr) String() string  { return "proxy_command" }

// tail keeps the end of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const saidSize = 400 // bytes

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if len(t.text) > saidSize {
		t.text = append([]byte(nil), t.text[len(t.text)-saidSize:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.TrimSpace(string(t.text))
}

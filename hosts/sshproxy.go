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
	io.Reader
	io.WriteCloser
	cmd    *exec.Cmd
	stderr tail
	pool   *pool
	end    sync.Once
}

// proxyGrace is how long the command may take to end once its connection is closed.
const proxyGrace = 2 * time.Second

func startProxy(p *pool, command string) (net.Conn, error) {
	c := &proxyConn{pool: p}
	c.cmd = exec.Command("/bin/sh", "-c", "exec "+command)
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // Ctrl-C is for us to handle
	c.cmd.Stderr = &c.stderr
	c.cmd.WaitDelay = proxyGrace
	in, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.Reader, c.WriteCloser = out, in
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("proxy_command: %w", err)
	}
	return c, nil
}

// Read adds to the end what the command had to say about it.
func (c *proxyConn) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	if err != nil {
		if said := c.stderr.String(); said != "" {
			err = fmt.Errorf("proxy_command said %q: %w", said, err)
		}
	}
	return n, err
}

// Close ends the command.
func (c *proxyConn) Close() error {
	c.end.Do(func() {
		group := -c.cmd.Process.Pid
		syscall.Kill(group, syscall.SIGTERM) // an error means that it has ended
		c.WriteCloser.Close()
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

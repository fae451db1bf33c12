package sshserver

import (
	"bufio"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

const versionLine = "SSH-2.0-deployer"

// A flaky connection is a TCP connection that can be made to fail.
type flaky struct {
	*net.TCPConn
	gate   *gate // of all connections of the server
	own    gate
	ended  atomic.Bool // it was closed in good order: what still comes is not for the server
	closed chan struct{}
	once   sync.Once
}

func newFlaky(tcp *net.TCPConn, g *gate) *flaky {
	return &flaky{TCPConn: tcp, gate: g, closed: make(chan struct{})}
}

// pass returns true once nothing freezes the connection, and false when it is closed first.
func (c *flaky) pass() bool { return c.gate.wait(c.closed) && c.own.wait(c.closed) }

// fail makes the connection fail. Where that has no effect it has failed already.
func (c *flaky) fail(how Failure) {
	switch how {
	case End:
		c.ended.Store(true)
		_ = c.CloseWrite()
	case Reset:
		c.reset()
	case Stall:
		c.own.shut()
	}
}

func (c *flaky) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	if !c.pass() {
		return 0, net.ErrClosed
	}
	if c.ended.Load() {
		return 0, io.EOF
	}
	return n, err
}

func (c *flaky) Write(p []byte) (int, error) {
	if !c.pass() {
		return 0, net.ErrClosed
	}
	return c.TCPConn.Write(p)
}

// Close closes the connection. After an end in good order it waits for that of the client: what the client had sent and
// nobody read would make a reset of the end, which overtakes what was sent before.
func (c *flaky) Close() error {
	c.once.Do(func() { close(c.closed) })
	if c.ended.Load() && c.SetReadDeadline(time.Now().Add(clientEnd)) == nil {
		_, _ = io.Copy(io.Discard, c.TCPConn) // in vain where the client has reset it
	}
	return c.TCPConn.Close()
}

// clientEnd is how long a client may take to close its side.
const clientEnd = 5 * time.Second

// reset closes the connection so that the client gets a reset rather than an end. Closing is all that can be done
// about a failure, and follows anyway.
func (c *flaky) reset() {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// dropped is what sshd does with a connection beyond its MaxStartups.
func (c *flaky) dropped() {
	_, _ = c.Write([]byte("Exceeded MaxStartups\r\n"))
	_ = c.Close()
}

// silent says first and then nothing, until the client goes away.
func (c *flaky) silent(first string) {
	if _, err := io.WriteString(c, first); err == nil {
		_, _ = io.Copy(io.Discard, c)
	}
	_ = c.Close()
}

// resetInKeyExchange exchanges version lines, waits for the first bytes of the client's key exchange, and resets.
func (c *flaky) resetInKeyExchange() {
	defer c.reset()
	if _, err := io.WriteString(c, versionLine+"\r\n"); err != nil {
		return
	}
	r := bufio.NewReader(c)
	if _, err := r.ReadString('\n'); err == nil {
		_, _ = r.ReadByte()
	}
}

// A gate lets pass, or makes wait until it opens again.
type gate struct {
	mu     sync.Mutex
	opened chan struct{} // closed when the gate opens; nil while it is open
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened == nil {
		g.opened = make(chan struct{})
	}
}

func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.opened != nil {
		close(g.opened)
		g.opened = nil
	}
}

// wait returns true once the gate is open, and false when giveUp is closed first.
func (g *gate) wait(giveUp <-chan struct{}) bool {
	for {
		g.mu.Lock()
		opened := g.opened
		g.mu.Unlock()
		if opened == nil {
			return true
		}
		select {
		case <-opened:
		case <-giveUp:
			return false
		}
	}
}

package hosts

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// sshConn is a connection on which somebody is logged in.
type sshConn struct {
	pool     *pool
	link     *link // guarded by pool.mu until run
	settings *settings
	client   *ssh.Client
	wire     *wire
	via      *sshConn // the jump host it goes through; held while this lives
	slots    *slots
	spare    spare
	sftp     sftpChannel
	guard    guard

	agentRefused sync.Once // the warning about that

	dead  chan struct{} // closed when the connection has ended
	mu    sync.Mutex
	cause error // why it ended; the first counts
}

// run starts what watches the connection.
func (c *sshConn) run() {
	c.pool.tasks.Go(func() {
		err := c.client.Wait()
		c.close(c.loss(err))
		c.pool.drop(c) // first, so that who finds it dead is given another one
		close(c.dead)
		if c.via != nil {
			c.pool.release(c.via)
		}
	})
	c.pool.tasks.Go(c.watch)
}

// close ends the connection, and with it everything that runs on it. It does not wait.
func (c *sshConn) close(cause error) {
	c.mu.Lock()
	if c.cause == nil {
		c.cause = cause
	}
	c.mu.Unlock()
	if c.via != nil {
		c.pool.tasks.Go(func() { c.wire.Close() }) // a frozen jump host may hold that up
		return
	}
	c.wire.Close() // what fails here has failed already
}

// ended returns why the connection ended, or nil.
func (c *sshConn) ended() error {
	select {
	case <-c.dead:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.cause
	default:
		return nil
	}
}

// gone reports whether the end of the connection is what err comes from. Channels notice it a moment earlier.
func (c *sshConn) gone(ctx context.Context, err error) bool {
	var refused *ssh.OpenChannelError
	if ctx.Err() != nil || errors.As(err, &refused) {
		return c.ended() != nil
	}
	timer := time.NewTimer(closeGrace)
	defer timer.Stop()
	select {
	case <-c.dead:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}

// watch sends keepalives, and closes the connection when nothing at all comes back for several of them. Neither
// x/crypto nor TCP would notice a peer that has gone. Ticks are counted and not time, since all the ticks of a time in
// which this program was stopped are one: what came meanwhile is read before the next.
func (c *sshConn) watch() {
	ticker := time.NewTicker(c.settings.keepalive)
	defer ticker.Stop()
	answered := make(chan struct{})
	close(answered) // there is none to wait for yet
	for before, missed := int64(0), 0; missed < c.settings.misses; {
		select {
		case <-ticker.C:
		case <-c.dead:
			return
		}
		missed++
		if now := c.wire.read.Load(); now != before { // the answer, or other data: not dead
			before, missed = now, 0
		}
		select {
		case <-answered:
			answered = c.ping()
		default:
		}
	}
	patience := time.Duration(c.settings.misses) * c.settings.keepalive
	c.close(&lossError{text: fmt.Sprintf("no answer to keepalives for %v", patience.Round(time.Millisecond))})
}

// ping sends a keepalive. The channel it returns is closed when the answer has come.
func (c *sshConn) ping() chan struct{} {
	answered := make(chan struct{})
	// A pool that is closed starts nothing: then the connection ends.
	_ = c.pool.start(func() {
		if _, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil); err == nil {
			close(answered)
		}
	})
	return answered
}

// answers sends a keepalive, and reports whether the answer came in time, or ctx ended before.
func (c *sshConn) answers(ctx context.Context, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.ping():
		return true
	case <-ctx.Done():
		return true
	case <-c.dead:
	case <-timer.C:
	}
	return false
}

// forwardAgent lets the host use the agent, for as long as the connection lives.
func (c *sshConn) forwardAgent() error {
	if c.settings.forwardedAgent == "" {
		return errors.New("agent_forwarding: there is no agent: SSH_AUTH_SOCK is not set")
	}
	return agent.ForwardToRemote(c.client, c.settings.forwardedAgent)
}

// sleep waits, but not beyond the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

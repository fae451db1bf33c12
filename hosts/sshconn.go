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
// x/crypto nor TCP would notice a peer that has gone.
func (c *sshConn) watch() {
	patience := time.Duration(c.settings.misses) * c.settings.keepalive
	ticker := time.NewTicker(c.settings.keepalive)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
		case <-c.dead:
			return
		}
		if !c.answers(patience) {
			c.close(&lossError{text: fmt.Sprintf("no answer to keepalives for %v", patience.Round(time.Millisecond))})
			return
		}
	}
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

// answers sends a keepalive and reports whether anything came back in time.
func (c *sshConn) answers(patience time.Duration) bool {
	answered := c.ping()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	before := c.wire.read.Load()
	for {
		select {
		case <-answered:
			return true
		case <-c.dead:
			return true
		case <-timer.C:
		}
		now := c.wire.read.Load()
		if now == before {
			return false
		}
		before = now // busy with other data: not dead
		timer.Reset(patience)
	}
}

// Sessions are opened at most sessionsOnce at a time on a connection: sshd has MaxSessions 10, and counts one for a
// moment after its end. It may have less: then the limit is lowered to what it took.
const (
	sessionsOnce  = 8
	refusalsLower = 6               // refusals one after the other that lower the limit
	refusalsEnd   = 5 * time.Second // of refusals without a single session until it is an error
)

// slots counts the sessions of a connection.
type slots struct {
	mu      sync.Mutex
	limit   int
	taken   int             // slots given out
	open    int             // sessions that the server took
	waiting []chan struct{} // in order; closed when a slot is given
}

func (s *slots) take(ctx context.Context) error {
	s.mu.Lock()
	if s.taken < s.limit && len(s.waiting) == 0 {
		s.taken++
		s.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
		s.withdraw(turn)
		return context.Cause(ctx)
	}
}

// withdraw leaves the queue, or gives back a slot that came at the same moment.
func (s *slots) withdraw(turn chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, w := range s.waiting {
		if w == turn {
			s.waiting = append(s.waiting[:i], s.waiting[i+1:]...)
			return
		}
	}
	s.taken--
	s.next()
}

// next needs s.mu.
func (s *slots) next() {
	for s.taken < s.limit && len(s.waiting) > 0 {
		s.taken++
		close(s.waiting[0])
		s.waiting = s.waiting[1:]
	}
}

// opened notes that the server took a session.
func (s *slots) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
}

// give returns a slot.
func (s *slots) give(opened bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if opened {
		s.open--
	}
	s.next()
}

// lower sets the limit to the number of open sessions, and reports whether there is any.
func (s *slots) lower() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = min(s.limit, max(1, s.open))
	return s.open > 0
}

// session opens a session channel; release gives it back. The server's refusals for want of room are waited out:
// nothing has run yet, so trying again is safe.
func (c *sshConn) session(ctx context.Context) (_ ssh.Channel, _ <-chan *ssh.Request, release func(), _ error) {
	var alone time.Time // since when it was refused although no other session was open
	for refusals := 0; ; refusals++ {
		if err := c.slots.take(ctx); err != nil {
			return nil, nil, nil, err
		}
		ch, requests, err := c.open(ctx)
		if err == nil {
			c.slots.opened()
			return ch, requests, func() { c.slots.give(true) }, nil
		}
		c.slots.give(false)
		if !isFull(err) {
			return nil, nil, nil, err
		}
		if refusals >= refusalsLower && c.slots.lower() {
			refusals, alone = 0, time.Time{}
		} else if alone.IsZero() {
			alone = time.Now()
		} else if time.Since(alone) > refusalsEnd {
			return nil, nil, nil, err
		}
		if err := sleep(ctx, 2*time.Millisecond<<min(refusals, 6)); err != nil {
			return nil, nil, nil, err
		}
	}
}

// isFull reports whether the server refused a session because it has too many.
func isFull(err error) bool {
	var refused *ssh.OpenChannelError
	return errors.As(err, &refused) &&
		(refused.Reason == ssh.ConnectionFailed || refused.Reason == ssh.ResourceShortage)
}

// open opens a session channel. A frozen server keeps no caller waiting whose context ends, and nobody for longer than
// the time limit of connecting.
func (c *sshConn) open(ctx context.Context) (ssh.Channel, <-chan *ssh.Request, error) {
	type result struct {
		ch       ssh.Channel
		requests <-chan *ssh.Request
		err      error
	}
	got := make(chan result)
	err := c.pool.start(func() {
		ch, requests, err := c.client.OpenChannel("session", nil)
		select {
		case got <- result{ch, requests, err}:
		case <-ctx.Done():
			if err == nil {
				go ssh.DiscardRequests(requests) // ends with the channel
				ch.Close()
			}
		}
	})
	if err != nil {
		return nil, nil, err
	}
	ticker := time.NewTicker(c.settings.timeout)
	defer ticker.Stop()
	for before := c.wire.read.Load(); ; {
		select {
		case r := <-got:
			return r.ch, r.requests, r.err
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		case <-ticker.C:
		}
		now := c.wire.read.Load()
		if now == before { // gone while the connection was idle: no need to wait for the keepalives
			c.close(&lossError{text: fmt.Sprintf("no answer to the request for a session within %v", c.settings.timeout)})
		}
		before = now
	}
}

// forwardAgent lets the host use the agent, for as long as the connection lives.
func (c *sshConn) forwardAgent() error {
	if c.settings.agent == "" {
		return errors.New("agent_forwarding: there is no agent: SSH_AUTH_SOCK is not set")
	}
	return agent.ForwardToRemote(c.client, c.settings.agent)
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

package hosts

import (
	"context"
	"sync"
	"time"
)

// spare is a session that is opened while a command is asked for, so that the next command need not wait for that: it
// takes one round trip instead of two. Nothing runs in it on the host. It takes no slot, and makes room when a command
// needs it.
type spare struct {
	mu      sync.Mutex
	busy    bool            // a command has run before this one, so that more are to be expected
	opening chan struct{}   // closed when the one that is being opened is ready, or failed; nil while none is
	claimed bool            // a command waits for it
	refused bool            // the server had no room for one
	ready   *sessionChannel // may be nil
}

// openSpare opens a spare session, unless there is one or no room. It does not wait.
func (c *sshConn) openSpare() {
	s := &c.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	wanted := s.busy && c.slots.room() && s.opening == nil && !s.refused && s.ready == nil
	s.busy = true
	if !wanted {
		return
	}
	opening := make(chan struct{})
	if c.pool.start(c.fillSpare) != nil { // the pool is closed, and this connection with it
		return
	}
	s.opening = opening
	if c.claimGuard() {
		_ = c.pool.start(func() { c.runGuard(opening) })
	}
}

func (c *sshConn) fillSpare() {
	ch, requests, err := c.client.OpenChannel("session", nil) // the keepalives end it on a frozen server
	s := &c.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.opening)
	s.opening, s.claimed = nil, false
	s.refused = s.refused || err != nil && isFull(err)
	if err == nil {
		s.ready = &sessionChannel{ch, requests}
	}
}

// trustTime is how long a connection may be silent until its spare session is not trusted. To open another one shows
// whether the connection has died meanwhile, before a command is sent: then it is sent on a new connection. Commands
// that follow each other never pay for that, whatever time they take, since the end of each is heard; after a pause as
// long as this nobody will notice a round trip.
const trustTime = time.Second

// awaitSpare waits for the spare session that is being opened, if nobody else does: it will be there before another one
// could be. A frozen server holds that up no longer than the time limit of connecting.
func (c *sshConn) awaitSpare(ctx context.Context) {
	s := &c.spare
	s.mu.Lock()
	opening := s.opening
	if opening == nil || s.claimed {
		s.mu.Unlock()
		return
	}
	s.claimed = true
	s.mu.Unlock()
	limit := time.NewTimer(c.settings.timeout)
	defer limit.Stop()
	select {
	case <-opening:
	case <-limit.C:
	case <-ctx.Done():
	}
}

// takeSpare returns the spare session, or nil if there is none that is open.
func (c *sshConn) takeSpare() *sessionChannel {
	s := &c.spare
	s.mu.Lock()
	defer s.mu.Unlock()
	ready := s.ready
	s.ready = nil
	if ready == nil {
		return nil
	}
	select {
	case <-ready.requests: // nothing is asked for in an idle session: the server closed it
		return nil
	default:
		return ready
	}
}

// dropSpare closes the spare session for good: the server needs its place for a command.
func (c *sshConn) dropSpare() {
	c.spare.mu.Lock()
	c.spare.refused = true
	c.spare.mu.Unlock()
	if ready := c.takeSpare(); ready != nil {
		_ = c.pool.start(func() { ready.Close() }) // when the pool is closed, so is the connection
	}
}

func (s *spare) isRefused() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refused
}

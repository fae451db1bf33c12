package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Commands run at most sessionsOnce at a time on a connection: sshd has MaxSessions 10, and counts one for a moment
// after its end; the guard and the spare session come on top. It may have less: then the limit is lowered to what it took.
const (
	sessionsOnce  = 7
	refusalsLower = 6               // refusals one after the other that lower the limit
	refusalsEnd   = 5 * time.Second // of refusals without a single session until it is an error
)

// slots counts the sessions of a connection.
type slots struct {
	mu      sync.Mutex
	limit   int
	taken   int             // slots given out
	open    int             // sessions that the server took
	last    time.Time       // when it took one, or one ended
	waiting []chan struct{} // in order; closed when a slot is given
}

// tryTake takes a slot if one is free and nobody waits for it.
func (s *slots) tryTake() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken >= s.limit || len(s.waiting) > 0 {
		return false
	}
	s.taken++
	return true
}

func (s *slots) take(ctx context.Context) error {
	if s.tryTake() {
		return nil
	}
	s.mu.Lock()
	turn := make(chan struct{})
	s.waiting = append(s.waiting, turn)
	s.next()
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

// room reports whether there may be more sessions.
func (s *slots) room() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.taken < s.limit
}

// opened notes that the server took a session.
func (s *slots) opened() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open++
	s.last = time.Now()
}

// give returns a slot.
func (s *slots) give(opened bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken--
	if opened {
		s.open--
		s.last = time.Now()
	}
	s.next()
}

// unused is how long there has been no session.
func (s *slots) unused() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open > 0 {
		return 0
	}
	return time.Since(s.last)
}

// lower sets the limit to the number of open sessions, and reports whether there is any.
func (s *slots) lower() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = min(s.limit, max(1, s.open))
	return s.open > 0
}

// sessionChannel is an open session on which nothing was started yet. It has a slot.
type sessionChannel struct {
	ssh.Channel
	requests <-chan *ssh.Request
}

// session returns a session channel, whose slot is to be given back. The server's refusals for want of room are waited
// out: nothing has run yet, so trying again is safe.
func (c *sshConn) session(ctx context.Context) (*sessionChannel, error) {
	var alone time.Time // since when it was refused although no other session was open
	for refusals := 0; ; refusals++ {
		if err := c.slots.take(ctx); err != nil {
			return nil, err
		}
		ch, err := (*sessionChannel)(nil), error(nil)
		if !c.wire.silent(c.pool.trustTime) {
			c.awaitSpare(ctx)
			ch = c.takeSpare()
		}
		if ch == nil {
			ch, err = c.open(ctx)
		}
		if err == nil {
			c.slots.opened()
			return ch, nil
		}
		c.slots.give(false)
		if !isFull(err) {
			return nil, err
		}
		c.dropSpare()
		if refusals >= refusalsLower && c.slots.lower() {
			refusals, alone = 0, time.Time{}
		} else if alone.IsZero() {
			alone = time.Now()
			c.dropSFTP()
		} else if min(time.Since(alone), c.slots.unused()) > c.pool.refusalsEnd { // else others had their turn meanwhile
			return nil, err
		}
		if err := sleep(ctx, 2*time.Millisecond<<min(refusals, 6)); err != nil {
			return nil, err
		}
	}
}

// isFull reports whether the server refused a session because it has too many.
func isFull(err error) bool {
	var refused *ssh.OpenChannelError
	return errors.As(err, &refused) &&
		(refused.Reason == ssh.ConnectionFailed || refused.Reason == ssh.ResourceShortage)
}

// openedSession is the answer to the request for a session.
type openedSession struct {
	ch  *sessionChannel
	err error
}

// ask asks for a session. What is answered when nobody wants it any more is closed.
func (c *sshConn) ask(unwanted <-chan struct{}) <-chan openedSession {
	opened := make(chan openedSession)
	go func() { // ends with the answer: x/crypto never gives one to what is asked when the connection ends
		ch, requests, err := c.client.OpenChannel("session", nil)
		select {
		case opened <- openedSession{&sessionChannel{ch, requests}, err}:
		case <-unwanted:
			if err == nil {
				go ssh.DiscardRequests(requests) // ends with the channel
				ch.Close()
			}
		}
	}()
	return opened
}

// open opens a session channel. A frozen server keeps no caller waiting whose context ends, and nobody for longer than
// the time limit of connecting.
func (c *sshConn) open(ctx context.Context) (*sessionChannel, error) {
	unwanted := make(chan struct{})
	defer close(unwanted)
	opened, dead := c.ask(unwanted), c.dead
	var over <-chan time.Time // set when the connection has ended
	ticker := time.NewTicker(c.settings.timeout)
	defer ticker.Stop()
	for before := c.wire.read.Load(); ; {
		select {
		case r := <-opened:
			return r.ch, r.err
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-dead:
			dead, over = nil, time.After(closeGrace)
			continue
		case <-over:
			return nil, io.EOF
		case <-ticker.C:
		}
		now := c.wire.read.Load()
		if now == before { // gone while the connection was idle: no need to wait for the keepalives
			c.close(&lossError{text: fmt.Sprintf("no answer to the request for a session within %v", c.settings.timeout)})
		}
		before = now
	}
}

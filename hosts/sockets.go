package hosts

import (
	"context"
	"sync"
	"syscall"
	"time"
)

// sockets are the connections that this machine has open itself, not through others: it can have only so many.
type sockets struct {
	mu    sync.Mutex // guards what follows
	open  int
	freed chan struct{} // closed when there is one less
	next  time.Time     // when the next one may begin, see pace
}

// take waits until one more may be open. idle closes a connection that nobody uses, if there is one.
func (s *sockets) take(ctx context.Context, most int, idle func()) error {
	for {
		s.mu.Lock()
		if s.open < most {
			s.open++
			s.mu.Unlock()
			return nil
		}
		if s.freed == nil {
			s.freed = make(chan struct{})
		}
		freed := s.freed
		s.mu.Unlock()
		idle()
		timer := time.NewTimer(lookAgain)
		select {
		case <-freed:
		case <-timer.C: // a connection that is given back meanwhile is not closed, and tells nobody
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
}

// lookAgain is how often a connection that nobody uses is looked for, where there are too many.
const lookAgain = 20 * time.Millisecond

func (s *sockets) give() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open--
	if s.freed != nil {
		close(s.freed)
		s.freed = nil
	}
}

// Connections begin at most so fast, after so many that may begin at once: a thousand in the same moment are hard on name
// servers, on what looks accounts up, and on jump hosts.
const (
	paceEach  = 200 * time.Microsecond
	paceBurst = 32
)

// pace waits until a connection may begin.
func (s *sockets) pace(ctx context.Context) error {
	s.mu.Lock()
	now := time.Now()
	if first := now.Add(-paceBurst * paceEach); s.next.Before(first) {
		s.next = first
	}
	s.next = s.next.Add(paceEach)
	wait := s.next.Sub(now)
	s.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	return sleep(ctx, wait)
}

// berth is the place of one of them.
type berth struct {
	of   *sockets
	once sync.Once
}

// close may be called more than once. A connection through another one has none.
func (s *berth) close() {
	if s != nil {
		s.once.Do(s.of.give)
	}
}

// mostSockets is how many connections may be open: what was asked for, but no more than three quarters of the files that
// this process may have open, for commands of this machine, copies and logs need some too.
func mostSockets(asked int) int {
	most := 1 << 20
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err == nil && limit.Cur < 1<<20 {
		most = max(int(limit.Cur)*3/4-16, 4)
	}
	if asked > 0 {
		return min(asked, most)
	}
	return most
}

// takeBerth waits until there may be one more, before a connection is made that goes through no other.
func (d *dialling) takeBerth(ctx context.Context, watch *watchdog) (*berth, error) {
	defer watch.pause()() // that is not the host's time
	p := d.pool
	if err := p.sockets.pace(ctx); err != nil {
		return nil, err
	}
	if err := p.sockets.take(ctx, mostSockets(p.session().opts.Connections), p.closeIdle); err != nil {
		return nil, err
	}
	return &berth{of: &p.sockets}, nil
}

// closeIdle closes the connection that has been idle for longest, if there is one.
func (p *pool) closeIdle() {
	p.mu.Lock()
	oldest := p.oldest()
	if oldest != nil {
		p.forget(oldest)
	}
	p.mu.Unlock()
	if oldest != nil {
		oldest.conn.close(errIdle)
	}
}

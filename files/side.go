package files

import (
	"context"
	"sync"
)

// side is where a copy comes from, or goes to. Its files are opened once for all jobs, since that may take longer than a
// small file does, and once more when their connection was lost.
type side struct {
	open func(context.Context) (on System, release func(), err error)

	mu     sync.Mutex // guards what follows
	last   *opened    // nil: not open, or no use any more
	closed bool
}

// opened are files that are open.
type opened struct {
	on      System
	release func()
	users   int
	over    bool // it has no more users to come
}

// use returns the files, until done is called with how it went. Who comes meanwhile waits: ctx is that of all.
func (s *side) use(ctx context.Context) (on System, done func(error), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last == nil {
		on, release, err := s.open(ctx)
		if err != nil {
			return nil, nil, err
		}
		s.last = &opened{on: on, release: release, over: s.closed}
	}
	o := s.last
	o.users++
	return o.on, func(err error) { s.leave(o, err) }, nil
}

func (s *side) leave(o *opened, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o.users--
	if isLost(err) {
		o.over = true
	}
	s.settle(o)
}

// settle lets go of files that are over and have no users.
func (s *side) settle(o *opened) {
	if !o.over {
		return
	}
	if s.last == o {
		s.last = nil
	}
	if o.users == 0 {
		o.release()
	}
}

// close lets go of the files when the last user has left.
func (s *side) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.last != nil {
		s.last.over = true
		s.settle(s.last)
	}
}

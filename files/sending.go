package files

import (
	"io"
	"runtime"
	"sync"
)

// sending collects what is asked of a server while what was asked before is on its way. Requests are small and come in
// crowds: each of them in a packet of its own costs both sides twice as much.
type sending struct {
	to    io.WriteCloser
	start func(task func()) error // runs a task in a goroutine that its owner waits for

	mu      sync.Mutex // guards what follows
	sent    sync.Cond  // something has been sent, or will not be any more
	busy    bool       // send is at work
	waiting []byte
	spare   []byte // memory for it
	err     error  // the first; it is sticky
}

func newSending(to io.WriteCloser, start func(task func()) error) *sending {
	s := &sending{to: to, start: start}
	s.sent.L = &s.mu
	return s
}

// maxWaiting is how many bytes may wait before more is taken.
const maxWaiting = 256 << 10

// Write implements io.Writer. What it is given is sent later. That this fails is told to those who write after that, and
// to nobody else: what cannot be written to gives no answers either.
func (s *sending) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) >= maxWaiting && s.err == nil {
		s.sent.Wait()
	}
	if s.err != nil {
		return 0, s.err
	}
	s.waiting = append(s.waiting, b...)
	if !s.busy {
		s.err = s.start(s.send)
		s.busy = s.err == nil
	}
	return len(b), s.err
}

// send sends until nothing waits any more.
func (s *sending) send() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.waiting) > 0 && s.err == nil {
		s.mu.Unlock()
		runtime.Gosched() // to all who are about to ask for something
		s.mu.Lock()
		b := s.waiting
		s.waiting, s.spare = s.spare[:0], nil
		s.mu.Unlock()
		_, err := s.to.Write(b)
		s.mu.Lock()
		s.spare, s.err = b, err
		s.sent.Broadcast()
	}
	s.busy = false
}

// Close implements io.Closer. What waits is not sent any more.
func (s *sending) Close() error { return s.to.Close() }

package sftp

import (
	"io"
	"runtime"
	"sync"
)

// sending collects what is asked of a server while what was asked before is on its way. Requests are small and come in
// crowds: each of them in a packet of its own costs both sides twice as much.
type sending struct {
	to     io.WriteCloser
	start  func(task func()) error // runs a task in a goroutine that its owner waits for
	buffer []byte                  // what is sent next; used by send alone

	mu      sync.Mutex // guards what follows
	busy    bool       // send is at work
	waiting [][]byte
	spare   [][]byte // memory for it
	err     error    // the first; it is sticky
}

// chunk is how many bytes are sent at a time, at most: some packets of SSH, which are full then.
const chunk = 64 << 10

// add has some parts sent, one after the other. They must stay as they are until they are answered. That sending fails is
// told to those who add more after that, and to nobody else: what cannot be written to gives no answers either.
func (s *sending) add(parts ...[]byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.waiting = append(s.waiting, parts...)
	if !s.busy {
		s.err = s.start(s.send)
		s.busy = s.err == nil
	}
	return s.err
}

// send sends until nothing waits any more.
func (s *sending) send() {
	for parts := s.next(); parts != nil; parts = s.next() {
		err := s.write(parts)
		clear(parts) // so that they can be collected
		s.mu.Lock()
		s.spare, s.err = parts, err
		s.mu.Unlock()
	}
}

// next returns what waits, or nil.
func (s *sending) next() [][]byte {
	runtime.Gosched() // to all who are about to ask for something
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.waiting) == 0 || s.err != nil {
		s.busy = false
		return nil
	}
	parts := s.waiting
	s.waiting, s.spare = s.spare[:0], nil
	return parts
}

// write sends parts as one.
func (s *sending) write(parts [][]byte) error {
	for _, part := range parts {
		for len(part) > 0 {
			n := min(len(part), chunk-len(s.buffer))
			s.buffer, part = append(s.buffer, part[:n]...), part[n:]
			if len(s.buffer) == chunk {
				if err := s.flush(); err != nil {
					return err
				}
			}
		}
	}
	return s.flush()
}

func (s *sending) flush() error {
	if len(s.buffer) == 0 {
		return nil
	}
	_, err := s.to.Write(s.buffer)
	s.buffer = s.buffer[:0]
	return err
}

// Close implements io.Closer. What waits is not sent any more.
func (s *sending) Close() error { return s.to.Close() }

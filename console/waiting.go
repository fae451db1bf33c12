package console

import (
	"time"

	"deployer/journal"
)

// slow is how long a connection takes before it is shown.
const slow = time.Second

// startWaiting shows a connection if it is not made soon.
func (s *Screen) startWaiting(e journal.Event) {
	s.waiting[e.ID] = time.AfterFunc(slow, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.waiting[e.ID] != nil {
			// An error shows with the next event, which cannot be written either.
			_ = s.note(e)
		}
	})
}

// note shows that something takes its time.
func (s *Screen) note(e journal.Event) error {
	line := logLine(e, s.stderr.palette)
	if s.view != nil {
		return s.view.note(e, line)
	}
	return s.log(line)
}

func (s *Screen) stopWaiting(id uint64) {
	if timer := s.waiting[id]; timer != nil {
		timer.Stop()
		delete(s.waiting, id)
	}
}

package journal

import (
	"bytes"
	"slices"
	"sync"
)

// Recorder is a sink that keeps every event, for tests and for programs that look at a run when it is over. The zero
// value has none. It is safe for use by many goroutines.
type Recorder struct {
	mu  sync.Mutex
	all []Event
}

// Write implements Sink. It never fails.
func (r *Recorder) Write(e Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Data = bytes.Clone(e.Data)
	r.all = append(r.all, e)
	return nil
}

// Events are the events of some kinds so far, in their order; without kinds, all of them.
func (r *Recorder) Events(kinds ...Kind) []Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(r.all), func(e Event) bool {
		return len(kinds) > 0 && !slices.Contains(kinds, e.Kind)
	})
}

// Forget drops all events.
func (r *Recorder) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = nil
}

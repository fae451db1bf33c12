package deployer

import (
	"context"
	"fmt"
	"os"
	"sync"
	"syscall"
)

// signals are what ends the program, or what it is doing.
type signals struct {
	mu    sync.Mutex
	whole *work
	now   *work // what Ctrl-C ends: the innermost work
	last  os.Signal
}

// work is what a signal ends. The first interrupts it, the second abandons it.
type work struct {
	stop    context.CancelCauseFunc
	abandon chan struct{} // closed by the second signal
	count   int
}

func newWork(stop context.CancelCauseFunc) *work {
	return &work{stop: stop, abandon: make(chan struct{})}
}

// begin is called once, with what ends the program.
func (s *signals) begin(stop context.CancelCauseFunc) {
	s.whole = newWork(stop)
	s.now = s.whole
}

// inner returns a context that Ctrl-C ends in place of the program, until release is called.
func (s *signals) inner(ctx context.Context) (_ context.Context, release func()) {
	ctx, stop := context.WithCancelCause(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	outer := s.now
	s.now = newWork(stop)
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = outer
		stop(nil)
	}
}

// abandoned is closed at the second signal to what is going on now.
func (s *signals) abandoned() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now.abandon
}

// listen takes signals until done is closed.
func (s *signals) listen(from <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case one := <-from:
			s.take(one)
		case <-done:
			return
		}
	}
}

// take ends what a signal ends: those of the keyboard the innermost work, every other one all.
func (s *signals) take(one os.Signal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = one
	if keyOf(one) == "" && s.now != s.whole {
		s.whole.take(one)
	}
	s.now.take(one)
}

func (w *work) take(one os.Signal) {
	w.count++
	switch w.count {
	case 1:
		w.stop(&signalError{one})
	case 2:
		close(w.abandon)
	}
}

// leave returns once the program was told twice to end and does not: it waits for a terminal that takes nothing, or for
// code that heeds no context. It returns the exit status, or false when the program has ended.
func (s *signals) leave(ended <-chan struct{}) (status int, left bool) {
	select {
	case <-ended:
		return 0, false
	case <-s.whole.abandon:
	}
	if within(2*lastPatience, ended) {
		return 0, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return (&signalError{s.last}).status(), true
}

// keyOf returns the key that sends a signal; "" if there is none.
func keyOf(signal os.Signal) string {
	switch signal {
	case os.Interrupt:
		return "Ctrl-C"
	case syscall.SIGQUIT:
		return `Ctrl-\`
	}
	return ""
}

// signalError is the cause of a run that a signal interrupted.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string {
	if key := keyOf(e.signal); key != "" {
		return "by " + key
	}
	return fmt.Sprintf("by a signal: %v", e.signal)
}

func (e *signalError) status() int {
	if n, ok := e.signal.(syscall.Signal); ok {
		return 128 + int(n)
	}
	return exitInterrupted
}

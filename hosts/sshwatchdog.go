package hosts

import (
	"fmt"
	"sync"
	"time"
)

// timeoutError is a phase of connecting that took too long.
type timeoutError struct {
	phase string
	limit time.Duration
}

func (e *timeoutError) hint() string {
	if e.phase == phaseConnect {
		return "is the machine up, and may this one reach its port?"
	}
	return "the machine may be overloaded; timeout= sets the limit"
}

// What is missing in the phases of connecting.
const (
	phaseConnect = "no connection"
	phaseGreet   = "connected, but no greeting from an SSH server"
	phaseKeys    = "the SSH server greeted, but agreed on no keys"
	phaseLogin   = "the login did not end"
)

func (e *timeoutError) Error() string { return fmt.Sprintf("%s within %v", e.phase, e.limit) }

// watchdog gives every phase of an attempt the same time. It works on any connection, where deadlines work on sockets
// only, and can be stopped while a person is asked.
type watchdog struct {
	limit  time.Duration
	expire func(error)
	slow   func() // called when a phase takes slowPhase

	mu    sync.Mutex
	now   string
	timer *time.Timer
	slows *time.Timer
	known bool // the host key was verified
}

// slowPhase is how long a phase of connecting takes before others work in the place of who waits for it.
const slowPhase = 2 * time.Second

// phase begins a phase; name says what is missing while it lasts.
func (w *watchdog) phase(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halt()
	w.now = name
	w.slows = time.AfterFunc(slowPhase, w.slow)
	w.timer = time.AfterFunc(w.limit, func() { w.expire(&timeoutError{w.doing(), w.limit}) })
}

// rename says better what is missing, within the same phase.
func (w *watchdog) rename(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = name
}

func (w *watchdog) pause() (resume func()) {
	name := w.doing()
	w.stop()
	return func() { w.phase(name) }
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halt()
}

// halt needs w.mu.
func (w *watchdog) halt() {
	if w.timer != nil {
		w.timer.Stop()
		w.slows.Stop()
	}
}

func (w *watchdog) doing() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *watchdog) verify() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.known = true
}

func (w *watchdog) verified() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.known
}

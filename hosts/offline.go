package hosts

import (
	"errors"
	"net"
	"sync"
	"syscall"
)

// offline are the hosts that could not be reached at all, in the order in which that was found out, and those where
// something was begun.
type offline struct {
	mu    sync.Mutex
	down  []*Error
	begun map[string]bool
}

// begin notes that something has begun on a host: if it vanishes now, that is no host which was left out.
func (o *offline) begin(slug string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.begun == nil {
		o.begun = map[string]bool{}
	}
	o.begun[slug] = true
}

// of returns the error of a host that is left out, or nil.
func (o *offline) of(slug string) *Error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.down {
		if e.Host == slug {
			return e
		}
	}
	return nil
}

// skip notes that a host is left out, if nothing has begun there.
func (o *offline) skip(e *Error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.begun[e.Host] {
		e.Skipped = true
		o.down = append(o.down, e)
	}
}

// Offline returns the errors of the hosts that are left out since they are offline, see Options.SkipOffline.
func (s *Session) Offline() []*Error {
	s.offline.mu.Lock()
	defer s.offline.mu.Unlock()
	var all []*Error
	for _, e := range s.offline.down {
		if s.used.has(e.Host) { // a jump host is none of the run's
			all = append(all, e)
		}
	}
	return all
}

// cannotReach reports whether nothing answered at all at the address of a host.
func cannotReach(err error) bool {
	var timeout *timeoutError
	var lookup *net.DNSError
	if errors.As(err, &timeout) {
		return timeout.phase == phaseConnect
	}
	for _, number := range []error{
		syscall.ECONNREFUSED, syscall.EHOSTUNREACH, syscall.ENETUNREACH, syscall.EHOSTDOWN, syscall.ETIMEDOUT,
	} {
		if errors.Is(err, number) {
			return true
		}
	}
	return errors.As(err, &lookup)
}

// joinErrors joins the errors of hosts that worked at once. Those which are left out have none, unless all are: an action
// that nothing came of has not succeeded.
func joinErrors(handles []*Handle, errs []error) error {
	var kept []error
	for i, err := range errs {
		if on := Errors(err); len(on) != 1 || !on[0].Skipped || on[0].Host != handles[i].Slug() {
			kept = append(kept, err)
		}
	}
	if len(kept) == 0 {
		kept = errs
	}
	return errors.Join(kept...)
}

package hosts

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// leftError is the cause of what ends since the run goes on without its host.
type leftError struct {
	silent time.Duration // how long the command had been silent; 0: it was not parked
}

func (e *leftError) Error() string {
	if e.silent == 0 {
		return "the run went on without this host"
	}
	return fmt.Sprintf("silent for %v, and the run went on without this host", e.silent.Round(time.Second/10))
}

// faultOf is the fault of what ended with its context.
func faultOf(cause error) Fault {
	if errors.As(cause, new(*leftError)) {
		return Parked
	}
	return Interrupted
}

// Leave lets the run go on without a host: what runs there is told to end, as at a time limit, whatever it waits for (the
// connection, a password, its own end), and nothing more is begun there. All of that fails with the fault Parked. It
// returns at once, and may be called at any time, also for a host that nothing has run on yet.
func (s *Session) Leave(slug string) { s.posts.leave(slug) }

// posts are all who work in a session. They know when only parked hosts are left.
type posts struct {
	session *Session

	mu      sync.Mutex // guards what follows
	on      map[string]map[*post]bool
	left    map[string]*leftError
	working int                 // seats that are taken, and not by a parked command
	parked  map[*post]time.Time // and since when it was silent
	alone   *time.Timer         // runs while only parked hosts are left
}

func newPosts(s *Session) *posts {
	return &posts{session: s, on: map[string]map[*post]bool{}, left: map[string]*leftError{}, parked: map[*post]time.Time{}}
}

// add returns an error for a host that was left.
func (all *posts) add(p *post) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if p.own {
		all.working++
	}
	all.change(p.seat, func(at *seat) { at.posts++ })
	if all.on[p.slug] == nil {
		all.on[p.slug] = map[*post]bool{}
	}
	all.on[p.slug][p] = true
	if left := all.left[p.slug]; left != nil {
		return left
	}
	return nil
}

// hasLeft returns nil for a host that was not left.
func (all *posts) hasLeft(slug string) error {
	all.mu.Lock()
	defer all.mu.Unlock()
	if left := all.left[slug]; left != nil {
		return left
	}
	return nil
}

func (all *posts) remove(p *post) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.unpark(p)
	if delete(all.on[p.slug], p); len(all.on[p.slug]) == 0 {
		delete(all.on, p.slug)
	}
	all.change(p.seat, func(at *seat) { at.posts-- })
	if p.own {
		all.working--
		all.look()
	}
}

// sit notes that a seat is taken, until the function that it returns is called.
func (all *posts) sit() (rise func()) {
	count := func(more int) {
		all.mu.Lock()
		defer all.mu.Unlock()
		all.working += more
		all.look()
	}
	count(1)
	return func() { count(-1) }
}

// delegate notes that the work of a seat is done by others, until the function that it returns is called.
func (all *posts) delegate(at *seat) (done func()) {
	if at == nil {
		return func() {}
	}
	count := func(more int) {
		all.mu.Lock()
		defer all.mu.Unlock()
		all.change(at, func(at *seat) { at.others += more })
	}
	count(1)
	return func() { count(-1) }
}

// change changes who is at a seat, and counts it as working or not. It needs all.mu.
func (all *posts) change(at *seat, how func(*seat)) {
	before := at.works()
	how(at)
	switch after := at.works(); {
	case before && !after:
		all.working--
	case after && !before:
		all.working++
	}
	all.look()
}

// works reports whether somebody works at the seat. It needs posts.mu.
func (at *seat) works() bool { return at.others == 0 && (at.parked == 0 || at.parked < at.posts) }

// park notes that the command at p has been silent since a moment, and reports whether it is the first on its host.
func (all *posts) park(p *post, since time.Time) (first bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	first = !all.parkedOn(p.slug)
	all.parked[p] = since
	all.change(p.seat, func(at *seat) { at.parked++ })
	return first
}

// back notes that the command at p is not silent any more, and reports whether no other of its host is.
func (all *posts) back(p *post) (last bool) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.unpark(p)
	return !all.parkedOn(p.slug)
}

// parkedOn needs all.mu.
func (all *posts) parkedOn(slug string) bool {
	for p := range all.on[slug] {
		if _, parked := all.parked[p]; parked {
			return true
		}
	}
	return false
}

// unpark needs all.mu.
func (all *posts) unpark(p *post) {
	if _, parked := all.parked[p]; parked {
		delete(all.parked, p)
		all.change(p.seat, func(at *seat) { at.parked-- })
	}
}

// onlyParked needs all.mu.
func (all *posts) onlyParked() bool { return all.working == 0 && len(all.parked) > 0 }

// look begins or ends the time for which parked hosts that are alone are waited for. It needs all.mu.
func (all *posts) look() {
	switch patience := all.session.opts.LeaveParked; {
	case !all.onlyParked() || patience <= 0:
		if all.alone != nil {
			all.alone.Stop()
			all.alone = nil
		}
	case all.alone == nil:
		all.alone = time.AfterFunc(patience, all.leaveParked)
	}
}

// leaveParked leaves all parked hosts, if no other works.
func (all *posts) leaveParked() {
	all.mu.Lock()
	var slugs []string
	if all.onlyParked() {
		for p := range all.parked {
			slugs = append(slugs, p.slug)
		}
	}
	all.mu.Unlock()
	for _, slug := range slugs {
		all.leave(slug)
	}
}

func (all *posts) leave(slug string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	if all.left[slug] != nil {
		return
	}
	all.left[slug] = &leftError{}
	for p := range all.on[slug] {
		if since, parked := all.parked[p]; parked {
			all.left[slug] = &leftError{time.Since(since)}
		}
	}
	for p := range all.on[slug] {
		p.cancel(all.left[slug])
	}
}

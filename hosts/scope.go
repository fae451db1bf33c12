package hosts

import (
	"context"
	"sync"
)

// Scope is where in a run something happens. It travels in the context.
type Scope struct {
	Node     string // path of the node whose action runs
	Cell     string // slug of the host in whose cell that is; may be ""
	Group    string // its group: sudo passwords are asked once per account and group
	Parent   uint64 // ID of the action in the journal
	Sandbox  bool   // nothing may be changed
	Parallel bool   // several hosts are at work: no command takes the terminal
}

type scopeKey struct{}

// WithScope returns a context in which things happen at s.
func WithScope(ctx context.Context, s Scope) context.Context {
	return context.WithValue(ctx, scopeKey{}, s)
}

// ScopeOf returns where things happen in ctx.
func ScopeOf(ctx context.Context) Scope {
	s, _ := ctx.Value(scopeKey{}).(Scope)
	return s
}

// Parallel calls do(ctx, i) for every i below n, at most as many at once as the session lets hosts work, and returns
// their errors in order. It never stops at an error. With n above 1 the context of the calls says that they are parallel.
// One that waits for a person gives up its place, see [Rest]; not where hosts work one at a time, since who wants that does
// not want to see the next one while he is asked about this one.
func (s *Session) Parallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error {
	errs := make([]error, n)
	if n == 1 {
		errs[0] = do(ctx, 0)
		return errs
	}
	scope := ScopeOf(ctx)
	scope.Parallel = true
	ctx = WithScope(ctx, scope)

	defer s.posts.delegate(seatOf(ctx))()
	var wait sync.WaitGroup
	places := make(chan struct{}, s.opts.Limit)
	for i := range n {
		places <- struct{}{}
		wait.Go(func() {
			growStack()
			at := &seat{places: places}
			defer at.leave()
			ctx := ctx
			if !s.OneAtATime() {
				ctx = context.WithValue(ctx, seatKey{}, at)
				defer s.posts.sit()()
			}
			errs[i] = do(ctx, i)
		})
	}
	wait.Wait()
	return errs
}

// seat is the place of one of several that work at once. It is left as long as one of its goroutines waits for a person.
type seat struct {
	places chan struct{} // nil: it is of nobody else's use

	posts, parked, others int // commands, those of them that are silent, and calls that wait for others; see posts

	coming sync.Mutex // held by the goroutine that takes a place again

	mu      sync.Mutex
	resting int // goroutines that wait; below 0 where one that gave up was not told yet to wait
	left    bool
}

type seatKey struct{}

func seatOf(ctx context.Context) *seat {
	at, _ := ctx.Value(seatKey{}).(*seat)
	return at
}

// Rest gives up the place that a call of [Session.Parallel] has, while it waits for a person: others work meanwhile.
// The function that it returns waits for a place again, as long as ctx lasts.
func Rest(ctx context.Context) (back func()) {
	at := seatOf(ctx)
	at.rest()
	return func() { at.back(ctx) }
}

func (at *seat) rest() {
	if at == nil || at.places == nil {
		return
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.resting++; at.resting > 0 && !at.left {
		at.left = true
		<-at.places // at once, since it is taken
	}
}

// back takes the place again, but does not wait for it beyond the end of ctx.
func (at *seat) back(ctx context.Context) {
	if at == nil || at.places == nil {
		return
	}
	at.mu.Lock()
	at.resting--
	at.mu.Unlock()

	at.coming.Lock()
	defer at.coming.Unlock()
	if !at.needed() {
		return
	}
	select {
	case at.places <- struct{}{}:
	case <-ctx.Done():
		return
	}
	at.mu.Lock()
	defer at.mu.Unlock()
	if at.left = at.resting > 0; at.left { // another goroutine rests by now
		<-at.places
	}
}

// leave gives up the place for good.
func (at *seat) leave() {
	at.mu.Lock()
	defer at.mu.Unlock()
	if !at.left {
		<-at.places
	}
}

// needed reports whether nobody rests any more, and the place was left.
func (at *seat) needed() bool {
	at.mu.Lock()
	defer at.mu.Unlock()
	return at.resting <= 0 && at.left
}

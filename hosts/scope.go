package hosts

import (
	"context"
	"sync"
)

// Scope is where in a run something happens. It travels in the context.
type Scope struct {
	Node     string // path of the node whose action runs
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
func (s *Session) Parallel(ctx context.Context, n int, do func(ctx context.Context, i int) error) []error {
	errs := make([]error, n)
	if n == 1 {
		errs[0] = do(ctx, 0)
		return errs
	}
	scope := ScopeOf(ctx)
	scope.Parallel = true
	ctx = WithScope(ctx, scope)

	var wait sync.WaitGroup
	place := make(chan struct{}, s.opts.Limit)
	for i := range n {
		place <- struct{}{}
		wait.Go(func() {
			defer func() { <-place }()
			errs[i] = do(ctx, i)
		})
	}
	wait.Wait()
	return errs
}

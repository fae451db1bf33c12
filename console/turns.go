package console

import (
	"context"
	"sync"
)

// turns is who reads the terminal of a run: the live view, as long as nobody else wants to. They are passed back and
// forth so that no key goes astray.
type turns struct {
	free chan struct{} // holds something while nobody reads

	mu    sync.Mutex
	yield func()        // makes the view stop reading; nil: it does not read
	calm  chan struct{} // closed when nobody else wants to read any more; nil: nobody does
}

func newTurns() *turns {
	t := &turns{free: make(chan struct{}, 1)}
	t.free <- struct{}{}
	return t
}

// take makes the view read no more. There is one caller at a time, who owns the terminal.
func (t *turns) take(ctx context.Context) error {
	t.mu.Lock()
	t.calm = make(chan struct{})
	if t.yield != nil {
		t.yield()
	}
	t.mu.Unlock()
	select {
	case <-t.free:
		return nil
	case <-ctx.Done():
		t.calmDown()
		return context.Cause(ctx)
	}
}

// give lets the view read again.
func (t *turns) give() {
	t.free <- struct{}{}
	t.calmDown()
}

func (t *turns) calmDown() {
	t.mu.Lock()
	defer t.mu.Unlock()
	close(t.calm)
	t.calm = nil
}

// lend waits until the view may read, and reports whether it may: not if ctx has ended. yield is called when somebody else
// wants to read.
func (t *turns) lend(ctx context.Context, yield func()) bool {
	for {
		select {
		case <-t.free:
		case <-ctx.Done():
			return false
		}
		t.mu.Lock()
		calm := t.calm
		if calm == nil {
			t.yield = yield
		}
		t.mu.Unlock()
		if calm == nil {
			return true
		}
		t.free <- struct{}{}
		select {
		case <-calm:
		case <-ctx.Done():
			return false
		}
	}
}

// returned says that the view does not read any more.
func (t *turns) returned() {
	t.mu.Lock()
	t.yield = nil
	t.mu.Unlock()
	t.free <- struct{}{}
}

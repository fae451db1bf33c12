package hosts

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"deployer/journal"
)

// DefaultSilence is how long a command may be silent before it is parked, where nobody says.
const DefaultSilence = 5 * time.Minute

// silence parks a command that prints nothing, and is given no input, for a while: others take its places, and it is
// named. Nothing else happens to it. Its places are not taken again when it goes on, since it runs already; its caller
// gets its seat again at its end.
type silence struct {
	x     *execution
	limit time.Duration

	last   atomic.Int64 // when something came or was given, in ns since x.begun
	parked atomic.Bool
	asks   atomic.Bool // a person is waited for, which is no silence

	mu    sync.Mutex // guards what follows, and changes of parked
	timer *time.Timer
	over  bool
}

// silenceLimit is how long the command may be silent; 0 is for ever. One that has the terminal, or whose streams others
// hold, is not ours to judge.
func (x *execution) silenceLimit() time.Duration {
	if x.request.Terminal || x.in != nil || x.out != nil {
		return 0
	}
	for _, limit := range []time.Duration{x.options.Silence, x.handle.host.Common().Silence, x.session.opts.Silence} {
		if limit != 0 {
			return max(limit, 0)
		}
	}
	return DefaultSilence
}

// begin starts to watch.
func (q *silence) begin() {
	q.limit = q.x.silenceLimit()
	q.heard()
	if q.limit > 0 {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.timer = time.AfterFunc(q.limit, q.look)
	}
}

// end stops watching.
func (q *silence) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
	if q.timer != nil {
		q.timer.Stop()
	}
}

// heard notes that the command printed something, or was given something.
func (q *silence) heard() {
	q.last.Store(int64(time.Since(q.x.begun)))
	if q.parked.Load() {
		q.back()
	}
}

// asking notes whether a person is waited for.
func (q *silence) asking(yes bool) {
	q.heard()
	q.asks.Store(yes)
}

func (q *silence) silent() time.Duration { return time.Since(q.x.begun) - time.Duration(q.last.Load()) }

// look parks the command, or looks again when it may be time.
func (q *silence) look() {
	q.mu.Lock()
	defer q.mu.Unlock()
	silent := q.silent()
	switch {
	case q.over:
	case q.asks.Load():
		q.timer.Reset(q.limit)
	case silent < q.limit:
		q.timer.Reset(q.limit - silent)
	default:
		q.park(silent)
	}
}

// park needs q.mu.
func (q *silence) park(silent time.Duration) {
	q.parked.Store(true)
	if !q.x.session.OneAtATime() { // who wants that wants no other to begin before this one is done
		q.x.post.rest()
	}
	q.tell(journal.HostParked, silent, fmt.Sprintf("silent for %v", q.limit))
	q.x.session.posts.park(q.x.post, time.Now().Add(-silent))
}

func (q *silence) back() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over || !q.parked.Load() {
		return
	}
	q.parked.Store(false)
	q.x.session.posts.back(q.x.post)
	q.tell(journal.HostBack, 0, "")
	q.timer.Reset(q.limit)
}

func (q *silence) tell(kind journal.Kind, silent time.Duration, why string) {
	x := q.x
	x.session.Journal().Write(journal.Event{Kind: kind, ID: x.id, Parent: x.scope.Parent, Node: x.scope.Node,
		Host: x.handle.Slug(), Parallel: x.scope.Parallel, Seconds: silent.Seconds(), Message: why})
}

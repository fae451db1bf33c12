package hosts

import (
	"cmp"
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
// gets its seat again at its end. So it goes with the files of a host that answers nothing which it was asked.
type silence struct {
	session *Session
	post    *post
	about   journal.Event // says who is silent
	limit   time.Duration
	begun   time.Time
	came    func() bool // reports whether something came since it was called last; nil: heard is called
	waits   func() bool // reports whether it waits for a person, which is no silence; nil: asking is called

	last   atomic.Int64 // when something came or was given, in ns since begun
	parked atomic.Bool
	asks   atomic.Bool // a person is waited for, which is no silence

	mu    sync.Mutex // guards what follows, and changes of parked
	timer *time.Timer
	over  bool
}

// silenceLimit is how long the command may be silent; 0 is for ever. One that has the person's terminal is not ours to
// judge.
func (x *execution) silenceLimit() time.Duration {
	if x.request.Terminal && !x.scope.Parallel {
		return 0
	}
	return x.session.silenceLimit(x.options.Silence, x.handle.host.Common().Silence)
}

// silenceLimit is the first limit that is given, else that of the session.
func (s *Session) silenceLimit(given ...time.Duration) time.Duration {
	return max(cmp.Or(cmp.Or(given...), s.opts.Silence, DefaultSilence), 0)
}

// begin starts to watch.
func (q *silence) begin() {
	q.heard()
	if q.limit > 0 {
		q.mu.Lock()
		defer q.mu.Unlock()
		q.timer = time.AfterFunc(q.next(q.limit), q.look)
	}
}

// end stops watching. What was silent to its end is back with that.
func (q *silence) end() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.over = true
	q.goOn()
	if q.timer != nil {
		q.timer.Stop()
	}
}

// heard notes that the command printed something, or was given something.
func (q *silence) heard() {
	q.last.Store(int64(time.Since(q.begun)))
	if q.parked.Load() {
		q.back()
	}
}

// asking notes whether a person is waited for.
func (q *silence) asking(yes bool) {
	q.heard()
	q.asks.Store(yes)
}

func (q *silence) silent() time.Duration { return time.Since(q.begun) - time.Duration(q.last.Load()) }

// look parks the command, or looks again when it may be time.
func (q *silence) look() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.over {
		return
	}
	if q.came != nil && q.came() {
		q.last.Store(int64(time.Since(q.begun)))
		q.goOn()
	}
	silent := q.silent()
	switch {
	case q.asks.Load(), q.parked.Load(), silent >= q.limit && q.waits != nil && q.waits():
		q.timer.Reset(q.next(q.limit))
	case silent < q.limit:
		q.timer.Reset(q.next(q.limit - silent))
	default:
		q.park(silent)
	}
}

// next is when to look again: where nobody tells that something came, several times before it is too late.
func (q *silence) next(rest time.Duration) time.Duration {
	if q.came != nil {
		return q.limit / 4
	}
	return rest
}

// park needs q.mu.
func (q *silence) park(silent time.Duration) {
	q.parked.Store(true)
	if !q.session.OneAtATime() { // who wants that wants no other to begin before this one is done
		q.post.rest()
	}
	if q.session.posts.park(q.post, time.Now().Add(-silent)) {
		q.tell(journal.HostParked, silent, fmt.Sprintf("silent for %v", q.limit))
	}
	if q.came != nil {
		q.timer.Reset(q.next(q.limit))
	}
}

func (q *silence) back() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.over {
		q.goOn()
		q.timer.Reset(q.limit)
	}
}

// goOn notes that it is silent no more. A host that was left is not back with that. It needs q.mu.
func (q *silence) goOn() {
	if q.parked.Swap(false) && q.session.posts.back(q.post) && q.session.posts.hasLeft(q.post.slug) == nil {
		q.tell(journal.HostBack, 0, "")
	}
}

func (q *silence) tell(kind journal.Kind, silent time.Duration, why string) {
	e := q.about
	e.Kind, e.Seconds, e.Message = kind, silent.Seconds(), why
	q.session.Journal().Write(e)
}

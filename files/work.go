package files

import (
	"sync"
	"sync/atomic"
	"time"
)

// job is one entry that is to be copied.
type job struct {
	from, to string
	rel      string // below the top, with slashes
	info     *Info  // of the source
	top      bool   // what was asked for itself
	in       *dir   // the directory that it is in; nil at the top
	bad      error  // why it cannot be copied
	began    time.Time

	draft string       // what an attempt has left, to go on from; "" for nothing
	kept  int64        // how many bytes of it are there for certain
	moved atomic.Int64 // bytes of it that were counted as moved
}

func (j *job) entry(o Outcome) Entry {
	return Entry{From: j.from, To: j.to, Info: j.info, Outcome: o, Began: j.began}
}

// work is what is left to do. What was found last is done first, so that little waits.
type work struct {
	mu    sync.Mutex // guards what follows
	wake  sync.Cond
	jobs  []*job
	busy  int // jobs that are being done, and may find more
	ended bool
}

// add puts jobs on top, the first uppermost.
func (w *work) add(jobs ...*job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range jobs {
		w.jobs = append(w.jobs, jobs[len(jobs)-1-i])
	}
	w.wake.Broadcast()
}

// next returns a job, for which done must be called; nil when there is none and will be none.
func (w *work) next() *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.jobs) == 0 && w.busy > 0 && !w.ended {
		w.wake.Wait()
	}
	if w.ended || len(w.jobs) == 0 {
		return nil
	}
	j := w.jobs[len(w.jobs)-1]
	w.jobs = w.jobs[:len(w.jobs)-1]
	w.busy++
	return j
}

func (w *work) done() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.busy--; w.busy == 0 {
		w.wake.Broadcast()
	}
}

// end leaves undone what has not begun.
func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
	w.wake.Broadcast()
}

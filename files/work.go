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

	making bool // an attempt has begun to make the directory

	draft string       // what an attempt has left, to go on from; "" for nothing
	late  []string     // what attempts whose connection was lost have left, and removed
	taken bool         // another copy has taken a draft of this one
	kept  int64        // how many bytes of it are there for certain
	moved atomic.Int64 // bytes of it that were counted as moved

	verifying atomic.Bool // it is being compared
}

func (j *job) entry(o Outcome) Entry {
	return Entry{From: j.from, To: j.to, Info: j.info, Outcome: o, Began: j.began}
}

// work is what is left to do, and those who do it. What was found last is done first, so that little waits.
type work struct {
	do      func(*job)
	limit   int // of workers
	working sync.WaitGroup

	mu      sync.Mutex // guards what follows
	jobs    []*job
	workers int
	ended   bool
}

// add puts jobs on top, the first uppermost, and has them done.
func (w *work) add(jobs ...*job) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range jobs {
		w.jobs = append(w.jobs, jobs[len(jobs)-1-i])
	}
	for range min(len(w.jobs), w.limit-w.workers) {
		w.workers++
		w.working.Go(w.work)
	}
}

func (w *work) work() {
	for j := w.next(); j != nil; j = w.next() {
		w.do(j)
	}
}

// next returns a job. Without one, the worker ends.
func (w *work) next() *job {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended || len(w.jobs) == 0 {
		w.workers--
		return nil
	}
	j := w.jobs[len(w.jobs)-1]
	w.jobs = w.jobs[:len(w.jobs)-1]
	return j
}

// end leaves undone what has not begun.
func (w *work) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = true
}

package files

import (
	"sync"
	"sync/atomic"
	"time"
)

// Progress is how far a copy is. What is left to do is known once all directories have been looked at.
type Progress struct {
	Files, FilesDone int    // directories and links not counted
	Bytes, BytesDone int64  // of these files, those that were there counted as done
	There            int64  // of BytesDone, those that were
	Walked           bool   // all files were found
	Name             string // the path on the source of the file that was begun last
	Size, SizeDone   int64  // its bytes
	Verifying        bool   // what is there of it is being compared with the source
}

// counters are how far a copy is.
type counters struct {
	files, filesDone atomic.Int64
	bytes, bytesDone atomic.Int64
	there            atomic.Int64
	unseen           atomic.Int64 // directories
	latest           atomic.Pointer[job]
}

// found counts what is to be copied.
func (c *copier) found(jobs ...*job) {
	for _, j := range jobs {
		switch {
		case j.info.IsDir():
			c.counters.unseen.Add(1)
		case j.info.IsFile():
			c.counters.files.Add(1)
			c.counters.bytes.Add(j.info.Size)
		}
	}
}

// settled counts a job that will not be looked at again.
func (c *copier) settled(j *job) {
	switch {
	case j.info.IsDir():
		c.counters.unseen.Add(-1)
	case j.info.IsFile():
		c.counters.filesDone.Add(1)
	}
}

// move counts bytes that have been copied.
func (c *copier) move(j *job, n int64) {
	j.moved.Add(n)
	c.counters.bytesDone.Add(n)
}

// wasThere counts a file that was as it should be.
func (c *copier) wasThere(j *job) {
	c.counters.there.Add(j.info.Size)
	c.move(j, j.info.Size)
}

// verifies tells that a file is being compared, until it is ended.
func (c *copier) verifies(j *job) (end func()) {
	c.counters.latest.Store(j)
	j.verifying.Store(true)
	return func() { j.verifying.Store(false) }
}

// rewind begins a file at an offset, whatever was copied of it before.
func (c *copier) rewind(j *job, from int64) {
	c.counters.latest.Store(j)
	more := from - j.moved.Swap(from)
	c.counters.there.Add(max(0, more))
	c.counters.bytesDone.Add(more)
}

func (c *copier) progress() Progress {
	n := &c.counters
	p := Progress{Files: int(n.files.Load()), FilesDone: int(n.filesDone.Load()),
		Bytes: n.bytes.Load(), BytesDone: n.bytesDone.Load(), There: n.there.Load(), Walked: n.unseen.Load() == 0}
	if j := n.latest.Load(); j != nil {
		p.Name, p.Size, p.SizeDone, p.Verifying = j.from, j.info.Size, j.moved.Load(), j.verifying.Load()
	}
	return p
}

// progressEvery is how often progress is told.
const progressEvery = 100 * time.Millisecond

// watch tells of the progress until it is ended.
func (c *copier) watch() (end func()) {
	if c.o.Progress == nil {
		return func() {}
	}
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				c.o.Progress(c.progress())
			case <-over:
				c.o.Progress(c.progress())
				return
			}
		}
	})
	return func() {
		close(over)
		watching.Wait()
	}
}

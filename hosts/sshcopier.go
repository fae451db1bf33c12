package hosts

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// copier copies one stream of the output.
type copier struct {
	from io.Reader
	to   io.Writer
	done chan struct{}

	over atomic.Bool // nothing is written any more
	mu   sync.Mutex  // held while the output is written
	last time.Time   // when something came
}

func newCopier(from io.Reader, to io.Writer) *copier {
	if to == nil {
		to = io.Discard
	}
	return &copier{from: from, to: to, done: make(chan struct{}), last: time.Now()}
}

// buffers are kept for the next command: most print next to nothing.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// run copies until the end. What cannot be written is read all the same, or the command would be held up.
func (c *copier) run() {
	growStack()
	defer close(c.done)
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	for {
		n, err := c.from.Read(buffer[:])
		if n > 0 {
			c.write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

func (c *copier) write(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() {
		return
	}
	if _, err := c.to.Write(b); err != nil {
		c.to = io.Discard
	}
	c.last = time.Now()
}

// idle reports whether nothing came for a while. While something is being written it is not idle.
func (c *copier) idle(d time.Duration) bool {
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	return time.Since(c.last) > d
}

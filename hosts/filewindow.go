package hosts

import (
	"sync/atomic"

	"deployer/files"
)

// copies counts the copies that go on, which share the memory for what is under way: one file to a thousand hosts must
// not take a thousand times as much.
type copies struct{ now atomic.Int64 }

// begin counts a copy, until end is called.
func (c *copies) begin() (end func()) {
	c.now.Add(1)
	return func() { c.now.Add(-1) }
}

const (
	allWindows  = 32 << 20  // bytes that all copies together have under way, about
	leastWindow = 256 << 10 // with less, the distance to a host would be felt more than the memory
)

// window is how many bytes of one file may be under way just now.
func (p *pool) window() int64 {
	return min(max(leastWindow, allWindows/max(1, p.copies.now.Load())), files.MaxWindow)
}

package hosts

import (
	"io"
	"sync/atomic"
)

// flow is what goes to a command and comes from it where others hold the ends. It tells whether the host owes something:
// not while it is given nothing, nor while what it printed is not taken.
type flow struct {
	in      io.ReadCloser
	out     io.Writer
	moved   atomic.Int64 // parts that were given or taken
	printed atomic.Bool  // the command has begun to speak: what it says first is waited for before anything is given
	giving  atomic.Bool  // there is nothing to give
	taking  atomic.Bool  // what came is not taken yet
	before  int64        // moved, when came was called last
}

// Read implements io.Reader, for the command.
func (f *flow) Read(b []byte) (int, error) {
	f.giving.Store(true)
	n, err := f.in.Read(b)
	f.giving.Store(false)
	f.moved.Add(1)
	return n, err
}

// Close implements io.Closer.
func (f *flow) Close() error { return f.in.Close() }

// Write implements io.Writer, for the command.
func (f *flow) Write(b []byte) (int, error) {
	f.printed.Store(true)
	f.taking.Store(true)
	n, err := f.out.Write(b)
	f.taking.Store(false)
	f.moved.Add(1)
	return n, err
}

// came reports whether something was given or taken since it was called last, or the host owes nothing. It is for one
// caller.
func (f *flow) came() bool {
	moved := f.moved.Load()
	something := moved != f.before
	f.before = moved
	return something || f.taking.Load() || f.giving.Load() && f.printed.Load()
}

package report

import (
	"io"
	"time"

	"deployer/journal"
)

// Host is what came of a host.
type Host struct {
	Slug  string
	Node  string // path of the node that was run on it: that of a cell, or that of the run
	State journal.State
	Error *journal.Error // nil if it is done
	// Seconds are from the first thing that happened on it to the last; 0 if nothing did.
	Seconds float64
	Parts   []*Part

	first, last time.Time
	outside     *Part // what happens on it outside of a cell now; nil: nothing does
	ends        int   // its place among the ends; 0: it has none yet
}

// Part is what happened on a host in one action of a cell, or between two of them.
type Part struct {
	Host    *Host
	Node    string // path; of the parallel node of the cell
	Action  string // "" outside of an action of a cell
	State   journal.State
	Error   *journal.Error
	Seconds float64
	Out     *Text // what commands and scripts printed on standard output, or on a terminal
	Err     *Text // what commands printed on standard error

	id uint64 // of the action
}

// took takes into account that something happened on the host.
func (h *Host) took(at time.Time) {
	if h.first.IsZero() {
		h.first = at
	}
	h.last = at
	h.Seconds = h.last.Sub(h.first).Seconds()
}

// Size is how much it printed, in bytes.
func (h *Host) Size() (size int64) {
	for _, p := range h.Parts {
		size += p.Out.Size() + p.Err.Size()
	}
	return size
}

// WriteOut writes what was printed on its standard output.
func (h *Host) WriteOut(w io.Writer) error {
	return h.write(w, func(p *Part) *Text { return p.Out })
}

// WriteErr writes what was printed on its standard error.
func (h *Host) WriteErr(w io.Writer) error {
	return h.write(w, func(p *Part) *Text { return p.Err })
}

func (h *Host) write(w io.Writer, text func(*Part) *Text) error {
	for _, p := range h.Parts {
		if _, err := text(p).WriteTo(w); err != nil {
			return err
		}
	}
	return nil
}

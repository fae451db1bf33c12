package runs

import (
	"slices"
	"time"

	"deployer/journal"
)

// Status is whether a run has ended, and how much is known of that.
type Status string

// The statuses of a run.
const (
	GoesOn     Status = "running"
	Ended      Status = "ended"
	Killed     Status = "killed"     // its process ended without a word
	Incomplete Status = "incomplete" // its journal could not be written to the end
)

// Working is the state of a host that a run which goes on is working on.
const Working journal.State = "running"

// Run is what the journal of a run tells.
type Run struct {
	Name    string
	Status  Status
	Start   journal.Event // run.start
	End     journal.Event // run.end; zero without one
	Last    time.Time     // when the last thing happened that the journal tells
	InCells bool          // the action runs in cells, each on its own; else it is one piece
	Hosts   []Host        // those that it was to work on, in their order, and others that it came to use
}

// Host is how a host stands after a run.
type Host struct {
	Slug    string
	State   journal.State
	Begun   time.Time // zero: nothing was done there
	Ended   time.Time // when the last thing happened there; zero likewise
	Command string    // what failed last, or ""
	Reason  string    // why, or ""
}

// State is how the run ended: as its run.end says, else its status.
func (r *Run) State() journal.State {
	if r.Status == Ended {
		return r.End.State
	}
	return journal.State(r.Status)
}

// Took is how long the run took, as far as is known; of one that goes on, until now.
func (r *Run) Took() time.Duration {
	switch r.Status {
	case Ended:
		return time.Duration(r.End.Seconds * float64(time.Second))
	case GoesOn:
		return time.Since(r.Start.Time)
	}
	return r.Last.Sub(r.Start.Time)
}

// Host returns how a host stands, or nil.
func (r *Run) Host(slug string) *Host {
	i := slices.IndexFunc(r.Hosts, func(h Host) bool { return h.Slug == slug })
	if i < 0 {
		return nil
	}
	return &r.Hosts[i]
}

// reading is a run while its journal is read.
type reading struct {
	run   *Run
	hosts map[string]*hostReading
	slugs []string
	forks map[uint64]bool   // actions that run in cells, which is all that the run does
	cells map[uint64]string // what happens in such a cell, and the cell itself: the slug of its host
}

// hostReading is a host while the journal is read.
type hostReading struct {
	Host
	whole bool          // it has no end of its own: what ran there is part of an action that is one piece, or of other cells
	open  int           // cells that have not ended
	cells journal.State // how those that have ended ended; "" if there are none
	final journal.State // of host.end
}

func newReading(name string) *reading {
	return &reading{run: &Run{Name: name}, hosts: map[string]*hostReading{}, forks: map[uint64]bool{}, cells: map[uint64]string{}}
}

func (r *reading) host(slug string) *hostReading {
	h := r.hosts[slug]
	if h == nil {
		h = &hostReading{Host: Host{Slug: slug}}
		r.hosts[slug] = h
		r.slugs = append(r.slugs, slug)
	}
	return h
}

// event takes note of an event. Events of other runs are not in the journal of this one.
func (r *reading) event(e journal.Event) {
	r.run.Last = e.Time
	switch e.Kind {
	case journal.RunStart:
		r.run.Start = e
		for _, slug := range e.Targets {
			r.host(slug)
		}
		return
	case journal.RunEnd:
		r.run.End = e
		return
	case journal.HostEnd:
		r.host(e.Host).final = e.State
		return
	case journal.ActionStart:
		r.action(e)
	}
	if e.Host == "" {
		return
	}
	h := r.host(e.Host)
	if h.Begun.IsZero() {
		h.Begun = e.Time
	}
	h.Ended = e.Time
	if cell := r.cells[e.ID]; cell != e.Host && r.cells[e.Parent] != e.Host {
		h.whole = true
	}
	r.ended(h, e)
}

// action finds out what the run's action is on a host: the action itself where it runs in a cell, else it is one piece.
func (r *reading) action(e journal.Event) {
	switch inside, isInside := r.cells[e.Parent]; {
	case isInside:
		r.cells[e.ID] = inside
	case e.Host != "" && (e.Parent == 0 || r.forks[e.Parent]):
		r.cells[e.ID] = e.Host
		r.host(e.Host).open++
	case e.Parent == 0 && len(e.Targets) > 0:
		r.forks[e.ID] = true
	}
}

// ended takes note of the end of something on a host.
func (r *reading) ended(h *hostReading, e journal.Event) {
	if e.Error != nil {
		switch {
		case e.Command != "":
			h.Command, h.Reason = e.Command, e.Error.Message
		case h.Reason == "" || e.Kind != journal.ActionEnd: // an action repeats what it failed of
			h.Command, h.Reason = "", e.Error.Message
		}
	}
	if e.Kind != journal.ActionEnd || r.cells[e.ID] != e.Host || r.inner(e) {
		return
	}
	h.open--
	if h.cells == "" || h.cells == journal.Done {
		h.cells = e.State
	}
}

// inner reports whether an action was called by another one in the same cell.
func (r *reading) inner(e journal.Event) bool {
	_, isInner := r.cells[e.Parent]
	return isInner
}

// end returns the run as it stands at the end of its journal.
func (r *reading) end(goesOn, incomplete bool) *Run {
	run := r.run
	run.InCells = len(r.forks) > 0
	switch {
	case goesOn:
		run.Status = GoesOn
	case incomplete:
		run.Status = Incomplete
	case run.End.Kind == "":
		run.Status = Killed
	default:
		run.Status = Ended
	}
	for _, slug := range r.slugs {
		h := r.hosts[slug]
		h.State = h.state(run.Status)
		if h.State == journal.Unused && run.State() != journal.Done {
			h.State = journal.NotBegun
		}
		if Succeeded(h.State) {
			h.Command, h.Reason = "", ""
		}
		run.Hosts = append(run.Hosts, h.Host)
	}
	return run
}

// state is how the host stands. Without a word on how it ended nobody knows, once work has begun there.
func (h *hostReading) state(s Status) journal.State {
	begun, done := !h.Begun.IsZero(), h.cells != "" && h.open == 0 && !h.whole
	switch {
	case Succeeded(h.final) && h.cells != "" && !Succeeded(h.cells):
		return h.cells // it is another host that is to blame, or a person left it out
	case h.final != "":
		return h.final
	case done:
		return h.cells
	case s == GoesOn && begun:
		return Working
	case begun || s == Incomplete:
		return journal.Unknown
	}
	return journal.NotBegun
}

// Succeeded reports whether all was done that was to be done.
func Succeeded(s journal.State) bool {
	switch s {
	case journal.Done, journal.Unchanged, journal.WouldRun, journal.WouldChange:
		return true
	}
	return false
}

// failed reports whether it is known that something went wrong. Where that is not known, or a person ended it or left it
// out, it did not fail.
func failed(s journal.State) bool {
	switch s {
	case journal.Failed, journal.Unreachable, journal.Refused, journal.Lost, journal.TimedOut, journal.Parked,
		journal.Invalid:
		return true
	}
	return false
}

package console

import (
	"io"
	"time"

	"deployer/pty"
)

// Desk is where the person can step into the commands of a live view. It is that of package hosts.
type Desk struct{ person *Person }

// Desk returns the desk of the screen's live view; nil if there is none, or nobody who could step in.
func (p *Person) Desk() *Desk {
	if p.terminal == nil || p.screen.pace == nil {
		return nil
	}
	return &Desk{p}
}

// Size is the size of the window.
func (d *Desk) Size() pty.Size { return d.person.Size() }

// seat is a command that takes keys.
type seat struct {
	keyboard io.Writer
	resize   func(pty.Size)
}

// Reads notes whether the program of a command reads what is typed, as far as it was silent since then.
func (d *Desk) Reads(command uint64, reads bool, since time.Time) {
	s := d.person.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil || s.live.commands[command] == nil {
		return
	}
	if r := s.live.commands[command]; r.seat != nil && r.heard.Before(since) {
		r.reads = readsNot
		if reads {
			r.reads = readsKeys
		}
	}
}

// Waits reports whether a command waits for the person, or they have stepped into it.
func (d *Desk) Waits(command uint64) bool {
	s := d.person.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return false
	}
	r := s.live.commands[command]
	return r != nil && (r == s.live.attached || r.asks())
}

// Offer lets the person step into a command until withdraw is called.
func (d *Desk) Offer(command uint64, keyboard io.Writer, resize func(pty.Size)) (withdraw func()) {
	s := d.person.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil || s.live.commands[command] == nil {
		return func() {}
	}
	r, at := s.live.commands[command], &seat{keyboard, resize}
	r.seat = at
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if r.seat == at {
			r.seat = nil
		}
	}
}

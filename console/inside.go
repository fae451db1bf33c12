package console

import (
	"io"
	"slices"
	"time"

	"deployer/internal/hostset"
	"deployer/journal"
	"deployer/pty"
)

// What the screen shows while the person has the terminal of a host. Errors of writing there show with the next event,
// which cannot be written either.

// stepped reports whether the person has stepped into a host.
func (s *Screen) stepped() bool { return s.live != nil && s.live.attached != nil }

// mayStepIn reports whether there is a host to step into.
func (s *Screen) mayStepIn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live != nil && s.live.entry() != nil
}

// stepIn shows the terminal of a host in place of the view, if there is one to step into.
func (s *Screen) stepIn() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return false
	}
	r := s.live.entry()
	if r == nil {
		return false
	}
	_ = s.flush()
	_ = s.eraseBars()
	s.live.attached = r
	for id, of := range s.live.commands {
		if of == r {
			delete(s.streams, streamKey{id, journal.Terminal}) // the beginning of a line, which is shown now
		}
	}
	_ = s.writeText("-- " + clean(r.host, false) + ": Ctrl-] leads back to all hosts --\n")
	_ = s.write(s.stdout, r.latest())
	s.pace.settle()
	s.raw = true
	return true
}

// stepOut shows the view again, and reports whether a question waits.
func (s *Screen) stepOut() (question bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stepped() {
		return false
	}
	r := s.live.attached
	drawn := r.drawn // a copy: its program goes on with it
	text := drawn.undo()
	if s.stdout.middle {
		text += "\n"
	}
	_ = s.writeText(text + "-- all hosts --\n")
	s.live.attached, s.live.skips, s.raw, question = nil, false, false, s.live.asked
	s.live.asked = false
	if s.live.chosen == r && !r.busy() {
		s.live.chosen = nil // Enter leads to the next that waits, and not to this one again
	}
	_ = s.flush()
	_ = s.drawBars()
	return question
}

// pass passes on what the host prints into which the person has stepped. A terminal that does not keep up gets only what
// came last, when it has caught up: the others must not wait for it.
func (s *Screen) pass(to *surface, data []byte) error {
	if s.live.skips = s.live.skips || s.pace.far(); s.live.skips {
		return nil
	}
	return s.write(to, data)
}

// catchUp shows what the host printed last after something was left out.
func (s *Screen) catchUp() error {
	s.live.skips = false
	if err := s.writeText("\n-- something was left out here: the terminal could not keep up --\n"); err != nil {
		return err
	}
	return s.write(s.stdout, s.live.attached.latest())
}

// follow takes an event into account for the live view. A command that ends into which the person has stepped leaves the
// terminal as it was before.
func (s *Screen) follow(e journal.Event) error {
	if s.live == nil {
		return nil
	}
	at, undo := s.live.attached, ""
	if e.Kind == journal.CommandEnd && s.offered(e) && s.live.commands[e.ID] == at {
		undo = at.drawn.undo()
	}
	s.live.note(e)
	return s.writeText(undo)
}

func (s *Screen) writeText(text string) error {
	return s.write(s.stderr, s.returned(s.stderr, []byte(text)))
}

// tellQuestion tells a person who has stepped into a host that a question waits, and reports whether they have.
func (s *Screen) tellQuestion() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stepped() {
		return false
	}
	if !s.live.asked {
		s.live.asked = true
		_ = s.writeText("\n-- a question waits: Ctrl-] leads to it --\n")
	}
	return true
}

// inside reports whether the person is in a host that has not done its part yet.
func (s *Screen) inside() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stepped() && s.live.attached.busy()
}

// keyboard is that of the host that the person has stepped into; nil if no command takes keys.
func (s *Screen) keyboard() io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stepped() {
		return nil
	}
	return s.live.attached.answer()
}

// answer returns where an answer can be typed, and takes it for given; nil if no command takes keys.
func (r *row) answer() io.Writer {
	if r.seat == nil {
		return nil
	}
	r.heard, r.open, r.reads = time.Now(), false, readsUnknown
	return r.seat.keyboard
}

// resizeSeat gives the command that the person has stepped into the size of the window. One that draws on all of it does
// so again then.
func (s *Screen) resizeSeat(size pty.Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.stepped() || s.live.attached.seat == nil {
		return
	}
	resize := s.live.attached.seat.resize
	if s.live.attached.drawn.other() {
		resize(pty.Size{Rows: size.Rows - 1, Cols: size.Cols})
		time.AfterFunc(resizeTime, func() { resize(size) })
		return
	}
	resize(size)
}

// entry is the host that a person means who chose none, or the one that was chosen.
func (l *live) entry() *row {
	if l.chosen != nil {
		return l.chosen
	}
	if waits := l.waits(); len(waits) > 0 {
		return waits[0]
	}
	return nil
}

// choose moves the choice of a host down or up among those that are shown; 0 chooses none.
func (s *Screen) choose(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return
	}
	if by == 0 {
		s.live.chosen = nil
	} else if shown := s.live.shown(time.Now(), s.liveRows()); len(shown) > 0 {
		at := slices.Index(shown, s.live.chosen)
		switch {
		case at < 0 && by < 0:
			at = len(shown) - 1
		default:
			at = (at + by + len(shown)) % len(shown)
		}
		s.live.chosen = shown[at]
	}
	_ = s.refresh()
}

// chosen is the host that was chosen; "" if none was.
func (s *Screen) chosen() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil || s.live.chosen == nil {
		return ""
	}
	return s.live.chosen.host
}

// sameQuestion returns a question that hosts wait with: that of the chosen one if it waits, else of the first.
func (s *Screen) sameQuestion() (question string, hosts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return "", nil
	}
	waits := s.live.waits()
	if len(waits) == 0 {
		return "", nil
	}
	first := waits[0]
	if slices.Contains(waits, s.live.chosen) {
		first = s.live.chosen
	}
	for _, r := range waits {
		if r.common() == first.common() {
			hosts = append(hosts, r.host)
		}
	}
	return first.question(), hosts
}

// common is the question without the name of the host, which is all in which questions may differ.
func (r *row) common() string { return hostset.ReplaceName(r.question(), r.host, "\x00") }

// keyboards are those of the hosts that still wait with the question with which they waited when it was shown.
func (s *Screen) keyboards(hosts []string) []io.Writer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return nil
	}
	var all []io.Writer
	for _, r := range s.live.waits() {
		if slices.Contains(hosts, r.host) {
			all = append(all, r.answer())
		}
	}
	return all
}

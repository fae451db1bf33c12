package console

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"deployer/internal/hostset"
	"deployer/journal"
)

// Lines for the terminal are held for a moment and shown together, so that drawing the view below them costs next to
// nothing however many come.

// So many bytes of lines are held until they are shown at once, and so many at most: a terminal that cannot keep up does
// not get what comes then.
const (
	enough  = 32 << 10
	maxHeld = 1 << 20
)

func (s *Screen) startLive(o Live) {
	s.live, s.pace = newLive(o), newPaced()
	s.stderr.W = pacedWriter{s.pace, s.stderr.W}
	if s.stdout.Terminal {
		s.stdout.W = pacedWriter{s.pace, s.stdout.W}
	}
	s.ticker = time.AfterFunc(redrawEvery, s.tick)
}

// EndLive ends the live view, if there is one: what it held is shown. What is written to the terminal then may also be
// written by others. The end of the run counts the hosts in one line.
func (s *Screen) EndLive() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live == nil {
		return nil
	}
	l := s.live
	err := s.flush()
	if err == nil {
		err = s.eraseBars()
	}
	s.live = nil
	if len(s.bars) == 0 {
		s.ticker.Stop()
		s.ticker = nil
	}
	if len(l.order) > 0 {
		s.viewed = l.begun
	}
	if closed := s.pace.close(); err == nil {
		err = closed
	}
	return err
}

// summarise counts the hosts of a run that has ended, if the live view has shown it.
func (s *Screen) summarise(end journal.Event) error {
	if s.viewed.IsZero() || len(end.Counts) == 0 {
		return nil
	}
	return s.line(s.stderr, summary(end.Counts, time.Since(s.viewed)))
}

// hold keeps lines until they are shown together.
func (s *Screen) hold(to *surface, data []byte) error {
	if len(s.held)+len(data) > maxHeld {
		s.left += bytes.Count(data, []byte("\n"))
		return nil
	}
	s.held = append(s.held, data...)
	if !s.stepped() {
		s.ended(to, data[len(data)-1] == '\n')
	}
	if len(s.held) > enough && !s.pace.behind() {
		return s.flush()
	}
	return nil
}

// flush shows what is held, above the view; not while the person is on the terminal of a host.
func (s *Screen) flush() error {
	if len(s.held) == 0 || s.stepped() {
		return nil
	}
	return s.above(func() error {
		held := s.held
		s.held = nil
		if s.left > 0 {
			held = fmt.Appendf(held, "… %d lines were left out here: the terminal could not keep up\n", s.left)
			s.left = 0
		}
		middle := s.stderr.middle
		err := s.write(s.stderr, s.returned(s.stderr, held))
		s.ended(s.stderr, !middle)
		return err
	})
}

// settle waits until the terminal has what was written, before its modes change.
func (s *Screen) settle() {
	if s.pace != nil {
		s.pace.settle()
	}
}

// tells reports whether the view has a line of its own for an event of one of several hosts.
func (l *live) tells(e journal.Event) bool {
	return e.Kind == journal.CommandStart || e.Kind == journal.CommandEnd && e.State == journal.Done ||
		e.Kind == journal.ConnectEnd && e.State == journal.Done
}

// logLine is that line: a command that many hosts run is told once, and how well it went is to be seen in their lines. So
// is one in which nothing but the name of the host differs; it has the host before it of which it is.
func (l *live) logLine(e journal.Event, p palette) string {
	if e.Kind != journal.CommandStart || e.Message != "" {
		return ""
	}
	dir := ""
	if e.Dir != "" {
		dir = oneLine(e.Dir, maxCommand) + " "
	}
	line := dir + marked(e, palette{})
	common := hostset.ReplaceName(line, e.Host, "\x00")
	if l.seen[common] {
		return ""
	}
	l.seen[common] = true
	if common != line {
		return logLine(e, p)
	}
	return dir + marked(e, p)
}

// A run that takes no time is not said to have taken any, and of one that is short whole seconds would say little.
const (
	noTime  = 10 * time.Millisecond
	shortly = 10 * time.Second
)

// summary is the line that is left of the view when the run has ended: how many hosts ended how, and how long it took.
func summary(counts map[journal.State]int, took time.Duration) string {
	hosts, parts := 0, []string{}
	states := slices.SortedFunc(maps.Keys(counts), func(a, b journal.State) int {
		return cmp.Or(cmp.Compare(phaseAfter(a), phaseAfter(b)), cmp.Compare(a, b))
	})
	for _, state := range states {
		hosts += counts[state]
		parts = append(parts, fmt.Sprintf("%d %s", counts[state], state))
	}
	line := hostCount(hosts) + ": " + strings.Join(parts, ", ")
	switch {
	case took < noTime:
		return line
	case took < shortly:
		return line + "  " + Duration(took.Seconds())
	default:
		return line + "  " + elapsed(took)
	}
}

// hostCount is so many hosts, in words.
func hostCount(n int) string {
	if n == 1 {
		return "1 host"
	}
	return fmt.Sprintf("%d hosts", n)
}

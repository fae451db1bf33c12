package console

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// Bars stand below the lines of the run, each in a line of its own. The cursor waits where the first of them begins, and
// all below it is theirs: so they can be erased whatever became of the window meanwhile, which may have cut their lines,
// or wrapped them. One that became narrower just before they are drawn cuts them too.

const (
	noWrap = "\x1b[?7l"
	wrap   = "\x1b[?7h"
)

const (
	redrawEvery = 100 * time.Millisecond
	maxBars     = 10 // that are drawn at once; of a window that has fewer lines they take half
)

// draws reports whether what is on the terminal of standard error can be erased and drawn again.
func (s *Screen) draws() bool { return s.stderr.Terminal && !s.stderr.Dumb }

// addBar draws a bar from now on.
func (s *Screen) addBar(b *Bar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return // the action was left behind
	}
	if s.ticker == nil {
		s.ticker = time.AfterFunc(redrawEvery, s.tick)
	}
	// Of this and other bars: an error shows with the next event, which cannot be written either.
	_ = s.above(func() error { s.bars = append(s.bars, b); return nil })
}

// removeBar draws a bar no more.
func (s *Screen) removeBar(b *Bar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.keepBars(func(other *Bar) bool { return other != b })
}

// keepBars draws no other bars any more.
func (s *Screen) keepBars(keep func(*Bar) bool) error {
	if !slices.ContainsFunc(s.bars, func(b *Bar) bool { return !keep(b) }) {
		return nil
	}
	err := s.above(func() error {
		s.bars = slices.DeleteFunc(s.bars, func(b *Bar) bool { return !keep(b) })
		return nil
	})
	if len(s.bars) == 0 && s.live == nil {
		s.ticker.Stop()
		s.ticker = nil
	}
	return err
}

// tick draws bars again, and will soon do so again.
func (s *Screen) tick() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ticker != nil { // it may have come too late to be stopped
		_ = s.refresh()
		s.ticker.Reset(redrawEvery)
	}
}

// redraw draws bars as they are now, also if they were hidden.
func (s *Screen) redraw() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden = false
	_ = s.refresh()
}

// hide erases bars, and draws none until redraw.
func (s *Screen) hide() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hidden = true
	_ = s.eraseBars()
	s.settle()
}

// refresh shows what is held of the run, and bars as they are now.
func (s *Screen) refresh() error {
	switch {
	case s.pace != nil && s.pace.behind():
		return nil // what is there now would be old when the terminal gets to it
	case s.stepped() && s.live.skips:
		return s.catchUp()
	case len(s.held) > 0:
		return s.flush()
	}
	return s.redrawBars()
}

func (s *Screen) redrawBars() error {
	if s.hidden || slices.Equal(s.standing, s.barLines()) {
		return nil
	}
	if err := s.eraseBars(); err != nil {
		return err
	}
	return s.drawBars()
}

func (s *Screen) eraseBars() error {
	if len(s.standing) == 0 {
		return nil
	}
	s.standing = nil
	_, err := io.WriteString(s.stderr.W, "\r\x1b[J")
	return err
}

// drawBars draws bars at the start of a line, where there is place for them.
func (s *Screen) drawBars() error {
	if s.hidden || s.stepped() || s.raw && s.used || s.question != "" || s.stderr.middle {
		return nil
	}
	if s.standing = s.barLines(); len(s.standing) == 0 {
		return nil
	}
	back := "\r"
	if above := len(s.standing) - 1; above > 0 {
		back = fmt.Sprintf("\r\x1b[%dA", above)
	}
	_, err := io.WriteString(s.stderr.W, noWrap+strings.Join(s.standing, "\r\n")+wrap+back)
	return err
}

// barLines are the lines of the bars. None is as wide as the terminal, which could go to the next line then.
func (s *Screen) barLines() []string {
	size := s.stderr.size()
	shown := s.bars
	if most := max(1, min(maxBars, size.Rows/2)); len(shown) > most {
		shown = shown[:most]
	}
	var lines []string
	for _, b := range shown {
		lines = append(lines, b.line(size.Cols-1))
	}
	if more := len(s.bars) - len(shown); more > 0 {
		lines = append(lines, Fit(fmt.Sprintf("… and %d more", more), size.Cols-1))
	}
	if s.live != nil && len(s.live.order) > 0 {
		lines = append(lines, s.live.lines(size.Cols-1, s.liveRows(), s.stderr.palette)...)
	}
	return lines
}

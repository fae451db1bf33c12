package console

import (
	"fmt"
	"strings"
	"time"
)

// Bounds of the view.
const (
	maxRows = 16 // hosts that have a line; of a small window half of the lines are enough
	maxSlug = 24 // columns of a host's name
)

// liveRows is how many hosts have a line now.
func (s *Screen) liveRows() int { return min(maxRows, max(1, s.stderr.size().Rows/2-1)) }

// lines draws the view: so many hosts, and below them the line that counts them.
func (l *live) lines(columns, rows int, p palette) []string {
	now := time.Now()
	shown := l.shown(now, rows)
	slugs := 0
	for _, r := range shown {
		slugs = max(slugs, min(maxSlug, Width(r.host)))
	}
	var lines []string
	for _, r := range shown {
		lines = append(lines, l.line(r, now, slugs, columns, p))
	}
	return append(lines, l.footer(now, columns))
}

// line is that of a host: "> web3  waiting     12s  Continue? [y/N]".
func (l *live) line(r *row, now time.Time, slugs, columns int, p palette) string {
	is := r.phase(now)
	mark := "  "
	if r == l.chosen {
		mark = "> "
	}
	slug := Fit(clean(r.host, false), slugs)
	state, clock := phaseWords[is], elapsed(now.Sub(r.begun))
	switch is {
	case isSilent:
		state += " " + elapsed(now.Sub(r.heard))
	}
	if !r.busy() {
		clock = elapsed(r.took)
	}
	state = fmt.Sprintf("%-14s", state)
	clock = fmt.Sprintf("%6s", clock)
	text := mark + slug + strings.Repeat(" ", slugs-Width(slug)) + "  " + state + clock + "  "
	last := r.question()
	if is == isFailed && last == "" {
		last = oneLine(r.why, maxLast)
	}
	if room := columns - Width(text); room > 0 && last != "" {
		return mark + p.slug(slug) + strings.Repeat(" ", slugs-Width(slug)) + "  " + p.phase(state, is) + clock + "  " +
			Fit(last, room)
	}
	return Fit(strings.TrimRight(text, " "), columns)
}

// phase paints the state of a host.
func (p palette) phase(text string, is phase) string {
	switch is {
	case isWaiting, isParked, isSilent, isInterrupted, isOffline, isSkipped:
		return p.yellow(text)
	case isFailed:
		return p.red(text)
	case isDone:
		return p.green(text)
	}
	return text
}

// footer is the last line: "100 hosts: 1 waiting, 3 running, 96 done  12s  Enter: answer web3, Down: choose". Where there
// is no room to tell what keys do, it names them.
func (l *live) footer(now time.Time, columns int) string {
	line := l.counts(now) + "  " + elapsed(now.Sub(l.begun)) + "  "
	keys, short := l.keys()
	switch room := columns - Width(line); {
	case l.typed != "" && l.chosen == nil:
		keys = l.ahead(room)
	case Width(keys) > room:
		keys = short
	}
	return Fit(line+keys, columns)
}

// counts tells how many hosts do what.
func (l *live) counts(now time.Time) string {
	var count [len(phaseWords)]int
	for _, r := range l.order {
		count[r.phase(now)]++
	}
	var parts []string
	for is, n := range count {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, phaseWords[is]))
		}
	}
	if todo := len(l.targets) - len(l.order); todo > 0 {
		parts = append(parts, fmt.Sprintf("%d to do", todo))
	}
	return hostCount(len(l.targets)) + ": " + strings.Join(parts, ", ")
}

// keys says which keys do something now, and names them.
func (l *live) keys() (told, named string) {
	switch waits := l.waits(); {
	case l.chosen != nil:
		return "Enter: step into " + clean(l.chosen.host, false) + ", a: answer all, x: leave it, ?", "Enter, a, x, ?"
	case len(waits) > 1 && !l.typeAhead:
		return "Enter: answer " + clean(waits[0].host, false) + ", a: answer all, Down: choose", "Enter, a, Down"
	case len(waits) > 0:
		return "Enter: answer " + clean(waits[0].host, false) + ", Down: choose", "Enter, Down"
	}
	return "Down: choose a host", "Down"
}

// elapsed is a time of the view: "12s", "3m05s", "1h02m".
func elapsed(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%ds", int(d.Seconds()))
	}
	return Duration(d.Seconds())
}

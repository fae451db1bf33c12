package console

import (
	"cmp"
	"fmt"
	"strings"
	"sync"
	"time"

	"deployer/journal"
)

// ProgressOptions are options of [Console.Progress].
type ProgressOptions struct {
	Expected int // what the counter will come to; 0: nobody knows
	// Steps say what is done from a count on; the highest count is what is expected.
	Steps map[int]string
	Clear bool // nothing is left of it when it has ended
	// Format is the line that is shown, instead of a bar. It is called whenever that is drawn, and must not use a console.
	Format func(Progress) string
}

// Progress is how far something is.
type Progress struct {
	Message  string
	Count    int
	Expected int // 0: nobody knows
	Elapsed  time.Duration
	Status   string // the step; at the end "done" or "stopped"
	ended    bool
}

// Percent is the share that is done, of 100; 0 where nobody knows what is expected.
func (p Progress) Percent() int {
	if p.Expected <= 0 {
		return 0
	}
	return int(int64(p.Count) * 100 / int64(p.Expected))
}

// Clock is the time that has passed, "0:01:59".
func (p Progress) Clock() string {
	seconds := int(p.Elapsed.Seconds())
	return fmt.Sprintf("%d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

// Bar shows the progress of something. Its methods can be called by many goroutines; after its end they do nothing.
type Bar struct {
	console Console
	at      journal.Event
	message string
	o       ProgressOptions
	begun   time.Time
	screen  *Screen // nil: it is not drawn, and told by lines of the log

	mu     sync.Mutex // guards what follows
	count  int
	status string
	ended  bool
	told   time.Time // when a line of the log was written
}

// tellEvery is how often a bar that is not drawn is told at most.
const tellEvery = 10 * time.Second

// Progress shows how something goes on, until [Bar.Done] or [Bar.Stop] ends that, or the end of the action. On a
// terminal a bar is drawn below the lines of the run, and a line of the log is left of it. Elsewhere lines of the log
// tell its start, every step, how far it is every ten seconds, and its end.
func (c Console) Progress(message string, o ProgressOptions) *Bar {
	for count := range o.Steps {
		o.Expected = max(o.Expected, count)
	}
	b := &Bar{console: c, at: c.at(), message: c.shown(message), o: o, begun: time.Now()}
	b.status, b.told = b.step(), b.begun
	if s := c.of.Screen; s != nil && s.draws() {
		b.screen = s
		s.addBar(b)
	} else {
		c.Log(b.text(b.state()))
	}
	return b
}

// step is what is done at the present count.
func (b *Bar) step() string {
	at, step := 0, ""
	for count, text := range b.o.Steps {
		if count <= b.count && (step == "" || count > at) {
			at, step = count, b.console.shown(text)
		}
	}
	return step
}

// Next counts one more.
func (b *Bar) Next() { b.change(func(count int) int { return count + 1 }) }

// Set sets the counter, which is 0 at first.
func (b *Bar) Set(count int) { b.change(func(int) int { return max(0, count) }) }

// Redraw draws the bar at once. Without it a change is seen within a tenth of a second.
func (b *Bar) Redraw() {
	if b.screen != nil {
		b.screen.redraw()
	}
}

func (b *Bar) change(to func(int) int) {
	if p, tell := b.changed(to); tell {
		b.console.Log(b.text(p))
	}
}

// changed changes the counter and returns what has come of it, and whether the log is to tell that.
func (b *Bar) changed(to func(int) int) (p Progress, tell bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return p, false
	}
	before := b.status
	b.count = to(b.count)
	b.status = b.step()
	if b.screen == nil && (b.status != before || time.Since(b.told) >= tellEvery) {
		b.told, tell = time.Now(), true
	}
	return b.progress(), tell
}

// Done ends the bar: what it shows is done.
func (b *Bar) Done() { b.end("done") }

// Stop ends the bar: what it shows was given up. After Done it does nothing, so that it can be deferred.
func (b *Bar) Stop() { b.end("stopped") }

func (b *Bar) end(status string) {
	if !b.ends(status) {
		return
	}
	if b.screen != nil {
		b.screen.removeBar(b)
	}
	if !b.o.Clear {
		b.console.Log(b.text(b.state()))
	}
}

func (b *Bar) ends(status string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return false
	}
	b.ended, b.status = true, status
	return true
}

func (b *Bar) state() Progress {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.progress()
}

func (b *Bar) progress() Progress {
	return Progress{Message: b.message, Count: b.count, Expected: b.o.Expected, Elapsed: time.Since(b.begun),
		Status: b.status, ended: b.ended}
}

// text is a line of the log.
func (b *Bar) text(p Progress) string {
	if b.o.Format != nil {
		return b.o.Format(p)
	}
	text := p.Message + ": " + p.counter()
	if p.Status != "" {
		text += " " + p.Status
	}
	if p.ended {
		text += " " + Duration(p.Elapsed.Seconds())
	}
	return text
}

// line is what is drawn, in so many columns.
func (b *Bar) line(columns int) string {
	p := b.state()
	if b.o.Format != nil {
		return Fit(b.whose()+b.console.shown(b.o.Format(p)), columns)
	}
	p.Message = b.whose() + p.Message
	return p.line(columns)
}

// whose says which of several that are at work the bar is of.
func (b *Bar) whose() string {
	if !b.at.Parallel {
		return ""
	}
	return cmp.Or(b.at.Host, b.at.Node) + ": "
}

// counter is how much is done, of how much.
func (p Progress) counter() string {
	if p.Expected <= 0 {
		return fmt.Sprint(p.Count)
	}
	return fmt.Sprintf("%d/%d", p.Count, p.Expected)
}

// Widths of parts of a line.
const (
	maxGraph  = 40
	minGraph  = 6
	minStatus = 8
)

// line is a line in so many columns: message, counter, graph, percentage, time, status. Where there is no place for all,
// the graph goes first, then the status, the time, and the end of the message.
func (p Progress) line(columns int) string {
	clock := " " + p.Clock()
	counter, percent := " "+p.counter(), ""
	if p.Expected > 0 {
		percent = fmt.Sprintf(" %d%%", p.Percent())
	}
	room := columns - len(counter) - len(percent)
	message := Fit(p.Message+":", max(room, columns/4))
	room -= Width(message)
	if room < len(clock) {
		clock = ""
	}
	room -= len(clock)
	status := ""
	if room > minStatus && p.Status != "" {
		status = " " + Fit(p.Status, room-1)
	}
	return Fit(message+counter+p.graph(room-Width(status))+percent+clock+status, columns)
}

// graph is the bar itself in at most so many columns, a space before it.
func (p Progress) graph(room int) string {
	size := min(maxGraph, room-len(" []"))
	if p.Expected <= 0 || size < minGraph {
		return ""
	}
	full := min(size, int(int64(size)*int64(p.Count)/int64(p.Expected)))
	return " [" + strings.Repeat("=", full) + strings.Repeat(" ", size-full) + "]"
}

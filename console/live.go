package console

import (
	"bytes"
	"cmp"
	"regexp"
	"slices"
	"strings"
	"time"

	"deployer/internal/drawn"
	"deployer/journal"
)

// Live are the options of the live view: below the lines of a run that works on several hosts stands a line for each of
// them that is of interest, and one that counts them.
type Live struct {
	Targets   []string // the hosts of the run, in their order
	TypeAhead bool     // what is typed and is not for the view is for the line that is read after the run
}

// Times after which the view says more of a host than that it runs.
const (
	waitsAfter  = time.Second      // of silence, and the last line looks as if it asked something
	silentAfter = 10 * time.Second // of silence
)

// live is what the view knows of the hosts, by the events of the run.
type live struct {
	typeAhead bool           // keys without a meaning in the view are for the line that follows the run
	typed     string         // ahead
	targets   map[string]int // the place of each host
	begun     time.Time
	rows      map[string]*row
	order     []*row          // those that began, in the order of the targets
	commands  map[uint64]*row // those that run with a terminal which the person can step into
	seen      map[string]bool // commands that were told
	chosen    *row            // by the person; nil: none
	attached  *row            // whose terminal the person has; nil: none
	skips     bool            // what that prints, until the terminal of the person has caught up
	asked     bool            // a question waits until the person comes back from there
}

func newLive(o Live) *live {
	l := &live{typeAhead: o.TypeAhead, targets: map[string]int{}, begun: time.Now(), rows: map[string]*row{},
		commands: map[uint64]*row{}, seen: map[string]bool{}}
	for _, host := range o.Targets {
		l.place(host)
	}
	return l
}

// row is a host.
type row struct {
	host     string
	place    int
	begun    time.Time // when it had something to do
	took     time.Duration
	dialling int // connections that are being made
	actions  int // of its cell that go on
	running  int // commands
	parked   bool
	end      journal.State // of what ended last
	why      string        // it failed, if it did
	heard    time.Time     // when the command began, printed something or was given keys
	last     []byte        // line of output
	open     bool          // which has no end yet
	reads    reading       // since it was heard
	text     drawn.Sequences
	fresh    []byte   // what of the last part of the output is text
	recent   []byte   // what its terminal showed last, as it came
	before   leftover // the modes that its terminal was in before that
	drawn    leftover // the modes that its terminal is in
	seat     *seat    // its keyboard; nil: no command takes keys
}

// Bounds of what is kept of a host's output.
const (
	maxLast   = 512
	maxRecent = 8 << 10
)

// note takes an event of a host into account.
func (l *live) note(e journal.Event) {
	if e.Host == "" {
		return
	}
	r := l.row(e)
	switch e.Kind {
	case journal.ActionStart:
		r.actions++
	case journal.ActionEnd:
		r.actions--
		r.ended(e)
	case journal.ConnectStart:
		r.dialling++
	case journal.ConnectEnd:
		r.dialling--
		if e.State != journal.Done {
			r.ended(e)
		}
	case journal.CommandStart:
		r.running++
		r.heard, r.last, r.open, r.reads = time.Now(), nil, false, readsUnknown
		if e.Terminal && e.Parallel {
			l.commands[e.ID] = r
			r.recent, r.before, r.drawn, r.text = nil, leftover{}, leftover{}, drawn.Sequences{}
		}
	case journal.CommandOutput:
		r.hear(e)
	case journal.HostParked:
		r.parked = true
	case journal.HostBack:
		r.parked = false
	case journal.CommandEnd:
		r.running--
		r.ended(e)
	}
}

func (l *live) row(e journal.Event) *row {
	r := l.rows[e.Host]
	if r == nil {
		r = &row{host: e.Host, begun: time.Now()}
		r.place = l.place(e.Host)
		l.rows[e.Host] = r
		at, _ := slices.BinarySearchFunc(l.order, r, func(a, b *row) int { return cmp.Compare(a.place, b.place) })
		l.order = slices.Insert(l.order, at, r)
	}
	return r
}

// place is that of a host in the view: one that is no target comes after all others.
func (l *live) place(host string) int {
	at, known := l.targets[host]
	if !known {
		at = len(l.targets)
		l.targets[host] = at
	}
	return at
}

func (r *row) ended(e journal.Event) {
	r.end = e.State
	if why := causeOf(e); why != "" {
		r.why = why
	}
	if !r.busy() {
		r.took = time.Since(r.begun)
	}
}

func (r *row) busy() bool { return r.actions+r.running+r.dialling > 0 }

// hear notes what a command printed.
func (r *row) hear(e journal.Event) {
	r.heard, r.fresh, r.reads = time.Now(), e.Data, readsUnknown
	if e.Stream == journal.Terminal {
		r.drawn.note(e.Data)
		r.fresh = r.text.Pass(e.Data)
		r.recent = append(r.recent, e.Data...)
		if len(r.recent) > 2*maxRecent { // not at every part
			over := len(r.recent) - maxRecent
			r.before.note(r.recent[:over])
			r.recent = append(r.recent[:0], r.recent[over:]...)
		}
	}
	if e.Quiet {
		return
	}
	data := r.fresh
	if cut := bytes.LastIndexAny(bytes.TrimRight(data, "\r\n"), "\r\n"); cut >= 0 {
		data, r.last = data[cut+1:], nil
	} else if !r.open {
		r.last = nil
	}
	line := bytes.TrimRight(data, "\r\n")
	if len(line) > 0 || r.last != nil {
		r.last = append(r.last, line[:min(len(line), max(0, maxLast-len(r.last)))]...)
	}
	r.open = len(line) == len(data)
}

// latest is what the terminal of the host showed last, from the start of a line if that is known, in the modes that it
// had there: a program that fills the screen does so on the other one.
func (r *row) latest() []byte {
	latest, before := r.recent, r.before.clone()
	if over := len(latest) - maxRecent; over >= 0 {
		over += bytes.IndexByte(latest[over:], '\n') + 1
		before.note(latest[:over])
		latest = latest[over:]
	}
	return append([]byte(before.redo()), latest...)
}

// phase is what a host does, as far as the person is concerned. Those of more interest come first.
type phase int

const (
	isWaiting phase = iota // for an answer
	isParked
	isFailed
	isInterrupted
	isSilent
	isConnecting
	isRunning
	isOffline
	isSkipped
	isDone
)

var phaseWords = [...]string{
	"waiting", "parked", "failed", "interrupted", "silent", "connecting", "running", "offline", "skipped", "done",
}

// phase is what the host does now.
func (r *row) phase(now time.Time) phase {
	quiet := now.Sub(r.heard)
	switch {
	case r.parked:
		return isParked
	case !r.busy():
		return phaseAfter(r.end)
	case r.dialling > 0:
		return isConnecting
	case r.running == 0:
		return isRunning
	case r.asks() && quiet >= waitsAfter:
		return isWaiting
	case quiet >= silentAfter:
		return isSilent
	}
	return isRunning
}

// phaseAfter is the phase of a host on which nothing goes on any more, by how that ended.
func phaseAfter(end journal.State) phase {
	switch end {
	case journal.Parked:
		return isParked
	case journal.Interrupted:
		return isInterrupted
	case journal.Offline:
		return isOffline
	case journal.Skipped:
		return isSkipped
	}
	if isFailure(end) {
		return isFailed
	}
	return isDone
}

// prompts is how lines end that wait for an answer: "[y/N]", "password:", "(gdb)", "> ", "root@web1:~#".
var prompts = regexp.MustCompile(`[\]):?>#$%][ \t]*$`)

// reading is what is known of whether a program reads what is typed.
type reading int

const (
	readsUnknown reading = iota
	readsKeys
	readsNot
)

// asks reports whether somebody can answer, and the program reads that. Where that is not known, the last line must look as
// if it asked something, or the program fill the screen.
func (r *row) asks() bool {
	switch {
	case r.seat == nil || r.reads == readsNot:
		return false
	case r.reads == readsKeys:
		return true
	}
	return r.drawn.other() || r.open && prompts.MatchString(r.question())
}

// question is the last line, as text.
func (r *row) question() string {
	if r.running > 0 && r.drawn.other() {
		return "(fills the screen)"
	}
	return strings.TrimSpace(Clean(string(drawn.Text(r.last))))
}

// shown returns the rows that have a place among so many lines: those of most interest, in their order.
func (l *live) shown(now time.Time, lines int) []*row {
	if len(l.order) <= lines {
		return l.order
	}
	ranked := slices.Clone(l.order)
	phases := make(map[*row]phase, len(ranked))
	for _, r := range ranked {
		phases[r] = r.phase(now)
	}
	rank := func(r *row) int {
		if r == l.chosen {
			return -1
		}
		return int(phases[r])
	}
	slices.SortStableFunc(ranked, func(a, b *row) int { return cmp.Compare(rank(a), rank(b)) })
	kept := map[*row]bool{}
	for _, r := range ranked[:max(0, lines)] {
		kept[r] = true
	}
	return slices.DeleteFunc(slices.Clone(l.order), func(r *row) bool { return !kept[r] })
}

// waits returns the hosts that wait for an answer.
func (l *live) waits() []*row {
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(l.order), func(r *row) bool { return r.phase(now) != isWaiting })
}

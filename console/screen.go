package console

import (
	"bytes"
	"io"
	"sync"
	"time"

	"deployer/internal/drawn"
	"deployer/journal"
	"deployer/pty"
	"deployer/report"
)

// Output is where a screen writes.
type Output struct {
	W        io.Writer // nil: nowhere
	Terminal bool      // it is a terminal: what hosts print must not draw on it as it likes
	Dumb     bool      // it is a terminal that cannot erase: no progress is drawn there
	Colour   bool
	Size     func() pty.Size // of the terminal at this moment; nil: nobody knows
}

// size is the size of the terminal, or what it is taken for.
func (o Output) size() pty.Size {
	if o.Size == nil {
		return pty.Default
	}
	return o.Size()
}

// maxMerged is how many bytes are kept of the beginning of what each host prints on a stream, to be shown at the end.
const maxMerged = 1 << 20

// Options are what a screen is made with.
type Options struct {
	Stdout, Stderr Output
	Prefix         bool  // several hosts: their lines start with their slugs
	View           View  // "" is ViewLines
	Live           *Live // what goes on in several hosts is shown where it can be drawn; nil: it is not
	LogOnly        bool  // standard output is used for something else: neither output of commands nor prints are shown
}

// Screen shows a run while it goes on, as the package's doc says. It is a [journal.Sink].
//
// An error of Write is that of writing to Stdout or Stderr; nothing more should be written to the screen then.
type Screen struct {
	prefix      bool
	logOnly     bool
	view        view              // nil: it is shown line by line
	merged      *report.Collector // of what is shown at the end; nil: nothing is
	pace        *paced            // of the terminal; nil: the outputs are written to at once
	differences bool              // of groups from the largest are shown

	mu       sync.Mutex // guards what follows: a person may be asked while events come
	stdout   *surface
	stderr   *surface
	raw      bool     // a command has the terminal: a newline does not return the carriage
	used     bool     // and it has printed something there
	drawn    leftover // by that command
	question string   // on the terminal of stderr at this moment, without its end
	bars     []*Bar
	standing []string    // the lines of bars that are on the terminal at this moment
	hidden   bool        // nothing is drawn: others have the terminal
	ticker   *time.Timer // draws bars again; nil: there are none
	closed   bool        // no more bars are drawn
	page     *int        // how many rows of the terminal were written since it began; nil: nobody pages
	streams  map[streamKey]*lines
	live     *live                  // nil: there is no live view
	viewed   time.Time              // when one began that has ended and showed hosts; zero: none has
	held     []byte                 // lines for the terminal that were not shown yet
	left     int                    // lines that had no place there
	waiting  map[uint64]*time.Timer // connections that have not been shown yet
	told     map[string]bool        // hosts whose last connection did not come about, which was shown
}

// surface is an output and the state it is in.
type surface struct {
	Output
	palette
	middle bool // the last line has no end yet
}

type streamKey struct {
	id     uint64
	stream string
}

var _ journal.Sink = (*Screen)(nil)

// NewScreen returns a screen. It must be closed.
func NewScreen(o Options) *Screen {
	s := &Screen{
		prefix: o.Prefix, logOnly: o.LogOnly,
		stdout: newSurface(o.Stdout), stderr: newSurface(o.Stderr),
		streams: map[streamKey]*lines{}, waiting: map[uint64]*time.Timer{}, told: map[string]bool{},
	}
	switch {
	case o.View == ViewTree:
		s.view = newTree(s)
	case o.View == ViewHosts:
		s.view = newBlocks(s)
	case o.View.Merges() && !o.LogOnly:
		s.merged, s.differences = report.NewCollector(report.Options{Limit: maxMerged}), o.View == ViewDiff
	}
	if o.Live != nil && s.draws() {
		s.startLive(*o.Live)
	}
	return s
}

func newSurface(o Output) *surface {
	if o.W == nil {
		o.W = io.Discard
	}
	return &surface{Output: o, palette: palette{o.Colour}}
}

// Close ends what the screen waits for. It closes no output.
func (s *Screen) Close() error {
	if err := s.EndLive(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for id := range s.waiting {
		s.stopWaiting(id)
	}
	if err := s.keepBars(func(*Bar) bool { return false }); err != nil {
		return err
	}
	if s.view != nil {
		return s.view.close()
	}
	if s.merged != nil {
		return s.merged.Close()
	}
	return nil
}

// Write shows an event.
func (s *Screen) Write(e journal.Event) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.follow(e); err != nil {
		return err
	}
	if s.merged != nil && (e.Stream != journal.Terminal || s.offered(e)) {
		if err := s.merged.Write(e); err != nil {
			return err
		}
	}
	switch e.Kind {
	case journal.CommandOutput:
		return s.output(e)
	case journal.RunEnd:
		if err := s.summarise(e); err != nil {
			return err
		}
		if s.merged != nil {
			return s.showMerged()
		}
	case journal.CommandEnd:
		if err := s.endOutput(e); err != nil {
			return err
		}
		if s.live != nil {
			delete(s.live.commands, e.ID)
		}
	case journal.Message:
		if e.Stream == journal.Stdout {
			return s.print(e)
		}
	case journal.ConnectStart:
		if s.live == nil {
			s.startWaiting(e)
		}
		return nil
	case journal.ConnectEnd:
		s.stopWaiting(e.ID)
	case journal.ActionEnd:
		if err := s.keepBars(func(b *Bar) bool { return b.at.Parent != e.ID }); err != nil {
			return err
		}
	}
	if s.view != nil {
		return s.view.write(e)
	}
	return s.writeLine(e)
}

// writeLine shows an event of the log.
func (s *Screen) writeLine(e journal.Event) error { return s.log(s.logged(e)) }

// logged is the line of the log for an event; "" for those that another line tells.
func (s *Screen) logged(e journal.Event) string {
	if s.live != nil && e.Parallel && s.live.tells(e) {
		return s.live.logLine(e, s.stderr.palette)
	}
	switch e.Kind {
	case journal.CommandEnd:
		if s.told[e.Host] && neverRan(e.State) {
			return ""
		}
	case journal.ActionStart:
		if e.Quiet || s.prefix && e.Parallel && e.Host != "" {
			return "" // of an action in many cells one line is enough: that of the node they belong to
		}
	case journal.ConnectEnd:
		s.told[e.Host] = neverRan(e.State)
	}
	return logLine(e, s.stderr.palette)
}

// neverRan reports whether a command in that state was not even started, for want of a connection.
func neverRan(state journal.State) bool {
	return state == journal.Unreachable || state == journal.Offline || state == journal.Refused
}

// output shows what a command printed.
func (s *Screen) output(e journal.Event) error {
	if e.Quiet || s.logOnly {
		return nil
	}
	to := s.surfaceOf(e.Stream)
	offered := e.Stream == journal.Terminal && s.offered(e)
	switch {
	case offered && s.live.commands[e.ID] == s.live.attached:
		return s.pass(to, e.Data)
	case e.Stream == journal.Terminal && !offered:
		s.drawn.note(e.Data)
		s.used = true
		return s.putNow(to, e.Data) // a person uses it: what waits for an answer ends with no newline
	case s.merged != nil:
		return nil
	case !s.prefix && s.view == nil:
		return s.put(to, e.Data)
	}
	if offered {
		e.Data = s.live.commands[e.ID].fresh
	}
	key := streamKey{e.ID, e.Stream}
	l := s.streams[key]
	if l == nil {
		l = &lines{returns: to.Terminal && !offered, once: !to.Terminal || offered}
		s.streams[key] = l
	}
	return l.add(e.Data, s.placed(to, e))
}

// offered reports whether an event is of a command that has a terminal of its own, into which the person can step.
func (s *Screen) offered(e journal.Event) bool { return s.live != nil && s.live.commands[e.ID] != nil }

func (s *Screen) surfaceOf(stream string) *surface {
	if stream == journal.Stderr {
		return s.stderr
	}
	return s.stdout
}

// endOutput shows the last lines of a command that have no end.
func (s *Screen) endOutput(e journal.Event) error {
	for _, stream := range []string{journal.Stdout, journal.Stderr, journal.Terminal} {
		key := streamKey{e.ID, stream}
		if l := s.streams[key]; l != nil {
			delete(s.streams, key)
			if err := l.rest(s.placed(s.surfaceOf(stream), e)); err != nil {
				return err
			}
		}
	}
	return nil
}

// placed returns what shows a line that was printed, at the place where it belongs.
func (s *Screen) placed(to *surface, e journal.Event) func(line []byte) error {
	return func(line []byte) error {
		if s.offered(e) {
			line = drawn.Text(line)
		}
		text := string(line)
		if to.Terminal {
			text = clean(text, to.Colour)
		}
		if s.view != nil {
			return s.view.line(e, text, to)
		}
		return s.line(to, to.slug(e.Host)+" | "+text)
	}
}

// print shows what a script printed.
func (s *Screen) print(e journal.Event) error {
	if s.logOnly || s.merged != nil {
		return nil
	}
	if s.view == nil && (!s.prefix || e.Host == "") {
		return s.line(s.stdout, e.Message)
	}
	show := s.placed(s.stdout, e)
	l := &lines{returns: s.stdout.Terminal}
	if err := l.add([]byte(e.Message+"\n"), show); err != nil {
		return err
	}
	return l.rest(show)
}

// log shows a line of the log; "" is none.
func (s *Screen) log(line string) error {
	if line == "" {
		return nil
	}
	return s.line(s.stderr, line)
}

// line writes a line of its own.
func (s *Screen) line(to *surface, text string) error { return s.whole(to, []byte(text+"\n")) }

// whole writes whole lines. Where the last line of a terminal, or of the log, has no end, it gets one first.
func (s *Screen) whole(to *surface, lines []byte) error {
	if s.inMiddle(to) {
		lines = append([]byte("\n"), lines...)
	}
	return s.put(to, lines)
}

// returned returns lines of the screen's own as the terminal needs them at the moment they are written.
func (s *Screen) returned(to *surface, lines []byte) []byte {
	if !s.raw || !to.Terminal {
		return lines
	}
	return bytes.ReplaceAll(lines, []byte("\n"), []byte("\r\n"))
}

// lend gives the terminal to a command, which passes on all it prints. Before take changes its modes, the terminal has
// what came before.
func (s *Screen) lend(take func() error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	// Errors of writing show with the next event, which cannot be written either.
	_ = s.flush()
	_ = s.eraseBars()
	s.settle()
	err := take()
	if err == nil {
		s.raw, s.used = true, false
	}
	_ = s.drawBars()
	return err
}

// getBack is the end of lend: the screen is made as it was.
func (s *Screen) getBack() {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.above(func() error {
		s.raw, s.used = false, false
		if undo := s.drawn.undo(); undo != "" && s.stdout.Terminal {
			_, err := io.WriteString(s.stdout.W, undo)
			return err
		}
		return nil
	})
}

// inMiddle reports whether a line must be ended before another is written. Standard output that is not a terminal gets
// no byte that nobody wrote.
func (s *Screen) inMiddle(to *surface) bool {
	return to.middle && (to == s.stderr || to.Terminal) && !s.stepped() // the lines of others wait
}

// put writes data. A question or bars that are on the same terminal make place for it, and come again below.
func (s *Screen) put(to *surface, data []byte) error {
	switch {
	case len(data) == 0:
		return nil
	case !to.Terminal:
		return s.write(to, data)
	case s.live != nil:
		return s.hold(to, data)
	}
	return s.above(func() error { return s.write(to, s.returned(to, data)) })
}

// putNow puts what a command prints that has the terminal, as it is and without waiting for more to come.
func (s *Screen) putNow(to *surface, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if !to.Terminal {
		return s.write(to, data)
	}
	if err := s.flush(); err != nil {
		return err
	}
	return s.above(func() error { return s.write(to, data) })
}

func (s *Screen) write(to *surface, data []byte) error {
	if len(data) == 0 {
		return nil
	}
	if _, err := to.W.Write(data); err != nil {
		return err
	}
	if s.page != nil && to.Terminal {
		*s.page += rowsOf(string(data), to.size().Cols)
	}
	s.ended(to, data[len(data)-1] == '\n')
	return nil
}

// ended notes whether the last line has an end now. Two terminals are taken for one and the same.
func (s *Screen) ended(to *surface, ended bool) {
	to.middle = !ended
	if s.stdout.Terminal && s.stderr.Terminal {
		s.stdout.middle, s.stderr.middle = !ended, !ended
	}
}

package console

import (
	"bytes"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"deployer/journal"
	"deployer/report"
)

// blocks shows a run host by host: all of a host's lines as one block, when the host has ended, so that no line of one
// stands among those of another. A host in an action of a cell ends with that action; what else is done on hosts is shown
// when the run ends. Until then blocks are in memory, and in a temporary file where they are long.
type blocks struct {
	screen  *Screen
	spool   report.Spool
	actions map[uint64]*block // those that go on, with the block of their cell
	outside map[string]*block // what happens on hosts outside of cells
	order   []string          // of their hosts
}

// block is what is shown of a host. Every line of the text has a mark before it that says where it goes.
type block struct {
	host        string
	id          uint64 // of the action of the cell; 0: outside of cells
	text        *report.Text
	begun, last time.Time
}

// The marks of lines.
const (
	toStdout = 'o'
	toStderr = 'e'
)

func newBlocks(s *Screen) *blocks {
	return &blocks{screen: s, actions: map[uint64]*block{}, outside: map[string]*block{}}
}

func (b *blocks) newBlock(e journal.Event, id uint64) *block {
	return &block{host: e.Host, id: id, text: report.NewText(&b.spool, 0), begun: e.Time}
}

// write keeps an event of a host, and shows any other.
func (b *blocks) write(e journal.Event) error {
	if e.Kind == journal.ActionStart {
		b.begin(e)
	}
	var err error
	if line := b.screen.logged(e); line != "" {
		err = b.put(e, line, b.screen.stderr)
	}
	switch e.Kind {
	case journal.ActionEnd:
		err = errors.Join(err, b.end(e))
	case journal.HostEnd:
		if one := b.outside[e.Host]; one != nil {
			delete(b.outside, e.Host)
			e.Seconds = one.last.Sub(one.begun).Seconds()
			err = errors.Join(err, b.show(one, e))
		}
	}
	return err
}

// begin takes note of an action. The outermost one in a cell begins a block.
func (b *blocks) begin(e journal.Event) {
	one := b.actions[e.Parent]
	if e.Host != "" && !e.Quiet && (one == nil || one.host != e.Host) {
		one = b.newBlock(e, e.ID)
	}
	b.actions[e.ID] = one
}

func (b *blocks) end(e journal.Event) error {
	one := b.actions[e.ID]
	delete(b.actions, e.ID)
	if one == nil || one.id != e.ID {
		return nil
	}
	return b.show(one, e)
}

// of is the block of an event on a host.
func (b *blocks) of(e journal.Event) *block {
	if one := b.actions[e.Parent]; one != nil && one.host == e.Host {
		return one
	}
	one := b.outside[e.Host]
	if one == nil {
		one = b.newBlock(e, 0)
		b.outside[e.Host], b.order = one, append(b.order, e.Host)
	}
	return one
}

// put keeps lines of a host, and shows any other.
func (b *blocks) put(e journal.Event, text string, to *surface) error {
	if e.Host == "" {
		return b.screen.line(to, text)
	}
	mark := byte(toStdout)
	if to == b.screen.stderr {
		mark = toStderr
	}
	one := b.of(e)
	one.last = e.Time
	for line := range strings.SplitSeq(text, "\n") {
		one.text.Add(append(append([]byte{mark}, line...), '\n'))
	}
	return nil
}

// line keeps a line that was printed.
func (b *blocks) line(e journal.Event, text string, to *surface) error {
	if b.screen.prefix && e.Host != "" {
		text = to.slug(e.Host) + " | " + text
	}
	return b.put(e, text, to)
}

// note shows at once what is about a moment.
func (b *blocks) note(_ journal.Event, line string) error { return b.screen.log(line) }

// show shows a block, with how its host ended.
func (b *blocks) show(one *block, end journal.Event) error {
	log := b.screen.stderr
	head := Rule + " " + log.slug(one.host) + " " + stateIn(log.palette, end.State)
	if end.Seconds > 0 {
		head += " " + Duration(end.Seconds)
	}
	w := &unmarked{screen: b.screen}
	err := errors.Join(b.screen.log(head), w.from(one.text))
	one.text.Release()
	return err
}

// close shows what is left of hosts whose end did not come.
func (b *blocks) close() error {
	var err error
	for _, host := range b.order {
		if one := b.outside[host]; one != nil {
			err = errors.Join(err, b.show(one, journal.Event{}))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.actions)) {
		if one := b.actions[id]; one != nil && one.id == id {
			err = errors.Join(err, b.show(one, journal.Event{}))
		}
	}
	return errors.Join(err, b.spool.Close())
}

// unmarked writes lines to where their marks say.
type unmarked struct {
	screen  *Screen
	to      *surface
	inside  bool // of a line
	pending []byte
}

// from writes a text.
func (w *unmarked) from(text *report.Text) error {
	_, err := text.WriteTo(w)
	return errors.Join(err, w.flush())
}

// Write implements [io.Writer].
func (w *unmarked) Write(b []byte) (int, error) {
	size := len(b)
	for len(b) > 0 {
		if !w.inside {
			n, err := w.mark(b[0])
			if err != nil {
				return 0, err
			}
			b, w.inside = b[n:], true
			continue
		}
		end := bytes.IndexByte(b, '\n') + 1
		w.inside = end == 0
		if w.inside {
			end = len(b)
		}
		w.pending = append(w.pending, b[:end]...)
		b = b[end:]
	}
	return size, nil
}

// mark begins a line, and returns how long its mark is. That of a line that says what was left out is 0.
func (w *unmarked) mark(mark byte) (size int, err error) {
	to := w.screen.stderr
	if mark == toStdout {
		to = w.screen.stdout
	}
	if to != w.to || len(w.pending) > maxPending {
		err = w.flush()
	}
	w.to = to
	if mark == toStdout || mark == toStderr {
		size = 1
	}
	return size, err
}

func (w *unmarked) flush() error {
	if len(w.pending) == 0 {
		return nil
	}
	err := w.screen.whole(w.to, w.pending)
	w.pending = w.pending[:0]
	return err
}

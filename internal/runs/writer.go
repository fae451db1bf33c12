package runs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"deployer/journal"
)

// Writer writes the journal of a run. It is a [journal.Settler].
//
// A goroutine of its own writes what comes, so that a slow disk does not hold up the run: all in all the run waits for the
// disk no longer than two seconds, and then output is left out until the disk has caught up. That a host is worked on is
// in the file before the work begins, unless those two seconds have passed: else a run that is killed could look as if it
// had not begun there. The journal is bounded: beyond its limit output and commands are left out, but how actions, hosts
// and the run end is always told.
type Writer struct {
	path  string
	limit int64 // of the file, in bytes
	file  io.WriteCloser

	mu      sync.Mutex // guards what follows
	changed *sync.Cond // something was written, or cannot be
	wanted  *sync.Cond // something is to be written
	pending []byte     // whole lines that are not in the file yet; the first may be there in part
	spare   []byte     // memory for the next pending
	size    int64      // of all lines
	written int64      // of them in the file
	due     bool       // pending is to be written now
	soon    *time.Timer
	stall   time.Duration // how long the run may still wait for the disk
	waiting int           // how many wait
	since   time.Time     // when the first of them began to
	begun   map[string]bool
	marks   map[string]int64 // of hosts on which work begins: the size with which the file says so
	leaving bool             // output is left out, and an event says so
	lost    bool             // more than output is missing
	err     error
	closed  bool
	ended   bool // the goroutine has
	working sync.WaitGroup
}

const (
	chunk      = 64 << 10              // is written without delay
	delay      = 20 * time.Millisecond // until anything is
	maxPending = 1 << 20               // what waits for the disk
	lastWait   = 10 * time.Second      // for the disk, at the end
)

// newWriter starts a writer. tidy is called meanwhile.
func newWriter(f io.WriteCloser, path string, limit int64, tidy func()) *Writer {
	w := &Writer{path: path, limit: limit, file: f, stall: stallBudget, begun: map[string]bool{}, marks: map[string]int64{}}
	w.changed, w.wanted = sync.NewCond(&w.mu), sync.NewCond(&w.mu)
	w.soon = time.AfterFunc(delay, w.flush)
	w.working.Go(w.work)
	w.working.Go(tidy)
	return w
}

// Write implements journal.Sink. Its error is nil: Close returns what went wrong.
func (w *Writer) Write(e journal.Event) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil // what was left behind goes on telling
	}
	begins := w.begins(e)
	if why := w.tooMuch(e, begins); why != "" {
		w.leaveOut(e, why)
		return nil
	}
	w.leaving = w.leaving && e.Kind != journal.CommandOutput
	w.add(e)
	if begins {
		w.marks[e.Host] = w.size
	}
	return nil
}

// Settle implements journal.Settler: it waits until the file says that work begins on a host.
func (w *Writer) Settle(e journal.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	mark, begins := w.marks[e.Host]
	if !begins {
		return
	}
	w.await(func() bool { return w.err != nil || w.written >= mark })
	if w.marks[e.Host] == mark {
		delete(w.marks, e.Host)
	}
}

// begins reports whether work begins with e on a host that nothing was known to run on.
func (w *Writer) begins(e journal.Event) bool {
	if e.Host == "" || e.Kind == journal.HostEnd {
		return false
	}
	first := !w.begun[e.Host]
	w.begun[e.Host] = true
	return first || e.Kind == journal.ActionStart
}

// tooMuch says why an event is left out; "" if it is not.
func (w *Writer) tooMuch(e journal.Event, begins bool) string {
	switch {
	case begins || always(e.Kind):
		return ""
	case w.size+int64(len(e.Data)) > w.limit:
		return fmt.Sprintf("this journal has %d MiB: what commands do and print is left out from here on", w.limit>>20)
	case e.Kind != journal.CommandOutput:
		return ""
	case w.err != nil:
		return fmt.Sprintf("output is left out from here on: %v", w.err)
	case len(w.pending) < maxPending:
		return ""
	}
	w.due = true
	w.await(func() bool { return w.err != nil || len(w.pending) < maxPending })
	if len(w.pending) < maxPending {
		return ""
	}
	return "the disk is slow: output is left out from here on"
}

// always reports whether an event is needed to know how the run and its hosts ended.
func always(k journal.Kind) bool {
	switch k {
	case journal.RunStart, journal.RunEnd, journal.ActionStart, journal.ActionEnd, journal.HostEnd:
		return true
	}
	return false
}

// leaveOut writes, once, that something is left out, in its place.
func (w *Writer) leaveOut(e journal.Event, why string) {
	if !w.leaving {
		w.leaving = true
		w.add(journal.Event{V: e.V, Time: e.Time, Run: e.Run, Seq: e.Seq, Kind: journal.Warning, Message: why})
	}
}

// add puts an event among what is to be written.
func (w *Writer) add(e journal.Event) {
	if w.err != nil && len(w.pending) > maxPending {
		w.lost = true
		return
	}
	before := len(w.pending)
	lines := bytes.NewBuffer(w.pending)
	if err := journal.NewJSON(lines).Write(e); err != nil {
		w.err, w.lost = firstOf(w.err, err), true // a value that is no JSON
		return
	}
	w.pending = lines.Bytes()
	w.size += int64(len(w.pending) - before)
	switch {
	case len(w.pending) >= chunk:
		w.now()
	case before == 0:
		w.soon.Reset(delay)
	}
}

// flush lets pending be written now.
func (w *Writer) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now()
}

func (w *Writer) now() {
	w.due = true
	w.wanted.Signal()
}

// await waits until something is so, but not longer than the run may wait for the disk.
func (w *Writer) await(so func() bool) {
	if so() || w.stall <= 0 {
		return
	}
	w.now()
	if w.waiting++; w.waiting == 1 {
		w.since = time.Now()
	}
	late := time.AfterFunc(w.stall-time.Since(w.since), w.changed.Broadcast)
	for !so() && time.Since(w.since) < w.stall {
		w.changed.Wait()
	}
	late.Stop()
	if w.waiting--; w.waiting == 0 {
		w.stall -= time.Since(w.since)
	}
}

// work writes what is due, until the journal is closed.
func (w *Writer) work() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for !w.closed || len(w.pending) > 0 && w.due {
		if !w.due || len(w.pending) == 0 {
			w.due = false
			w.wanted.Wait()
			continue
		}
		w.due = false
		part := w.pending
		w.pending = w.spare[:0]
		w.mu.Unlock()
		n, err := w.file.Write(part)
		w.mu.Lock()
		w.wrote(part, n, err)
	}
	w.ended = true
	w.changed.Broadcast()
}

// wrote takes note of how much of a part was written. What was not comes again.
func (w *Writer) wrote(part []byte, n int, err error) {
	w.written += int64(n)
	w.spare = part[:0]
	if err != nil {
		w.err = firstOf(w.err, err)
		w.pending, w.spare = append(part[n:], w.pending...), nil
		w.soon.Reset(delay)
	}
	w.changed.Broadcast()
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// Close writes the rest and ends the writer. Its error says why the journal does not hold everything; then its name says
// so too, if more than output is missing.
func (w *Writer) Close() error {
	w.soon.Stop()
	w.mu.Lock()
	w.closed = true
	w.stall = lastWait
	w.now()
	w.await(func() bool { return w.ended })
	ended, err := w.ended, w.err
	lost := w.lost || len(w.pending) > 0
	w.mu.Unlock()
	if !ended { // only the disk knows when it will
		return fmt.Errorf("the journal %s is incomplete: the disk did not take it within %v", w.path, lastWait)
	}
	w.working.Wait()
	err = firstOf(err, w.file.Close())
	if lost {
		err = firstOf(err, os.Rename(w.path, strings.TrimSuffix(w.path, suffix)+incompleteSuffix))
	}
	if err != nil {
		return fmt.Errorf("the journal of this run is incomplete: %w", err)
	}
	return nil
}

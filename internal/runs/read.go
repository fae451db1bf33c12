package runs

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"deployer/journal"
)

// ErrNoStart is of a journal that does not hold the start of its run: the process was killed, or the disk full, before.
var ErrNoStart = errors.New("the journal ends before the run begins")

// Events are the events of a run, in order. A journal that was cut off ends at its last whole line; one that is damaged,
// where the damage begins.
func (s *Store) Events(name string) iter.Seq2[journal.Event, error] {
	return func(yield func(journal.Event, error) bool) {
		one, err := s.find(name)
		if err != nil {
			yield(journal.Event{}, err)
			return
		}
		f, err := os.Open(one.path)
		if err != nil {
			yield(journal.Event{}, err)
			return
		}
		defer f.Close()
		for line, err := range wholeLines(f) {
			var e journal.Event
			if err == nil && json.Unmarshal(line, &e) != nil {
				return
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// wholeLines are the lines of a file that have an end. They are valid until the next one.
func wholeLines(f io.Reader) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r := bufio.NewReaderSize(f, chunk)
		var long []byte
		for {
			part, err := r.ReadSlice('\n')
			switch {
			case errors.Is(err, bufio.ErrBufferFull):
				long = append(long, part...)
				continue
			case errors.Is(err, io.EOF):
				return
			case err != nil:
				yield(nil, err)
				return
			case len(long) > 0:
				part = append(long, part...)
				long = part[:0]
			}
			if !yield(part, nil) {
				return
			}
		}
	}
}

// isOutput reports, without reading all of it, whether a line is what a command printed.
func isOutput(line []byte) bool {
	return bytes.Contains(line[:min(len(line), headSize)], []byte(`"event":"command.output"`))
}

// headSize is how much of a line the fields before the kind of its event may take.
const headSize = 200

// Read reads what a run did, without its output.
func (s *Store) Read(name string) (*Run, error) {
	one, err := s.find(name)
	if err != nil {
		return nil, err
	}
	return one.read()
}

func (k kept) read() (*Run, error) {
	f, err := os.Open(k.path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	goesOn := busy(f) // before it is read: what ends meanwhile has not ended yet
	run, err := readRun(f, k.name, goesOn, k.incomplete)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", k.path, err)
	}
	return run, nil
}

// readRun reads a journal but for what commands printed.
func readRun(from io.Reader, name string, goesOn, incomplete bool) (*Run, error) {
	r := newReading(name)
	for line, err := range wholeLines(from) {
		if err != nil {
			return nil, err
		}
		if isOutput(line) {
			continue
		}
		var e journal.Event
		if json.Unmarshal(line, &e) != nil {
			break
		}
		r.event(e)
	}
	if r.run.Start.Kind == "" {
		return nil, ErrNoStart
	}
	return r.end(goesOn, incomplete), nil
}

// Starts are the first events of the runs that keep wants, the newest first.
func (s *Store) Starts(keep func(start journal.Event) bool) ([]journal.Event, error) {
	all, err := s.all()
	var starts []journal.Event
	for _, one := range all {
		if start, err := one.start(); err == nil && keep(start) {
			starts = append(starts, start)
		}
	}
	return starts, err
}

// List are the newest runs, at most n of them, or with n below 1 all, that keep wants. Journals without a start are
// passed over.
func (s *Store) List(n int, keep func(start journal.Event) bool) ([]*Run, error) {
	all, err := s.all()
	if err != nil {
		return nil, err
	}
	var list []*Run
	for _, one := range all {
		if n > 0 && len(list) == n {
			break
		}
		start, err := one.start()
		if err != nil || !keep(start) {
			continue
		}
		run, err := one.read()
		if err != nil {
			return nil, err
		}
		list = append(list, run)
	}
	return list, nil
}

// start is the first event of a journal.
func (k kept) start() (journal.Event, error) {
	var e journal.Event
	f, err := os.Open(k.path)
	if err != nil {
		return e, err
	}
	defer f.Close()
	for line, err := range wholeLines(f) {
		if err != nil {
			return e, err
		}
		if json.Unmarshal(line, &e) != nil || e.Kind != journal.RunStart {
			break
		}
		return e, nil
	}
	return e, fmt.Errorf("%s: %w", k.path, ErrNoStart)
}

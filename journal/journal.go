package journal

import (
	"bytes"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// Sink reads the events of a run, one at a time and in order. It must not keep Event.Data after it returns.
type Sink interface {
	Write(Event) error
}

// Settler is a Sink that may have something to wait for after an event. Settle is called after Write, by the goroutine that
// the event comes from, while others may write theirs.
type Settler interface {
	Sink
	Settle(Event)
}

// Journal is the record of one run. It is safe for use by many goroutines.
type Journal struct {
	run     string
	secrets *Secrets
	lastID  atomic.Uint64
	waits   []Settler // among the sinks

	mu      sync.Mutex // guards what follows, and serialises the sinks
	seq     uint64
	sinks   []Sink
	errs    []error // the first error of each sink
	streams map[streamKey]*stream
}

type streamKey struct {
	id   uint64
	name string
}

// stream is the output of a command so far: its end may be the start of a secret, or of a character.
//
// A command's output comes in parts that end anywhere. If a part that ends within a character became an event as it is,
// it and the next would both not be UTF-8, and be base64 in JSON. So the first bytes of a character at the end, at most
// three, wait for the next part. Joined, the events still hold every byte of the output.
type stream struct {
	masker *Masker
	rune   []byte
}

// New starts the journal of a run, which masks secrets. With nil it starts with no secrets of its own.
func New(run string, secrets *Secrets, sinks ...Sink) *Journal {
	if secrets == nil {
		secrets = NewSecrets()
	}
	j := &Journal{
		run: run, secrets: secrets, sinks: sinks,
		errs:    make([]error, len(sinks)),
		streams: map[streamKey]*stream{},
	}
	for _, s := range sinks {
		if s, waits := s.(Settler); waits {
			j.waits = append(j.waits, s)
		}
	}
	return j
}

// Run is the name of the run.
func (j *Journal) Run() string { return j.run }

// Secrets are the secrets that the journal masks.
func (j *Journal) Secrets() *Secrets { return j.secrets }

// NewID returns an ID for an action, a command or a connection.
func (j *Journal) NewID() uint64 { return j.lastID.Add(1) }

// Write records an event. Version, time, run and sequence number are filled in, known secrets are masked.
func (j *Journal) Write(e Event) {
	j.write(e)
	for _, s := range j.waits {
		s.Settle(e)
	}
}

func (j *Journal) write(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e.Kind {
	case CommandOutput:
		if e.Data = j.stream(e).next(e.Data); len(e.Data) == 0 {
			return
		}
	case CommandEnd:
		j.flush(e)
	}
	j.emit(e)
}

// Errs returns the error of each sink, in the order of New, nil of those that did not fail. A sink that failed gets no
// more events.
func (j *Journal) Errs() []error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.errs)
}

func (j *Journal) stream(e Event) *stream {
	key := streamKey{e.ID, e.Stream}
	out := j.streams[key]
	if out == nil {
		out = &stream{masker: j.secrets.NewMasker()}
		j.streams[key] = out
	}
	return out
}

// next returns what of the stream can be shown after its next part.
func (s *stream) next(part []byte) []byte {
	part = s.masker.Mask(part)
	if len(s.rune) > 0 {
		part = append(s.rune, part...)
		s.rune = nil
	}
	end := runeEnd(part)
	s.rune = bytes.Clone(part[end:])
	return part[:end]
}

// rest returns what is left of the stream when it has ended.
func (s *stream) rest() []byte { return append(s.rune, s.masker.Rest()...) }

// runeEnd is where the last complete character of b ends. Bytes that are no character are complete.
func runeEnd(b []byte) int {
	for back := 1; back < utf8.UTFMax && back <= len(b); back++ {
		tail := b[len(b)-back:]
		if !utf8.RuneStart(tail[0]) {
			continue
		}
		if !utf8.FullRune(tail) {
			return len(b) - back
		}
		break
	}
	return len(b)
}

// flush writes what the streams of an ended command held back.
func (j *Journal) flush(end Event) {
	for _, name := range []string{Stdout, Stderr, Terminal} {
		key := streamKey{end.ID, name}
		out := j.streams[key]
		if out == nil {
			continue
		}
		delete(j.streams, key)
		if rest := out.rest(); len(rest) > 0 {
			j.emit(Event{Kind: CommandOutput, ID: end.ID, Parent: end.Parent, Node: end.Node, Host: end.Host,
				Quiet: end.Quiet, Stream: name, Data: rest})
		}
	}
}

func (j *Journal) emit(e Event) {
	j.seq++
	e.V, e.Time, e.Run, e.Seq = Version, time.Now(), j.run, j.seq
	j.secrets.maskEvent(&e)
	for i, s := range j.sinks {
		if j.errs[i] == nil {
			j.errs[i] = s.Write(e)
		}
	}
}

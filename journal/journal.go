package journal

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// Sink reads the events of a run, one at a time and in order. It must not keep Event.Data after it returns.
type Sink interface {
	Write(Event) error
}

// Journal is the record of one run. It is safe for use by many goroutines.
type Journal struct {
	run     string
	secrets *Secrets
	lastID  atomic.Uint64

	mu      sync.Mutex // guards what follows, and serialises the sinks
	seq     uint64
	sinks   []Sink
	errs    []error            // the first error of each sink
	streams map[stream]*Masker // output whose end may be the start of a secret
}

type stream struct {
	id   uint64
	name string
}

// New starts the journal of a run, which masks secrets. With nil it starts with no secrets of its own.
func New(run string, secrets *Secrets, sinks ...Sink) *Journal {
	if secrets == nil {
		secrets = NewSecrets()
	}
	return &Journal{
		run: run, secrets: secrets, sinks: sinks,
		errs:    make([]error, len(sinks)),
		streams: map[stream]*Masker{},
	}
}

// Run is the name of the run.
func (j *Journal) Run() string { return j.run }

// Secrets are the secrets that the journal masks.
func (j *Journal) Secrets() *Secrets { return j.secrets }

// NewID returns an ID for an action, a command or a connection.
func (j *Journal) NewID() uint64 { return j.lastID.Add(1) }

// Write records an event. Version, time, run and sequence number are filled in, known secrets are masked.
func (j *Journal) Write(e Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	switch e.Kind {
	case CommandOutput:
		if e.Data = j.masker(e).Mask(e.Data); len(e.Data) == 0 {
			return
		}
	case CommandEnd:
		j.flush(e)
	}
	j.emit(e)
}

// Err returns the first error of each sink, joined. A sink that failed gets no more events.
func (j *Journal) Err() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return errors.Join(j.errs...)
}

func (j *Journal) masker(e Event) *Masker {
	key := stream{e.ID, e.Stream}
	m := j.streams[key]
	if m == nil {
		m = j.secrets.NewMasker()
		j.streams[key] = m
	}
	return m
}

// flush writes what the streams of an ended command held back.
func (j *Journal) flush(end Event) {
	for _, name := range []string{Stdout, Stderr, Terminal} {
		key := stream{end.ID, name}
		m := j.streams[key]
		if m == nil {
			continue
		}
		delete(j.streams, key)
		if rest := m.Rest(); len(rest) > 0 {
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

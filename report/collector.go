package report

import (
	"cmp"
	"encoding/json"
	"slices"

	"deployer/internal/drawn"
	"deployer/journal"
)

// Options are what a collector is made with.
type Options struct {
	Limit int64 // how many bytes are kept of the beginning of what a host prints on a stream; 0: all
}

// Collector keeps what every host of one run printed, and how it ended. It is a [journal.Sink], of which only the
// temporary file can fail; that is no error, but a line in the texts.
type Collector struct {
	Start  journal.Event   // of the run
	End    journal.Event   // of the run; its Kind is "" before it
	Args   []string        // of the action of the run
	Result json.RawMessage // nil if there is none

	limit   int64
	spool   Spool
	hosts   []*Host
	bySlug  map[string]*Host
	actions map[uint64]action
	streams map[streamKey]*stream
	general *Text // what scripts printed of no host
	ended   int
}

var _ journal.Sink = (*Collector)(nil)

// action is one that goes on.
type action struct {
	node string
	part *Part // nil if it is in no cell
}

type streamKey struct {
	id   uint64
	name string
}

// stream is the output of a command.
type stream struct {
	filter
	to *Text
}

// filter makes lines of what was printed.
type filter interface {
	Pass(part []byte) []byte
	Rest() []byte
}

// NewCollector returns a collector. It must be closed.
func NewCollector(o Options) *Collector {
	c := &Collector{
		limit: o.Limit, bySlug: map[string]*Host{}, actions: map[uint64]action{}, streams: map[streamKey]*stream{},
	}
	c.general = NewText(&c.spool, c.limit)
	return c
}

// Close gives back what the texts took. They cannot be read any more.
func (c *Collector) Close() error { return c.spool.Close() }

// Write takes an event into account.
func (c *Collector) Write(e journal.Event) error {
	switch e.Kind {
	case journal.RunStart:
		c.Start = e
	case journal.RunEnd:
		c.End = e
	case journal.Result:
		c.Result = e.Value
	case journal.ActionStart:
		c.begin(e)
	case journal.ActionEnd:
		c.end(e)
	case journal.CommandStart, journal.ConnectStart, journal.ConnectEnd:
		c.touch(e)
	case journal.CommandOutput:
		c.output(e)
	case journal.CommandEnd:
		c.flush(e.ID)
		c.touch(e)
	case journal.Message:
		c.message(e)
	case journal.HostEnd:
		c.endHost(e)
	}
	return nil
}

// touch notes that something happened on a host.
func (c *Collector) touch(e journal.Event) {
	if e.Host != "" {
		c.host(e.Host).took(e.Time)
	}
}

func (c *Collector) host(slug string) *Host {
	h := c.bySlug[slug]
	if h == nil {
		h = &Host{Slug: slug, Node: c.Start.Node}
		c.bySlug[slug], c.hosts = h, append(c.hosts, h)
	}
	return h
}

// begin takes note of an action. The outermost one in a cell begins a part of its host.
func (c *Collector) begin(e journal.Event) {
	outer, inner := c.actions[e.Parent]
	if !inner && c.Args == nil {
		c.Args = e.Args
	}
	a := action{node: e.Node, part: outer.part}
	if e.Host != "" && !e.Quiet && (a.part == nil || a.part.Host.Slug != e.Host) {
		h := c.host(e.Host)
		h.took(e.Time)
		if h.outside == nil && len(h.Parts) == 0 {
			h.Node = e.Node
		}
		a.part = c.part(h, cmp.Or(outer.node, e.Node), e)
		h.outside = nil
	}
	c.actions[e.ID] = a
}

func (c *Collector) part(h *Host, node string, e journal.Event) *Part {
	p := &Part{Host: h, Node: node, Action: e.Action, id: e.ID}
	p.Out, p.Err = NewText(&c.spool, c.limit), NewText(&c.spool, c.limit)
	h.Parts = append(h.Parts, p)
	return p
}

func (c *Collector) end(e journal.Event) {
	p := c.actions[e.ID].part
	delete(c.actions, e.ID)
	if p == nil || p.id != e.ID {
		return
	}
	p.State, p.Error, p.Seconds = e.State, e.Error, e.Seconds
	p.Host.took(e.Time)
}

// partOf is where something belongs that happened on a host in an action.
func (c *Collector) partOf(e journal.Event) *Part {
	if p := c.actions[e.Parent].part; p != nil && p.Host.Slug == e.Host {
		return p
	}
	h := c.host(e.Host)
	if h.outside == nil {
		h.outside = c.part(h, c.Start.Node, journal.Event{})
	}
	return h.outside
}

// output takes what a command printed, if it was meant to be seen.
func (c *Collector) output(e journal.Event) {
	if e.Quiet || e.Host == "" {
		return
	}
	key := streamKey{e.ID, e.Stream}
	s := c.streams[key]
	if s == nil {
		p := c.partOf(e)
		s = &stream{&drawn.Redraws{}, p.Out}
		switch e.Stream {
		case journal.Stderr:
			s.to = p.Err
		case journal.Terminal:
			s.filter = &drawn.Terminal{}
		}
		c.streams[key] = s
	}
	if out := s.Pass(e.Data); len(out) > 0 {
		s.to.Add(out)
	}
}

// flush takes the last lines of a command, which get an end.
func (c *Collector) flush(id uint64) {
	for _, name := range []string{journal.Stdout, journal.Stderr, journal.Terminal} {
		key := streamKey{id, name}
		s := c.streams[key]
		if s == nil {
			continue
		}
		delete(c.streams, key)
		if rest := s.Rest(); len(rest) > 0 {
			s.to.Add(append(rest, '\n'))
		}
	}
}

// message takes what a script printed.
func (c *Collector) message(e journal.Event) {
	if e.Stream != journal.Stdout {
		return
	}
	to := c.general
	if e.Host != "" {
		to = c.partOf(e).Out
	}
	to.Add([]byte(e.Message + "\n"))
}

func (c *Collector) endHost(e journal.Event) {
	h := c.host(e.Host)
	c.ended++
	h.State, h.Error, h.ends = e.State, e.Error, c.ended
}

// General is what scripts printed that is of no host.
func (c *Collector) General() *Text { return c.general }

// Hosts are all hosts of the run, in the order of their ends: that in which they are defined. Those without an end,
// because the run was cut off, come last and have no State.
func (c *Collector) Hosts() []*Host {
	c.cut()
	all := slices.Clone(c.hosts)
	slices.SortStableFunc(all, func(a, b *Host) int {
		if a.ends == 0 || b.ends == 0 {
			return cmp.Compare(b.ends, a.ends)
		}
		return cmp.Compare(a.ends, b.ends)
	})
	return all
}

// cut ends the lines of commands whose end is not in the journal.
func (c *Collector) cut() {
	for key := range c.streams {
		c.flush(key.id)
	}
}

// Host is a host of the run; nil if it has none with that slug.
func (c *Collector) Host(slug string) *Host {
	c.cut()
	return c.bySlug[slug]
}

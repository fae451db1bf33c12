package nodes

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"deployer/hosts"
	"deployer/journal"
)

// Options are what a run starts with.
type Options struct {
	Session *hosts.Session // where the hosts are; it stays the caller's to close
	Person  Person         // nil: nobody is present, and a failed action aborts
	Sandbox bool           // check everything, change nothing
	Rolling Rolling        // what goes before how nodes and actions go over cells
	// Wait waits for a time between batches, and shows that, until ctx ends; nil: nothing is shown.
	Wait func(ctx context.Context, why string, d time.Duration)
}

// Run is the execution of actions: a session of hosts, somebody to ask or nobody, a sandbox or not.
type Run struct {
	session *hosts.Session
	options Options

	mu     sync.Mutex // guards tokens
	tokens map[*secret]string
	rolls  rolls
}

// NewRun starts a run.
func NewRun(o Options) *Run {
	return &Run{session: o.Session, options: o, tokens: map[*secret]string{}}
}

// Session is where the run's hosts are.
func (r *Run) Session() *hosts.Session { return r.session }

// Journal is where the run is recorded.
func (r *Run) Journal() *journal.Journal { return r.session.Journal() }

// Sandbox reports whether nothing may be changed.
func (r *Run) Sandbox() bool { return r.options.Sandbox }

// Env returns a node in this run.
func (r *Run) Env(n *Place) *Env { return &Env{place: n, run: r} }

// Print writes a line of a script to standard output.
func (e *Env) Print(ctx context.Context, line string) {
	e.run.Record(ctx, journal.Event{Kind: journal.Message, Host: e.cellSlug(), Stream: journal.Stdout, Message: line})
}

// Log writes a line of a script to the log.
func (e *Env) Log(ctx context.Context, line string) {
	e.run.Record(ctx, journal.Event{Kind: journal.Message, Host: e.cellSlug(), Message: line})
}

// Warn writes a warning of a script to the log.
func (e *Env) Warn(ctx context.Context, text string) {
	e.run.Record(ctx, journal.Event{Kind: journal.Warning, Host: e.cellSlug(), Message: text})
}

func (e *Env) cellSlug() string {
	if h := e.place.CellHost(); h != nil {
		return h.Slug()
	}
	return ""
}

// Record writes an event at the place where ctx is.
func (r *Run) Record(ctx context.Context, ev journal.Event) {
	scope := hosts.ScopeOf(ctx)
	ev.Node, ev.Parent = scope.Node, scope.Parent
	r.Journal().Write(ev)
}

// Secrets are the secrets that the run knows.
func (r *Run) Secrets() *journal.Secrets { return r.Journal().Secrets() }

// At returns an event of no kind that says where ctx is: the node, the host of its cell, the action, and whether several
// are at work at once.
func (r *Run) At(ctx context.Context) journal.Event {
	scope := hosts.ScopeOf(ctx)
	return journal.Event{Node: scope.Node, Host: scope.Cell, Parent: scope.Parent, Parallel: scope.Parallel}
}

// Rest gives up the place of a context among those that work at once, while it waits for a person: see [hosts.Rest].
func (r *Run) Rest(ctx context.Context) (back func()) { return hosts.Rest(ctx) }

// ParallelResult is what an action gives that ran in every cell of a node, or in those of several nodes.
type ParallelResult struct {
	Cells  []*Env
	Values []any   // nil where the cell failed
	Errors []error // nil where it did not
	ByPath bool    // the cells are of several nodes
}

// Name names a cell: by its slug, by slugs joined with ":" for several dimensions, or by its path if there are several
// nodes.
func (p *ParallelResult) Name(i int) string {
	at := p.Cells[i].place
	if p.ByPath {
		return at.Path()
	}
	return strings.Join(at.CellSlugs(), ":")
}

// Names are the names of all cells.
func (p *ParallelResult) Names() []string {
	names := make([]string, len(p.Cells))
	for i := range names {
		names[i] = p.Name(i)
	}
	return names
}

// Err joins the errors of the cells, in order. The cells that did not begin have one together; those that are left out
// since their hosts are offline have none, unless all are.
func (p *ParallelResult) Err() error { return joined(p.Errors) }

// At returns the index of a cell by its name; -1 if there is none.
func (p *ParallelResult) At(name string) int { return slices.Index(p.Names(), name) }

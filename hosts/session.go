package hosts

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// DefaultLimit is how many hosts work at once where Options does not say.
const DefaultLimit = 64

// Options are what a session starts with. The zero value is a session with nobody to ask, no terminal and no journal.
type Options struct {
	Journal  *journal.Journal
	Person   Person
	Terminal Terminal // of the person, for a command that runs alone; nil: it gets none
	Desk     Desk     // of the person who follows several hosts; nil: their commands get no terminal
	HostKeys string   // "strict" or "accept-new", where a host does not say; "": ssh_config decides
	Limit    int      // hosts working at once; 0: DefaultLimit
	// Connections is how many SSH connections may be open, but for those through others; 0: as many as this process may
	// have. Beyond that idle ones are closed, and new ones wait.
	Connections int
	Home        string // where .ssh is; "": the user's home directory
	// Silence is after how long without output or input a command is parked, where neither it nor its host says; 0:
	// DefaultSilence, negative: never.
	Silence time.Duration
	// LeaveParked is how long parked hosts are waited for when no other works any more; then they are left, see
	// Session.Leave. 0: until they end.
	LeaveParked time.Duration
	// SkipOffline leaves out hosts that cannot be reached at all: several that work at once do not fail because of them.
	SkipOffline bool
	// Keep keeps connections and passwords for the next session; nil: they end with this one.
	Keep *Keeper
	// Replace gives the host that is used in the place of another one, as tests do; nil: every host is itself.
	Replace func(Host) Host
}

// Terminal is the terminal of the person, as far as commands need it.
type Terminal interface {
	Size() pty.Size
	// Attach puts the terminal into raw mode and copies its keys to keyboard, until detach is called. resized is
	// called when the window changed.
	Attach(keyboard io.Writer, resized func(pty.Size)) (detach func() error, err error)
	// Interrupt is called when a command died of the Ctrl-C that the person typed: it ends the run, as Ctrl-C does
	// where no command has the terminal.
	Interrupt()
}

// Desk is where a person follows what runs on several hosts, and can step into one of them.
type Desk interface {
	Size() pty.Size
	// Offer puts a command, by its ID in the journal, on the desk until withdraw is called. As long as the person has stepped
	// into it, their keys are written to keyboard, and resize is called with the size of the window.
	Offer(command uint64, keyboard io.Writer, resize func(pty.Size)) (withdraw func())
	// Reads tells whether the program of a silent command reads what is typed, or waits for something else. It is known
	// for what the command printed before since, and not of every command.
	Reads(command uint64, reads bool, since time.Time)
	// Waits reports whether a command waits for the person, as far as the desk can tell, or they have stepped into it: such
	// a silence does not count.
	Waits(command uint64) bool
}

// Session is what a run has open on its hosts: connections, passwords typed, limits. It is safe for use by many
// goroutines. Close ends it and waits for its goroutines.
type Session struct {
	opts    Options
	work    chan struct{} // a place for every command that runs
	pool    *pool         // of SSH connections
	sudo    *passwords
	asking  turn          // of who puts a question
	reading chan struct{} // a place for every host that is asked what it reads
	posts   *posts
	offline offline
	abandon context.Context

	beginLimit time.Duration // see the constant
	stopGrace  time.Duration // see the constant
	fileServer string        // see the constant findServer
	give       context.CancelCauseFunc
	noHosts    atomic.Bool
	used       used
	told       sync.Map // slugs of hosts whose history cannot be written
	sandboxes  sandboxes
}

// used are the hosts on which something was to run, in the order in which it began.
type used struct {
	mu    sync.Mutex
	slugs []string
	known map[string]bool
}

func (u *used) add(slug string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.known == nil {
		u.known = map[string]bool{}
	}
	if !u.known[slug] {
		u.known[slug] = true
		u.slugs = append(u.slugs, slug)
	}
}

func (u *used) has(slug string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.known[slug]
}

// NewSession starts a session.
func NewSession(o Options) *Session {
	if o.Limit <= 0 {
		o.Limit = DefaultLimit
	}
	if o.Journal == nil {
		o.Journal = journal.New("", nil)
	}
	kept := o.Keep
	if kept == nil {
		kept = NewKeeper()
	}
	s := &Session{opts: o, work: make(chan struct{}, o.Limit), sudo: kept.sudo, pool: kept.pool, asking: newTurn(),
		reading: make(chan struct{}, readingHosts), beginLimit: beginLimit, stopGrace: stopGrace, fileServer: findServer}
	s.posts = newPosts(s)
	s.abandon, s.give = context.WithCancelCause(context.Background())
	s.pool.serve(s)
	return s
}

// OneAtATime reports whether hosts work one after the other.
func (s *Session) OneAtATime() bool { return s.opts.Limit == 1 }

// Journal is where the session records what it does.
func (s *Session) Journal() *journal.Journal { return s.opts.Journal }

// Secrets are the secrets that the session reveals and its journal masks.
func (s *Session) Secrets() *journal.Secrets { return s.opts.Journal.Secrets() }

// ErrAbandoned is the cause of commands that were cut off by Abandon.
var ErrAbandoned = errors.New("abandoned without waiting for its end")

// Abandon cuts off every command at once, without waiting for the hosts to end it.
func (s *Session) Abandon() { s.give(ErrAbandoned) }

// Empty records and warns that something, named by what, was to run on hosts and there were none.
func (s *Session) Empty(ctx context.Context, what string) {
	s.noHosts.Store(true)
	scope := ScopeOf(ctx)
	s.Journal().Write(journal.Event{Kind: journal.Warning, Node: scope.Node, Parent: scope.Parent,
		Message: what + " has no hosts: nothing was run"})
}

// NoHosts reports whether something was to run on hosts, and there were none.
func (s *Session) NoHosts() bool { return s.noHosts.Load() }

// Used returns the slugs of the hosts on which something was to run, also where the journal does not tell of it, in the
// order in which it began.
func (s *Session) Used() []string {
	s.used.mu.Lock()
	defer s.used.mu.Unlock()
	return slices.Clone(s.used.slugs)
}

// Close closes every connection that is not kept, and waits for the goroutines of the session.
func (s *Session) Close() error {
	s.Abandon()
	s.sudo.tasks.Wait() // nobody waits for an answer any more, but the terminal must be as it was
	if s.opts.Keep != nil {
		s.pool.settle()
		return s.sandboxes.close()
	}
	return errors.Join(s.pool.close(), s.sandboxes.close())
}

// place waits for a place among the commands that may run.
func (s *Session) place(ctx context.Context) error {
	select {
	case s.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (s *Session) leave() { <-s.work }

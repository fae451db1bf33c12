package hosts

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"deployer/internal/knownhosts"
	"deployer/internal/sshkeys"
	"deployer/journal"
)

const (
	idleLimit  = 10 * time.Minute // that an unused connection is kept
	maxIdle    = 1000             // unused connections; beyond, the oldest are closed
	loginsOnce = 6                // connections to one sshd that have not logged in: it drops some from the tenth
)

// pool holds the SSH connections of a session, or of several that follow each other: one for every slug and account,
// shared by all who ask.
type pool struct {
	now      atomic.Pointer[Session] // that it serves
	ctx      context.Context         // ends with the pool
	cancel   context.CancelCauseFunc
	tasks    sync.WaitGroup // every goroutine of the package's SSH part
	begun    sync.WaitGroup // those of them that end with the session: connections being made, and questions
	busy     atomic.Int64   // connections being made that no person holds up
	slow     atomic.Int64   // those of them that are slow, and have given up their places
	copies   copies
	files    configs
	sockets  sockets
	keys     sshkeys.Ring
	keyFiles sshkeys.Files
	known    knownhosts.Reader
	trust    *gather[trustQuestion, bool]
	secrets  typedSecrets
	trusted  trusted
	signing  signing
	loose    sync.Once // the warning about StrictHostKeyChecking no
	warned   sync.Map  // the warnings about ssh_config, each given once
	idle     time.Duration
	maxIdle  int

	trustTime   time.Duration // see there
	refusalsEnd time.Duration // see there

	mu     sync.Mutex // guards what follows, and the fields of links
	links  map[linkKey]*link
	gates  map[string]chan struct{}
	closed bool
}

// errClosed is the cause of connections that end with the session.
var errClosed = errors.New("the session was closed")

func newPool() *pool {
	p := &pool{
		idle: idleLimit, maxIdle: maxIdle, trustTime: trustTime, refusalsEnd: refusalsEnd,
		signing: defaultSigning,
		links:   map[linkKey]*link{}, gates: map[string]chan struct{}{},
	}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	p.trust = &gather[trustQuestion, bool]{pool: p, put: p.putTrust}
	p.secrets.pool = p
	return p
}

// session is the session that the pool serves now.
func (p *pool) session() *Session { return p.now.Load() }

// serve begins a session. What ssh_config says may have changed since the last one.
func (p *pool) serve(s *Session) {
	p.files.forget()
	p.now.Store(s)
}

// settle ends what the session has begun and waits for it: connections being made, and questions. Those that are made
// are kept.
func (p *pool) settle() {
	p.mu.Lock()
	for _, l := range p.links {
		if l.conn == nil {
			l.cancel(errClosed)
			p.forget(l)
		}
	}
	p.mu.Unlock()
	p.begun.Wait()
}

// close closes every connection and waits for all goroutines.
func (p *pool) close() error {
	p.mu.Lock()
	p.closed = true
	var open []*sshConn
	for _, l := range p.links {
		if l.conn != nil {
			open = append(open, l.conn)
		}
	}
	p.mu.Unlock()
	p.cancel(errClosed)
	for _, c := range open {
		c.close(errClosed)
	}
	p.tasks.Wait()
	return nil
}

// start runs a task in a goroutine that close waits for.
func (p *pool) start(task func()) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return errClosed
	}
	p.tasks.Go(task)
	return nil
}

// link is a connection of the pool: being made, in use, or idle. Its fields are guarded by pool.mu.
type link struct {
	key    linkKey
	done   chan struct{} // closed when conn or err is set
	conn   *sshConn
	err    error
	cancel context.CancelCauseFunc // gives up making it

	waiting map[*waiter]bool
	parked  bool // a person is being asked

	users int // commands, and connections through it
	idle  *time.Timer
	since time.Time // when it became idle
}

// waiter is one who waits for a connection.
type waiter struct {
	park   func() // called when a person is waited for: gives up the place among the working hosts
	parked bool
}

// linkKey tells connections apart.
type linkKey [sha256.Size]byte

// identity is made of all options that make a difference to a connection.
func (o SSHOptions) identity() (linkKey, error) {
	o.Common = Common{}
	text, err := json.Marshal(o)
	return sha256.Sum256(text), err
}

// get returns a connection and holds it until release. park is called if a person must be asked first; get then calls
// unpark before it returns.
func (p *pool) get(ctx context.Context, h *SSH, park, unpark func()) (*sshConn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, errClosed
	}
	l := p.links[h.key]
	if l == nil {
		l = p.begin(ctx, h)
	}
	if l.conn != nil {
		l.hold()
		p.mu.Unlock()
		return l.conn, nil
	}
	parked := l.parked
	w := &waiter{park: park, parked: parked}
	l.waiting[w] = true
	p.mu.Unlock()
	if parked {
		park()
	}
	return p.await(ctx, l, w, unpark)
}

// await waits until the connection is made or given up.
func (p *pool) await(ctx context.Context, l *link, w *waiter, unpark func()) (*sshConn, error) {
	var gone error
	select {
	case <-l.done:
	case <-ctx.Done():
		gone = context.Cause(ctx)
	}
	p.mu.Lock()
	delete(l.waiting, w)
	parked := w.parked
	switch {
	case gone != nil && l.conn == nil && len(l.waiting) == 0:
		l.cancel(gone) // nobody wants it any more
		p.forget(l)
	case gone == nil && l.conn != nil:
		l.hold()
	}
	p.mu.Unlock()
	if parked {
		unpark()
	}
	if gone != nil {
		return nil, gone
	}
	return l.conn, l.err
}

// begin starts to make a connection. It needs p.mu.
func (p *pool) begin(ctx context.Context, h *SSH) *link {
	l := &link{key: h.key, done: make(chan struct{}), waiting: map[*waiter]bool{}}
	p.links[l.key] = l
	ctx, l.cancel = context.WithCancelCause(context.WithoutCancel(ctx))
	stop := context.AfterFunc(p.ctx, func() { l.cancel(errClosed) })
	p.busy.Add(1)
	p.begun.Add(1)
	p.tasks.Go(func() {
		defer p.begun.Done()
		defer stop()
		growStack()
		conn, err := p.connect(ctx, l, h.o)
		p.finish(l, conn, err)
		l.cancel(nil)
	})
	return l
}

// finish tells those who wait what became of the connection.
func (p *pool) finish(l *link, conn *sshConn, err error) {
	p.lessBusy()
	p.mu.Lock()
	l.conn, l.err = conn, err
	unwanted := p.closed || p.links[l.key] != l
	if err != nil || unwanted {
		p.forget(l)
	} else {
		conn.link = l
	}
	close(l.done)
	if conn != nil && !unwanted && len(l.waiting) == 0 {
		p.rest(l)
	}
	p.mu.Unlock()
	if conn == nil {
		return
	}
	conn.run()
	if unwanted {
		conn.close(errClosed)
	}
}

// lessBusy notes that one connection less is being made. Who logs in after all others have reads all files anew.
func (p *pool) lessBusy() {
	if p.busy.Add(-1) == 0 {
		p.keyFiles.Forget()
		p.known.Forget()
	}
}

// forget needs p.mu.
func (p *pool) forget(l *link) {
	if p.links[l.key] == l {
		delete(p.links, l.key)
	}
	if l.idle != nil {
		l.idle.Stop()
	}
}

// park tells those who wait for a connection that a person must be asked.
func (p *pool) park(l *link) {
	p.lessBusy()
	p.mu.Lock()
	l.parked = true
	var told []*waiter
	for w := range l.waiting {
		if !w.parked {
			w.parked = true
			told = append(told, w)
		}
	}
	p.mu.Unlock()
	for _, w := range told { // without p.mu, since one that waits to go on through this host parks in turn
		w.park()
	}
}

func (p *pool) unpark(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.parked = false
	p.busy.Add(1)
}

// hold needs pool.mu.
func (l *link) hold() {
	l.users++
	if l.idle != nil {
		l.idle.Stop()
		l.idle = nil
	}
}

// enter waits for a place among the connections to one sshd that have not logged in yet.
func (p *pool) enter(ctx context.Context, sshd string) (leave func(), err error) {
	p.mu.Lock()
	gate := p.gates[sshd]
	if gate == nil {
		gate = make(chan struct{}, loginsOnce)
		p.gates[sshd] = gate
	}
	p.mu.Unlock()
	select {
	case gate <- struct{}{}:
		return func() { <-gate }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// warnOf tells what ssh_config says of a host and has no effect.
func (p *pool) warnOf(ctx context.Context, st *settings) {
	for _, text := range st.warnings {
		if _, again := p.warned.LoadOrStore(text, true); !again {
			p.log(ctx, journal.Warning, "", text)
		}
	}
}

// log writes a warning or a message about a host.
func (p *pool) log(ctx context.Context, kind journal.Kind, slug, text string) {
	scope := ScopeOf(ctx)
	p.session().Journal().Write(journal.Event{
		Kind: kind, Node: scope.Node, Parent: scope.Parent, Host: slug, Message: text,
	})
}

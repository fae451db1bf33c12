package hosts

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"deployer/journal"
)

// Questions are gathered: what many hosts wait for at the same moment is asked once, for all of them.
const (
	quiet      = 200 * time.Millisecond // without another host coming, until the question is put
	maxGathers = 2 * time.Second        // for which hosts that are still being connected to are waited for
)

// errDeclined is the cause of a connection that a person did not want.
var errDeclined = errors.New("declined")

// turn is the right to ask the person, which one has at a time. Who waits for it gets it in order.
type turn chan struct{}

func newTurn() turn { return make(turn, 1) }

// take waits for the turn, but not beyond the end of ctx.
func (t turn) take(ctx context.Context) error {
	select {
	case t <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// try takes the turn if nobody has it.
func (t turn) try() bool {
	select {
	case t <- struct{}{}:
		return true
	default:
		return false
	}
}

func (t turn) give() { <-t }

// gather collects the questions Q of the hosts that wait, and has them answered by one A.
type gather[Q, A any] struct {
	pool *pool
	put  func(ctx context.Context, p Person, all []Q) (A, error)

	mu      sync.Mutex
	current *batch[Q, A] // that still takes questions
}

// batch is one question for several hosts.
type batch[Q, A any] struct {
	questions []Q
	more      chan struct{}
	waiting   int // askers; without any the question is withdrawn
	cancel    context.CancelFunc
	done      chan struct{} // closed when answer and err are set
	answer    A
	err       error
}

// ask adds a question and waits for the answer.
func (g *gather[Q, A]) ask(ctx context.Context, q Q) (A, error) {
	g.mu.Lock()
	b := g.current
	if b == nil {
		b = g.begin()
	}
	b.questions = append(b.questions, q)
	b.waiting++
	g.mu.Unlock()
	select {
	case b.more <- struct{}{}:
	default: // it knows already that something came
	}
	select {
	case <-b.done:
		return b.answer, b.err
	case <-ctx.Done():
		g.leave(b)
		var none A
		return none, context.Cause(ctx)
	}
}

func (g *gather[Q, A]) leave(b *batch[Q, A]) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if b.waiting--; b.waiting == 0 {
		b.cancel()
		if g.current == b {
			g.current = nil
		}
	}
}

// begin needs g.mu.
func (g *gather[Q, A]) begin() *batch[Q, A] {
	ctx, cancel := context.WithCancel(g.pool.ctx)
	b := &batch[Q, A]{more: make(chan struct{}, 1), done: make(chan struct{}), cancel: cancel}
	g.current = b
	g.pool.begun.Add(1)
	g.pool.tasks.Go(func() {
		defer g.pool.begun.Done()
		defer cancel()
		g.run(ctx, b)
	})
	return b
}

// run puts the question, once its turn has come and nobody else is about to join. put has the turn.
func (g *gather[Q, A]) run(ctx context.Context, b *batch[Q, A]) {
	defer close(b.done)
	s := g.pool.session()
	if s.asking.take(ctx) == nil { // else ctx has ended
		defer s.asking.give()
		g.settle(ctx, b)
	}
	g.mu.Lock()
	if g.current == b {
		g.current = nil
	}
	all := b.questions
	g.mu.Unlock()
	if b.err = ctx.Err(); b.err == nil {
		b.answer, b.err = g.put(ctx, s.opts.Person, all)
	}
}

// settle waits until no host has come for a moment, and none is on its way.
func (g *gather[Q, A]) settle(ctx context.Context, b *batch[Q, A]) {
	limit := time.NewTimer(maxGathers)
	defer limit.Stop()
	for {
		calm := time.NewTimer(quiet)
		select {
		case <-b.more:
			calm.Stop()
		case <-calm.C:
			if g.pool.busy.Load() == 0 {
				return
			}
		case <-limit.C:
			calm.Stop()
			return
		case <-ctx.Done():
			calm.Stop()
			return
		}
	}
}

// trustQuestion is a new host key, and what it is for.
type trustQuestion struct {
	key     NewKey
	trusted func() bool // whether that was answered meanwhile, for another name of the same host
}

// putTrust asks whether to trust new host keys, in one table by the names of hosts.
func (p *pool) putTrust(ctx context.Context, person Person, all []trustQuestion) (bool, error) {
	all = slices.DeleteFunc(all, func(q trustQuestion) bool { return q.trusted() })
	if len(all) == 0 {
		return true, nil
	}
	slices.SortStableFunc(all, func(a, b trustQuestion) int { return strings.Compare(a.key.Host, b.key.Host) })
	var keys []NewKey
	var slugs []string
	for _, q := range all {
		slugs = append(slugs, q.key.Host)
		at := slices.IndexFunc(keys, func(k NewKey) bool {
			return k.Address == q.key.Address && k.Fingerprint == q.key.Fingerprint
		})
		if at < 0 {
			keys = append(keys, q.key)
		} else {
			keys[at].Host += ", " + q.key.Host // two accounts, say
		}
	}
	p.logQuestion("trust in new host keys", strings.Join(slugs, ", "))
	return person.TrustKeys(ctx, keys)
}

// askSecret needs the turn.
func (p *pool) askSecret(ctx context.Context, person Person, q PasswordQuestion) (string, error) {
	p.logQuestion(q.What, strings.Join(q.Hosts, ", "))
	answer, err := person.Password(ctx, q)
	if !q.Shown {
		p.session().Secrets().Add(answer)
	}
	return answer, err
}

func (p *pool) logQuestion(text, hosts string) {
	if hosts != "" {
		text += " for " + hosts
	}
	p.session().Journal().Write(journal.Event{Kind: journal.Question, Message: text})
}

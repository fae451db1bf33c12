package hosts

import (
	"context"
	"errors"
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
	g.pool.tasks.Go(func() {
		defer cancel()
		g.run(ctx, b)
	})
	return b
}

// run puts the question, once its turn has come and nobody else is about to join.
func (g *gather[Q, A]) run(ctx context.Context, b *batch[Q, A]) {
	defer close(b.done)
	s := g.pool.session
	s.asking.Lock()
	defer s.asking.Unlock()
	g.settle(ctx, b)
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

// trustQuestion is a new host key together with where to remember it.
type trustQuestion struct{ key NewKey }

// putTrust asks whether to trust new host keys, in one table.
func (p *pool) putTrust(ctx context.Context, person Person, all []trustQuestion) (bool, error) {
	var keys []NewKey
	for _, q := range all {
		keys = append(keys, q.key)
	}
	var slugs []string
	for _, key := range keys {
		slugs = append(slugs, key.Host)
	}
	p.logQuestion("trust in new host keys", strings.Join(slugs, ", "))
	return person.TrustKeys(ctx, keys)
}

// secretQuestion is what one host wants to know.
type secretQuestion struct {
	host   string
	failed string // why the last answer was refused
}

// secretAsker returns how to put the question for a secret to a person.
func (p *pool) secretAsker(what, user string) func(context.Context, Person, []secretQuestion) (string, error) {
	return func(ctx context.Context, person Person, all []secretQuestion) (string, error) {
		q := PasswordQuestion{What: what, User: user}
		for _, one := range all {
			q.Hosts = append(q.Hosts, one.host)
			q.Failed = first(q.Failed, one.failed)
		}
		return p.askSecret(ctx, person, q)
	}
}

// askSecret needs s.asking.
func (p *pool) askSecret(ctx context.Context, person Person, q PasswordQuestion) (string, error) {
	p.logQuestion(q.What, strings.Join(q.Hosts, ", "))
	answer, err := person.Password(ctx, q)
	p.session.Secrets().Add(answer)
	return answer, err
}

func (p *pool) logQuestion(text, hosts string) {
	if hosts != "" {
		text += " for " + hosts
	}
	p.session.Journal().Write(journal.Event{Kind: journal.Question, Message: text})
}

// typedSecrets are the passwords and passphrases that were typed in a session, and the questions for them.
type typedSecrets struct {
	pool *pool

	mu       sync.Mutex
	asking   map[string]*gather[secretQuestion, string]
	answered map[string]string
}

// wanted is a secret that hosts may share: by the name of a key, or by account and group.
type wanted struct{ key, what, user string }

// get returns what was typed before, unless it is the one that was refused, else it asks.
func (t *typedSecrets) get(ctx context.Context, w wanted, q secretQuestion, refused string) (string, error) {
	t.mu.Lock()
	if known, ok := t.answered[w.key]; ok && known != refused {
		t.mu.Unlock()
		return known, nil
	}
	g := t.asking[w.key]
	if g == nil {
		g = &gather[secretQuestion, string]{pool: t.pool, put: t.pool.secretAsker(w.what, w.user)}
		t.asking[w.key] = g
	}
	t.mu.Unlock()
	answer, err := g.ask(ctx, q)
	if err != nil {
		return "", err
	}
	if answer == "" {
		return "", errDeclined
	}
	t.mu.Lock()
	t.answered[w.key] = answer
	t.mu.Unlock()
	return answer, nil
}

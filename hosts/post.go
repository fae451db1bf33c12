package hosts

import (
	"context"
	"sync"
)

// post is what a command has while it works: a place among the commands of the session, and the seat of the call of
// [Session.Parallel] that it is for. It gives up both while it waits for somebody, or is silent for long.
type post struct {
	session *Session
	slug    string
	seat    *seat
	own     bool            // the seat is of this command alone
	ctx     context.Context // ends with the post, and when the host is left
	cancel  context.CancelCauseFunc

	mu     sync.Mutex // guards what follows
	placed bool       // it has a place among the commands
	rests  bool       // and gave it up for a while, as well as the seat
}

type postKey struct{}

// postOf is the post of the command that ctx is for.
func postOf(ctx context.Context) *post {
	p, _ := ctx.Value(postKey{}).(*post)
	return p
}

// post waits for a place among the commands that may run, for one on the host slug. It must be ended. Its context ends
// with ctx, and when the host is left.
func (s *Session) post(ctx context.Context, slug string) (*post, error) {
	p := &post{session: s, slug: slug, seat: seatOf(ctx)}
	ctx, p.cancel = context.WithCancelCause(ctx)
	if p.own = p.seat == nil; p.own {
		p.seat = &seat{}
	}
	p.ctx = context.WithValue(ctx, postKey{}, p)
	err := s.posts.add(p)
	if err == nil {
		err = s.place(p.ctx)
	}
	if err != nil {
		p.end()
		return nil, err
	}
	p.placed = true
	return p, nil
}

// end gives up the place. A seat that was given up for a while is taken again, but for a host that was left: nobody works
// there any more.
func (p *post) end() {
	p.leave()
	p.session.posts.remove(p)
	p.mu.Lock()
	rests := p.rests
	p.rests = false
	p.mu.Unlock()
	if rests {
		p.seat.back(p.ctx)
	}
	p.cancel(nil)
}

// leave gives up the place among the commands for good.
func (p *post) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.placed {
		p.placed = false
		p.session.leave()
	}
}

// rest gives up the place and the seat: others work meanwhile. Without a post there is nothing to give up.
func (p *post) rest() {
	if p == nil {
		return
	}
	p.leave()
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.rests {
		p.rests = true
		p.seat.rest()
	}
}

// back waits for the seat and a place again. Without them it returns when the context of the post has ended.
func (p *post) back() {
	if p == nil {
		return
	}
	p.mu.Lock()
	rests := p.rests
	p.rests = false
	p.mu.Unlock()
	if !rests {
		return
	}
	p.seat.back(p.ctx)
	if p.session.place(p.ctx) == nil {
		p.mu.Lock()
		p.placed = true
		p.mu.Unlock()
	}
}

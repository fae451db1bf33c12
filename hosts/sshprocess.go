package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"deployer/pty"

	"golang.org/x/crypto/ssh"
)

// answerGrace is how long the server may take to say that a command has begun, whose context has ended meanwhile.
const answerGrace = 5 * time.Second

// Start implements Host. A raw channel is used, since ssh.Session waits for the end of the output for ever.
func (h *SSH) Start(ctx context.Context, s *Session, c Command) (Process, error) {
	at := postOf(ctx)
	for again := false; ; again = true {
		conn, err := s.pool.get(ctx, h, at.rest, at.back)
		if err != nil {
			return nil, h.startFailed(ctx, err)
		}
		p := newProcess(h.o.Slug, conn)
		line, direct := conn.line(c)
		if direct {
			p.guarded = c.Word
		}
		err = p.start(ctx, line, c)
		if err == nil {
			return p, nil
		}
		gone := conn.gone(ctx, err)
		s.pool.release(conn)
		if again || !gone || p.sent.Load() {
			return nil, h.startFailed(ctx, p.explain(ctx, err))
		}
	}
}

// startFailed makes every error an *Error of its own.
func (h *SSH) startFailed(ctx context.Context, err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		own := *failure // others may wait for the same connection
		return &own
	}
	fault := Unreachable
	if ctx.Err() != nil || errors.Is(err, errClosed) {
		fault = faultOf(err)
	}
	return &Error{Fault: fault, Host: h.o.Slug, Op: "start a command", Err: err}
}

// sshProcess is a command on a session channel.
type sshProcess struct {
	slug    string
	conn    *sshConn
	channel ssh.Channel
	sent    atomic.Bool // the command was sent, so it may have run

	guarded string                          // the word by which the guard knows it; "" if it has a supervisor
	told    atomic.Pointer[<-chan struct{}] // set when the guard was told to end it: closed when it has

	stdin      *io.PipeWriter
	input      *io.PipeReader
	out, errs  *copier
	sizes      chan pty.Size
	interrupts chan struct{}

	ended    chan struct{} // closed when the channel has ended
	cut      bool          // it ended with the connection, before ended is closed
	reported chan struct{} // closed when exit is known
	exit     Exit          // before reported is closed

	once sync.Once
	stop chan struct{} // closed by Abandon
}

func newProcess(slug string, conn *sshConn) *sshProcess {
	return &sshProcess{
		slug: slug, conn: conn,
		sizes: make(chan pty.Size, 1), interrupts: make(chan struct{}, 1),
		ended: make(chan struct{}), reported: make(chan struct{}), stop: make(chan struct{}),
	}
}

// start opens the channel and sends the command.
func (p *sshProcess) start(ctx context.Context, line string, c Command) error {
	channel, err := p.conn.session(ctx)
	if err != nil {
		return err
	}
	p.conn.openSpare() // now, so that it is there when the answer to this one is
	if err := p.begin(ctx, channel, line, c); err != nil {
		p.conn.slots.give(true)
		return err
	}
	return nil
}

// begin sends the command.
func (p *sshProcess) begin(ctx context.Context, channel *sessionChannel, line string, c Command) error {
	p.channel = channel
	p.input, p.stdin = io.Pipe()
	p.out, p.errs = newCopier(channel, c.Stdout), newCopier(channel.Stderr(), c.Stderr)

	started := make(chan error, 1)
	err := p.conn.pool.start(func() {
		tasks := &p.conn.pool.tasks
		tasks.Go(func() { p.listen(channel.requests) })
		if err := p.request(line, c.Terminal); err != nil {
			started <- err
			return
		}
		tasks.Go(p.out.run)
		tasks.Go(p.errs.run)
		tasks.Go(p.feed)
		started <- nil
		p.control()
	})
	if err == nil {
		limit := p.conn.pool.session().beginLimit
		overdue := time.NewTimer(limit)
		defer overdue.Stop()
		select {
		case err = <-started:
		case <-ctx.Done():
			err = p.begunLate(ctx, started)
		case <-overdue.C:
			err = &lossError{text: fmt.Sprintf("no answer to the request to run a command within %v", limit)}
		}
	}
	if err != nil {
		p.out.over.Store(true)
		p.errs.over.Store(true)
		p.hangUp()
		p.endUnanswered()
	}
	return err
}

// begunLate waits for the answer to a command that is being sent when its context ends. One that has begun is then told
// to end, as others are, and waited for: what it does about that is done when we return.
func (p *sshProcess) begunLate(ctx context.Context, started <-chan error) error {
	select {
	case err := <-started:
		return err
	case <-time.After(answerGrace):
	case <-p.conn.pool.session().abandon.Done():
	}
	return context.Cause(ctx)
}

// endUnanswered has the guard end a command that may run although nobody said so: its shell does not notice that the
// channel was closed. A frozen server may hold that up, but nobody else.
func (p *sshProcess) endUnanswered() {
	if p.guarded != "" && p.sent.Load() {
		_ = p.conn.pool.start(func() { p.conn.guard.end(p.guarded) }) // a pool that is closed ends the guard
	}
}

// Stdin implements Process.
func (p *sshProcess) Stdin() io.WriteCloser { return p.stdin }

// Interrupt implements Interrupter.
func (p *sshProcess) Interrupt() {
	if p.guarded != "" {
		return // its shell might end before its children, and the guard believe that it has ended by itself
	}
	select {
	case p.interrupts <- struct{}{}:
	default: // one is under way
	}
}

// Resize implements Process.
func (p *sshProcess) Resize(size pty.Size) error {
	for {
		select {
		case p.sizes <- size:
			return nil
		default:
		}
		select {
		case <-p.sizes: // an older one that was not sent yet
		default:
		}
	}
}

// Abandon implements Process.
func (p *sshProcess) Abandon() {
	p.once.Do(func() { close(p.stop) })
}

// explain is the error of a command that was not started.
func (p *sshProcess) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if cause := p.conn.ended(); cause != nil {
		err = cause
	}
	if isCut(err) {
		err = lossOf(err)
	}
	var loss *lossError
	if lost := errors.As(err, &loss); lost && p.sent.Load() {
		return &Error{Fault: Lost, Host: p.slug, Op: "start a command", Err: err, Hint: hintLost}
	}
	return fmt.Errorf("no session: %w", refusal(err))
}

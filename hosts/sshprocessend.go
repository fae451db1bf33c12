package hosts

import (
	"errors"
	"fmt"
	"io"
	"time"
)

const (
	// silence after the exit status, until the output counts as complete: a child in the background may keep it open.
	outputIdle = time.Second
	// closeGrace is how long the server may take to confirm that a session is closed.
	closeGrace = time.Second
	// closeTick is how often the end of a stream is looked for.
	closeTick = closeGrace / 10
)

// Wait implements Process.
func (p *sshProcess) Wait() (Exit, error) {
	defer p.conn.pool.release(p.conn)
	defer p.conn.slots.give(true)
	return p.wait()
}

func (p *sshProcess) wait() (Exit, error) {
	select {
	case <-p.reported:
		p.drain()
	case <-p.ended:
	case <-p.stop:
	}
	p.guardEnded()
	p.hangUp()
	p.finish(p.out)
	p.finish(p.errs)
	select {
	case <-p.reported:
		if p.truncated() {
			return Exit{}, p.lost()
		}
		return p.exit, nil
	default:
		return Exit{}, p.lost()
	}
}

// truncated reports whether output may be missing of a command whose end is known: sshd may say that it has ended
// before it has sent everything.
func (p *sshProcess) truncated() bool {
	select {
	case <-p.ended:
		return p.cut
	default:
		return false
	}
}

// drain waits for the end of the output: of the channel, or of anything coming for a while. It may also be the network
// that lets nothing come: therefore the server must show that it lives.
func (p *sshProcess) drain() {
	ticker := time.NewTicker(outputIdle / 10)
	defer ticker.Stop()
	var alive chan struct{}
	for {
		select {
		case <-p.ended:
			return
		case <-p.stop:
			return
		case <-ticker.C:
		}
		if !p.out.idle(outputIdle) || !p.errs.idle(outputIdle) {
			continue
		}
		if alive == nil {
			alive = p.conn.ping()
			continue
		}
		select {
		case <-alive:
			return
		default:
		}
	}
}

// guardEnded waits for the guard, if it was told to end the command.
func (p *sshProcess) guardEnded() {
	told := p.told.Load()
	if told == nil {
		return
	}
	var over <-chan time.Time
	select {
	case <-p.reported: // the guard may have forgotten a command that had ended before it was told
		over = time.After(closeGrace)
	default:
	}
	select {
	case <-*told:
	case <-p.stop:
	case <-over:
	}
}

// hangUp closes the channel. A frozen server may hold that up, but nobody else.
func (p *sshProcess) hangUp() {
	p.input.CloseWithError(io.ErrClosedPipe)
	// The pool refuses when it is closed: then the channel is, too.
	_ = p.conn.pool.start(func() { p.channel.Close() })
}

// finish waits until a stream was copied to its end; without its end, as long as something comes. Nothing is written
// after it, but for a write that an abandoned command left behind.
func (p *sshProcess) finish(c *copier) {
	ticker := time.NewTicker(closeTick)
	defer ticker.Stop()
	for waiting := true; waiting; {
		select {
		case <-c.done:
			return
		case <-p.stop:
			waiting = false
		case <-ticker.C:
			select {
			case <-p.ended: // so will be the stream
			default:
				waiting = !c.idle(closeGrace)
			}
		}
	}
	c.over.Store(true)
	for range int(closeGrace / closeTick) { // what is being written is, as a rule, in a moment
		if c.mu.TryLock() {
			c.mu.Unlock()
			return
		}
		<-ticker.C
	}
}

// lost is the error of a command whose end is not known.
func (p *sshProcess) lost() *Error {
	err := errors.New("the server closed the session without saying how the command ended")
	select {
	case <-p.stop:
		err = ErrAbandoned
	case <-p.conn.dead:
		err = p.conn.ended()
	case <-time.After(closeGrace): // its end is noticed a moment after that of its channels
	}
	failure := &Error{Fault: Lost, Host: p.slug, Op: "run a command", Err: err, Hint: hintLost}
	select {
	case <-p.reported:
		failure.Err = fmt.Errorf("%w, when the command had ended (%s) and not all of its output had come", err, p.exit.text())
		failure.Hint = ""
	default:
	}
	return failure
}

// hintLost is what to do about a command of which nothing more is known.
const hintLost = "it may have run, in part or whole: look there before running it again"

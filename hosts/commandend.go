package hosts

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// stopGrace is how long a command is waited for after it was told to end: the supervisor needs up to 10 s.
const stopGrace = 15 * time.Second

// abandonGrace is how long a command is waited for after it was cut off.
const abandonGrace = time.Second

// release gives the terminal back to the person.
func (x *execution) release() error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.detach == nil {
		return nil
	}
	return x.detach()
}

// wait waits for the end of the command. Whatever ends it early (the context, its time limit, a failed dialogue) tells
// it to end, and then waits for that.
func (x *execution) wait(ctx context.Context) (Exit, error) {
	type end struct {
		exit Exit
		err  error
	}
	ended := make(chan end, 1)
	go func() {
		exit, err := x.process.Wait()
		ended <- end{exit, err}
	}()
	defer x.process.Stdin().Close()

	var limit <-chan time.Time
	if x.options.Timeout > 0 {
		timer := time.NewTimer(x.options.Timeout)
		defer timer.Stop()
		limit = timer.C
	}
	var why error
	select {
	case e := <-ended:
		return x.judge(e.exit, e.err)
	case <-ctx.Done():
		why = x.stopped(context.Cause(ctx))
	case <-limit:
		why = x.fault(TimedOut, fmt.Errorf("ran into its time limit of %s", x.options.Timeout), "")
	case why = <-x.failed:
	case <-x.session.abandon.Done():
		why = x.fault(Interrupted, ErrAbandoned, "it may still run on the host")
	}
	x.stop()
	grace := time.NewTimer(x.session.stopGrace)
	defer grace.Stop()
	select {
	case e := <-ended:
		return e.exit, why
	case <-grace.C:
		why = errors.Join(why, x.fault(Lost, errors.New("did not confirm that the command ended"), "look for it on the host"))
	case <-x.session.abandon.Done():
	}
	x.process.Abandon()
	select {
	case e := <-ended:
		return e.exit, why
	case <-time.After(abandonGrace): // the goroutine above ends with the process, which nobody waits for any more
		return Exit{}, why
	}
}

// stop tells the command to end.
func (x *execution) stop() {
	if i, ok := x.process.(Interrupter); ok {
		i.Interrupt()
	}
	if x.request.Terminal && !x.hasGuard() {
		x.hangUp()
		return
	}
	_ = x.process.Stdin().Close() // an error means that it is closed already
}

// hangUp ends the terminal of the command, which ends what is in front, but for what ignores that: so a guard is asked to
// end it first, where there can be one.
func (x *execution) hangUp() {
	p, ok := x.process.(guarded)
	if !ok || x.request.Sudo || x.options.shell {
		x.process.Abandon()
		return
	}
	x.tasks.Go(func() {
		defer x.process.Abandon()
		select {
		case leader := <-x.leader: // which may be under way
			x.leads(leader)
			p.endSession(x.session.abandon, x.request.Word, leader)
		case <-time.After(leaderLimit):
		case <-x.session.abandon.Done():
		}
	})
}

// leaderLimit is how long a command may take to say who leads its session, when it is to end.
const leaderLimit = 5 * time.Second

// lost completes the error of a command whose connection was lost.
func (x *execution) lost(err error) error {
	var lost *Error
	if errors.As(err, &lost) && lost.Fault == Lost {
		lost.Op, lost.Sudo = x.called(), x.options.Sudo
		if x.options.shell {
			lost.Hint = "" // its person knows what was done there
		}
	}
	return err
}

// judge turns how a command ended into its exit status or into what went wrong before it ran.
func (x *execution) judge(exit Exit, err error) (Exit, error) {
	if err != nil {
		return exit, x.lost(err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if missed := x.missed(exit); missed != nil {
		return exit, missed
	}
	return exit, nil
}

func (x *execution) lastLines() string {
	if x.request.Terminal {
		return x.stdout.lastDrawn()
	}
	return x.stderr.lastLines()
}

package hosts

import (
	"context"
	"errors"
	"strings"
	"time"

	"deployer/internal/hostshell"
	"deployer/journal"
)

// check is what a sandbox does instead of running a command: it connects, and has the host's shell read the command
// without running it. The output is unknown.
func (x *execution) check(ctx context.Context) (*Output, error) {
	x.request.Terminal, x.options.Quiet = false, true
	x.request.Sudo = false // to read a command nobody needs rights
	x.log(journal.Event{Kind: journal.CommandStart})
	exit, err := x.syntax(ctx)
	out := &Output{Host: x.handle.Slug(), Command: x.command, Unknown: true, Seconds: time.Since(x.begun).Seconds()}
	end := journal.Event{Kind: journal.CommandEnd, State: journal.WouldRun, Seconds: out.Seconds}
	if err == nil && !exit.OK() {
		failure := x.fault(Syntax, errors.New("the shell cannot read it: "+strings.TrimSpace(x.stderr.lastLines())), "correct the command")
		err = failure
	}
	var failure *Error
	if errors.As(err, &failure) {
		end.State = failure.State()
		end.Error = &journal.Error{Kind: string(failure.Fault), Message: failure.Cause()}
	}
	x.log(end)
	if err != nil {
		return nil, err
	}
	x.session.sandboxOf(x.handle.host).Skipped(x.command)
	return out, nil
}

// UnknownError ends what a sandbox cannot tell without the command that it did not run.
type UnknownError struct{ Command string }

func (e *UnknownError) Error() string { return "unknown: depends on " + e.Command }

// Kind is the kind of the error in events.
func (e *UnknownError) Kind() string { return "unknown" }

// syntax runs the check on the host. It needs no supervisor: a shell that only reads ends by itself.
func (x *execution) syntax(ctx context.Context) (Exit, error) {
	marked := hostshell.NewDialogue(&x.stderr, x.request.Word, func(mark string) {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.marks[mark]++
	})
	c := Command{Line: x.request.CheckLine(), Stdout: &x.stdout, Stderr: marked, asked: x.request, check: true}
	if err := x.start(ctx, c); err != nil {
		return Exit{}, err
	}
	defer x.overdue.Stop()
	exit, err := x.wait(ctx)
	marked.Flush()
	return exit, err
}

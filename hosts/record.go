package hosts

import (
	"context"
	"io"
	"time"

	"deployer/journal"
	"deployer/pty"
)

// Size is the size of a terminal.
type Size = pty.Size

// log writes an event about the command, unless it is silent.
func (x *execution) log(e journal.Event) {
	if x.options.Silent {
		return
	}
	if x.id == 0 {
		x.id = x.session.Journal().NewID()
	}
	e.ID, e.Parent, e.Node, e.Host = x.id, x.scope.Parent, x.scope.Node, x.handle.Slug()
	e.Quiet = x.options.Quiet
	if e.Kind != journal.CommandOutput {
		e.Command, e.Dir = x.command, x.handle.dir
		if x.options.shell {
			e.Message = x.called()
		}
		e.Sudo, e.User, e.Terminal = x.options.Sudo, x.options.User, x.request.Terminal
		e.Sandbox, e.Parallel = x.scope.Sandbox, x.scope.Parallel
	}
	x.session.Journal().Write(e)
}

func (x *execution) logEnd(exit Exit, failure *Error, seconds float64) {
	e := journal.Event{Kind: journal.CommandEnd, State: journal.Done, Seconds: seconds}
	if failure != nil {
		e.State = failure.State()
		e.Error = &journal.Error{Kind: string(failure.Fault), Message: failure.Cause()}
	}
	if failure == nil || failure.Fault == Failed {
		e.Status, e.Signal = &exit.Status, exit.Signal
	}
	x.log(e)
}

// writer returns where a stream of the command goes: into the capture and the journal.
func (x *execution) writer(stream string, c *capture) io.Writer {
	return writerFunc(func(p []byte) (int, error) {
		_, _ = c.Write(p) // memory only: no error
		x.silence.heard()
		x.log(journal.Event{Kind: journal.CommandOutput, Stream: stream, Data: p})
		return len(p), nil
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// output is what the caller gets.
func (x *execution) output(exit Exit) *Output {
	return &Output{
		Host: x.handle.Slug(), Command: x.command,
		Stdout: x.stdout.text(x.request.Terminal), Stderr: x.stderr.text(false),
		Shown: !x.options.Silent && !x.options.Quiet,
		Exit:  exit, Seconds: time.Since(x.begun).Seconds(),
	}
}

// commandFailed is the error of a command with a bad end. One that the person ended by Ctrl-C, which went to it and not
// to this program, ends the run.
func (x *execution) commandFailed(ctx context.Context, exit Exit) *Error {
	if x.ctrlC.Load() && exit.Signal == "INT" {
		x.session.opts.Terminal.Interrupt()
		return x.fault(Interrupted, context.Cause(ctx), "")
	}
	e := x.fault(Failed, nil, "")
	e.Exit = exit
	return e
}

func (x *execution) fault(f Fault, err error, hint string) *Error {
	return &Error{Fault: f, Host: x.handle.Slug(), Op: x.called(), Sudo: x.options.Sudo, Err: err, Hint: hint}
}

// stopped is the error of a command whose context ended.
func (x *execution) stopped(cause error) *Error { return x.fault(faultOf(cause), cause, "") }

// called is what people call the command.
func (x *execution) called() string {
	if x.options.shell {
		return "a shell on " + x.handle.Slug()
	}
	return x.command
}

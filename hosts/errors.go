package hosts

import (
	"errors"
	"fmt"
	"strings"

	"deployer/journal"
)

// Fault is the kind of a failure.
type Fault string

// The faults. Those before Command say that the host could not be used, the others that the command did not succeed.
const (
	Unreachable Fault = "unreachable" // no connection, or nothing that runs commands at its other end
	LoginFailed Fault = "login"       // connected, but every way to log in was refused
	HostKey     Fault = "host key"    // unknown, changed or revoked host key
	Lost        Fault = "lost"        // the connection ended before the end of the command was known
	Failed      Fault = "command"     // exit status not 0, or killed
	TimedOut    Fault = "time limit"  // the command's own time limit
	Sudo        Fault = "sudo"        // sudo missing, not allowed, or its password wrong
	Directory   Fault = "directory"   // the directory given to Cd is not there
	Files       Fault = "file"        // a file could not be read, written or looked at
	Syntax      Fault = "syntax"      // sandbox: the shell would not read the command
	Interrupted Fault = "interrupted" // the run was cancelled
	Parked      Fault = "parked"      // the run went on without the host
	Refused     Fault = "refused"     // never tried, because it must not be: a secret on a command line, say
)

// Error is a failure on a host.
type Error struct {
	Fault   Fault
	Host    string // slug
	Op      string // what was tried: "connect to 10.0.0.1:22 as root"; of a command, the command itself
	Sudo    bool
	Exit    Exit   // with the fault Failed
	Err     error  // the cause; may be nil with the fault Failed
	Hint    string // the next step for a person; may be ""
	Stderr  string // the last lines the command printed on its standard error; "" if it had a terminal
	Seconds float64
	Offline bool // with the fault Unreachable: nothing answers at its address
	Skipped bool // and it is left out therefore, see Options.SkipOffline
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s: %s", e.Host, e.Op, e.Cause())
	if e.Hint != "" {
		fmt.Fprintf(&b, " (%s)", e.Hint)
	}
	return b.String()
}

// Cause says in a few words what went wrong, without host and command.
func (e *Error) Cause() string {
	switch {
	case e.Err != nil:
		return e.Err.Error()
	case e.Fault == Failed:
		return e.Exit.text()
	}
	return string(e.Fault)
}

func (e *Error) Unwrap() error { return e.Err }

// State is how a host stands after this failure.
func (e *Error) State() journal.State {
	switch e.Fault {
	case Unreachable, LoginFailed:
		if e.Skipped {
			return journal.Offline
		}
		return journal.Unreachable
	case HostKey:
		return journal.Refused
	case Lost:
		return journal.Lost
	case TimedOut:
		return journal.TimedOut
	case Syntax:
		return journal.Invalid
	case Interrupted:
		return journal.Interrupted
	case Parked:
		return journal.Parked
	}
	return journal.Failed
}

// Errors returns every *Error in the tree of err, in order.
func Errors(err error) []*Error {
	if err == nil {
		return nil
	}
	var e *Error
	switch wrapped := err.(type) {
	case *Error:
		return []*Error{wrapped}
	case interface{ Unwrap() []error }:
		var all []*Error
		for _, one := range wrapped.Unwrap() {
			all = append(all, Errors(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return Errors(wrapped.Unwrap())
	}
	if errors.As(err, &e) {
		return []*Error{e}
	}
	return nil
}

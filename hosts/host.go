package hosts

import (
	"context"
	"fmt"
	"io"
	"time"

	"deployer/internal/hostshell"
	"deployer/pty"
)

// Host is a place where commands run. A host is a value that never changes.
type Host interface {
	// Slug is the host's unique name.
	Slug() string
	// Address is where it is, for people to read.
	Address() string
	// Login is the account that commands run under, as far as it is known without asking the host; "" if not.
	Login() string
	// Common returns the options that every kind of host has.
	Common() Common
	// Start starts a command. ctx bounds the start alone: a started command ends by Process.
	// Its errors are *Error with the faults of connecting.
	Start(ctx context.Context, s *Session, c Command) (Process, error)
}

// Common are the options that every kind of host has.
type Common struct {
	// Shell runs the commands: "" means bash where the host has it, else /bin/sh.
	Shell string
	// SudoPassword, and SudoPasswordCommand, a command of this machine that prints it. It may be a secret's token.
	SudoPassword        string
	SudoPasswordCommand []string
	// Silence is after how long without output or input a command is parked; 0: what the session says, negative: never.
	Silence time.Duration
	// History has every command noted in ~/.deployer/history there, see history.go.
	History bool
}

// Command is what a Host starts.
type Command struct {
	// Line is read by the login shell, whichever it is: made by package hostshell, it means the same in sh, bash, fish and csh.
	Line string
	// Direct makes a line that does the same faster, for a login shell with a guard (see hostshell.Request.Direct), which knows the
	// command by Word. It is nil where only Line will do.
	Direct func(guard string) string
	Word   string
	// Terminal is the size of the terminal that the command gets; nil gives it three pipes.
	Terminal *pty.Size
	// Stdout and Stderr take what the command prints, from a goroutine each. With a terminal Stderr is not used.
	Stdout, Stderr io.Writer

	asked hostshell.Request // what Line does, for a host that needs no shell for it
	own   bool              // see RunOptions
	check bool              // Line only has the command read
}

// Process is a command that was started.
type Process interface {
	// Stdin is the command's standard input, or the keyboard of its terminal. Closing a pipe tells the supervisor
	// (see package hostshell) to end the command.
	Stdin() io.WriteCloser
	// Resize tells that the window of the terminal changed.
	Resize(pty.Size) error
	// Wait returns once the command has ended and all its output was written. An error is an *Error whose fault is
	// Lost: nobody knows how the command ended.
	Wait() (Exit, error)
	// Abandon cuts the command off; Wait returns soon. It may be called at any time, more than once.
	Abandon()
}

// Interrupter is a Process whose transport has a way of its own to interrupt a command. It is tried before the standard
// input is closed, and never relied upon.
type Interrupter interface {
	// Interrupt sends the request and does not wait.
	Interrupt()
}

// guarded is a Process that may run Direct in place of Line.
type guarded interface {
	// scriptRan is called when the host has shown that it runs Line, and nothing else in its place.
	scriptRan()
	// hasGuard reports whether it runs Direct, which says nothing when it begins.
	hasGuard() bool
	// endSession has a guard end the session of a command that has none, whose leader is "PID START". It returns when
	// nothing of it is left, or ctx ends; where there can be no guard, at once.
	endSession(ctx context.Context, word, leader string)
}

// Exit is how a command ended.
type Exit struct {
	Status int    // 0 to 255; 128+n for a death by signal n
	Signal string // "TERM", or "" if it was not killed
}

// exit reads an exit status as every shell reports it: 128+n stands for a death by signal n.
func exit(status int) Exit {
	return Exit{Status: status, Signal: signals[status-128]}
}

// signals are the names of the POSIX signals by which a command commonly dies.
var signals = map[int]string{
	1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 11: "SEGV",
	13: "PIPE", 14: "ALRM", 15: "TERM",
}

// OK reports whether the command succeeded.
func (e Exit) OK() bool { return e.Status == 0 && e.Signal == "" }

// text is how the command ended, for people.
func (e Exit) text() string {
	if e.Signal != "" {
		return fmt.Sprintf("killed by SIG%s (exit status %d)", e.Signal, e.Status)
	}
	return fmt.Sprintf("exit status %d", e.Status)
}

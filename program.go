package deployer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"deployer/console"
	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Stdio is what the program has around it.
type Stdio struct {
	In       io.Reader // a terminal only if it is an *os.File; likewise Out and Err
	Out, Err io.Writer
	// Signals tell the program to end. The first interrupts the run and waits for its hosts, the second abandons them.
	Signals <-chan os.Signal
	Getenv  func(string) string // nil: no environment variable is set, and runs keep no journal
}

// Program is the program as a value. Its zero value takes trees that are scripts, which the command line names.
type Program struct {
	Root  nodes.Embedder // the root of a tree in Go
	Name  string         // what messages call the program; "": deployer
	Sinks []journal.Sink // more readers of the journal of every run; one that fails gets no more of that run
	// Hosts gives the host that is used in the place of one of the tree, as tests do; nil: the tree's own.
	Hosts func(hosts.Host) hosts.Host
	// Answer answers questions in the place of the person at the terminal; nil: that person does, if there is one.
	Answer func(context.Context, console.Question) (string, error)
	// NoJournal says that runs keep no journal in the folder of the account, see doc/runs.md; their readers are Sinks then.
	NoJournal bool
}

// Main is the program of a tree in Go: the command line of deployer, without TREE. sinks are more readers of the journal
// of every run; those that are an io.Closer are closed at the end. It exits.
func Main(root nodes.Embedder, sinks ...journal.Sink) {
	Program{Root: root, Name: filepath.Base(os.Args[0]), Sinks: sinks}.Main()
}

// MainScript is the program of cmd/deployer: the trees are scripts. It exits.
func MainScript() { Program{}.Main() }

// Main runs the program with the arguments and streams of this process, and closes its sinks. It exits.
func (def Program) Main() {
	collectSeldom()
	signals := make(chan os.Signal, 2)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as under nohup, or in the background of a script
			signal.Notify(signals, s)
		}
	}
	// With a handler a closed standard output is an error of write, and not the silent end of this process.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	stdio := Stdio{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Signals: signals, Getenv: os.Getenv}
	status := def.Run(context.Background(), os.Args[1:], stdio)
	if err := def.closeSinks(); err != nil {
		fmt.Fprintf(stdio.Err, "%s: %v\n", def.named().Name, err)
		status = cmp.Or(status, exitFailed)
	}
	os.Exit(status)
}

// closeSinks closes the sinks that can be closed.
func (def Program) closeSinks() error {
	var errs []error
	for _, sink := range def.Sinks {
		if c, ok := sink.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// The exit statuses.
const (
	exitOK          = 0
	exitFailed      = 1   // an action failed
	exitUsage       = 2   // wrong usage, tree or path; or no hosts
	exitUnreachable = 3   // a host could not be reached or logged in to, or was lost
	exitHostKey     = 4   // a host key was refused
	exitInterrupted = 130 // by SIGINT; other signals are 128 and their number
	exitClosed      = 141 // standard output was closed
)

// program is one call of Run.
type program struct {
	Program
	Stdio
	tree    string // the file named on the command line, or ""
	state   string // the folder for what is kept between runs, or "" for that of the account
	signals signals

	noJournalTold bool               // why there can be no journal was told
	unread        func(typed []byte) // gives keys back to who reads lines next; nil: nobody does
}

// Run runs the program with the arguments after its name and returns its exit status.
func (def Program) Run(ctx context.Context, args []string, stdio Stdio) int {
	ctx, stop := context.WithCancelCause(ctx)
	p := &program{Program: def.named(), Stdio: stdio}
	p.signals.begin(stop)
	if p.Getenv == nil {
		p.NoJournal = true // there is no account that could have a folder for it
		p.Getenv = func(string) string { return "" }
	}
	p.Out = &watched{w: stdio.Out, failed: func(err error) { stop(&outputError{err}) }}
	done := make(chan struct{})
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		p.signals.listen(p.Signals, done)
	}()
	status := p.mainOrLeave(ctx, args)
	close(done)
	<-finished
	stop(nil)
	return status
}

// mainOrLeave leaves main behind if it does not end when it is told to for the second time: only the end of the process
// ends it then.
func (p *program) mainOrLeave(ctx context.Context, args []string) int {
	var status int
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		status = p.main(ctx, args)
	}()
	if of, left := p.signals.leave(ended); left {
		return of
	}
	return status
}

// named returns the program with a name.
func (def Program) named() Program {
	def.Name = cmp.Or(def.Name, "deployer")
	return def
}

// outputError is the cause of a run whose standard output could not be written.
type outputError struct{ err error }

func (e *outputError) Error() string {
	cause := e.err
	if at := (*fs.PathError)(nil); errors.As(cause, &at) {
		cause = at.Err
	}
	return fmt.Sprintf("write standard output: %v", cause)
}

// Closed reports whether whoever read it has seen enough.
func (e *outputError) Closed() bool { return errors.Is(e.err, syscall.EPIPE) }

func (e *outputError) status() int {
	if e.Closed() {
		return exitClosed
	}
	return exitFailed
}

// watched tells of the first error of a writer.
type watched struct {
	w      io.Writer
	failed func(error)
}

func (w *watched) Write(b []byte) (int, error) {
	n, err := w.w.Write(b)
	if err != nil {
		w.failed(err)
	}
	return n, err
}

// usageError is a mistake in how the program was called. It is shown with a way to learn more.
type usageError struct {
	err  error
	help string // the command to ask for help, or ""
}

func (e *usageError) Error() string { return e.err.Error() }

func (e *usageError) Unwrap() error { return e.err }

// shownError is an error that was shown where it happened: only its exit status is left to give.
type shownError struct{ status int }

func (e *shownError) Error() string { return fmt.Sprintf("exit status %d", e.status) }

// fail shows an error and returns the exit status that it means.
func (p *program) fail(err error) int {
	var shown *shownError
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &shown):
		return shown.status
	case errors.As(err, &usage) && usage.help != "":
		p.tell("%v\ntry '%s'", err, usage.help)
		return exitUsage
	}
	p.tell("%v", err)
	return exitUsage
}

// tell writes a line to the person who called the program.
func (p *program) tell(format string, args ...any) {
	fmt.Fprintf(p.Err, "%s: %s\n", p.Name, fmt.Sprintf(format, args...))
}

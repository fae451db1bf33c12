package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// A fault is a row of the tables in faults_test.go: what goes wrong, how that is made, and what must be seen of it.
type fault struct {
	name string
	// made makes the fault, and says how the host is reached on which it is.
	made func(b *bed) SSHOptions
	// run is a command, in which SLEEP stands for one that sleeps until it is ended; with it go cd and how.
	run string
	cd  string
	how RunOptions
	// terminal has a person's terminal be there.
	terminal bool
	// idle happens before the command, on a connection that was made for another one.
	idle func(b *bed)
	// twice makes the fault a second time, on a connection on which a guard supervises the commands; then warm is set.
	twice, warm bool
	// then happens once the command has printed "begun".
	then func(b *bed)
	// want is the fault that is seen, "" for a command that succeeds, or is one of several where that is a matter of
	// luck; says are parts of the message.
	want Fault
	or   []Fault
	says []string
	exit Exit   // of a command that failed
	out  string // the end of what the command printed
	errs string // a part of what it printed on standard error, as the error shows it
}

// fine stands for success among faults.
const fine Fault = ""

// Everything about a fault takes place in a bed.
type bed struct {
	*lab
	fault  *fault
	sshd   *sshdtest.Server  // one that works, and is shared by all
	own    *sshdtest.Server  // one for this fault alone, if it needs that
	proxy  *sshserver.Proxy  // before the shared one, if it needs that
	served *sshserver.Server // one of this process, if it needs that
	limit  time.Duration     // small; the time limits of the host
	small  bool              // the host has such limits
	heal   func()            // ends the fault; nil where it is for ever
	unused []func() bool     // whether servers have no connection left
	ran    string            // a file to which the command adds a line
	sleeps string            // the seconds that SLEEP sleeps
	failed []string          // what is not as it must be
}

// limits are tried one after the other by faults that need small ones: a machine too slow for one gets the next.
var limits = []time.Duration{400 * time.Millisecond, 2 * time.Second, 10 * time.Second, 30 * time.Second}

// atOnceFaults is how many faults are made at the same time: most wait for a limit.
const atOnceFaults = 16

// runFaults makes the faults of a table.
func runFaults(t *testing.T, o sshdtest.Options, table []fault) {
	t.Helper()
	var homes []string
	if len(o.Accounts) == 0 {
		homes = []string{t.TempDir()}
		o.Config = append(o.Config, "SetEnv HOME="+homes[0])
	}
	sshd := sshdtest.Start(t, o)
	for _, a := range o.Accounts {
		homes = append(homes, sshd.HomeOf(a))
	}
	for _, f := range table {
		if f.twice {
			f.name, f.warm = f.name+", with a guard", true
			table = append(table, f)
		}
	}
	before, files := descriptors(t), filesIn(t, homes...)
	var wait sync.WaitGroup
	place := make(chan struct{}, atOnceFaults)
	for i := range table {
		place <- struct{}{}
		wait.Go(func() {
			defer func() { <-place }()
			t.Run(table[i].name, func(t *testing.T) { table[i].try(t, sshd) })
		})
	}
	wait.Wait()
	eventually(t, "no file descriptor is left", func() bool { return descriptors(t) <= before })
	if left := filesIn(t, homes...); !slices.Equal(left, files) {
		t.Errorf("files on the host: %q, before %q", left, files)
	}
}

// try makes the fault, and looks at what is seen of it and at what it leaves behind.
func (f *fault) try(t *testing.T, sshd *sshdtest.Server) {
	var failed []string
	for _, limit := range limits {
		b := newBed(t, f, sshd, limit)
		failed = b.attempt()
		if len(failed) == 0 || !b.small {
			break
		}
		t.Logf("with a limit of %v: %q", limit, failed)
	}
	for _, what := range failed {
		t.Error(what)
	}
}

func newBed(t *testing.T, f *fault, sshd *sshdtest.Server, limit time.Duration) *bed {
	t.Helper()
	b := &bed{lab: &lab{T: t}, fault: f, sshd: sshd, limit: limit, sleeps: mark()}
	b.makeHome()
	dir, err := os.MkdirTemp("/tmp", "faults-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o777); err != nil { // for whichever account the command runs as
		t.Fatal(err)
	}
	b.ran = filepath.Join(dir, "ran")
	return b
}

// attempt returns what is not as it must be. All that happens on our side is labelled, so that a goroutine that is left
// can be told from those of other faults.
func (b *bed) attempt() []string {
	b.Helper()
	o := b.fault.made(b)
	b.small = o.Timeout != 0 || o.Keepalive != 0
	files := filesIn(b.T, b.home)
	labels := pprof.Labels("fault", b.Name()+b.limit.String())
	pprof.Do(b.Context(), labels, func(ctx context.Context) {
		b.open(b.options())
		b.session.pool.refusalsEnd = b.limit
		if b.small {
			b.session.beginLimit = 4 * b.limit
		}
		handle := b.session.Handle(b.host(o))
		if b.fault.cd != "" {
			handle = handle.Cd(b.fault.cd)
		}
		if b.fault.warm {
			b.warmUp(ctx, handle)
		}
		if b.fault.idle != nil {
			b.again(ctx, handle)
			b.fault.idle(b)
		}
		b.judge(b.execute(ctx, handle))
		if b.heal != nil {
			b.heal()
			b.again(ctx, handle)
		}
		if err := b.session.Close(); err != nil {
			b.fails("the session does not close: %v", err)
		}
	})
	b.left(`"fault":"` + b.Name() + b.limit.String() + `"`)
	if left := filesIn(b.T, b.home); !slices.Equal(left, files) {
		b.fails("files in the home directory: %q, before %q", left, files)
	}
	return b.failed
}

func (b *bed) options() Options {
	if b.fault.terminal {
		return Options{Terminal: &keyboard{}}
	}
	return Options{}
}

// warmUp runs commands until the guard runs, as it does where the login shell is root's.
func (b *bed) warmUp(ctx context.Context, h *Handle) {
	for deadline := time.Now().Add(time.Minute); !b.guarded(); b.again(ctx, h) {
		if time.Now().After(deadline) {
			b.fails("no guard runs")
			return
		}
	}
}

func (b *bed) guarded() bool {
	b.session.pool.mu.Lock()
	defer b.session.pool.mu.Unlock()
	for _, l := range b.session.pool.links {
		if l.conn != nil && l.conn.guard.runs() {
			return true
		}
	}
	return false
}

func (b *bed) fails(format string, args ...any) {
	b.failed = append(b.failed, fmt.Sprintf(format, args...))
}

// execute runs the command.
func (b *bed) execute(ctx context.Context, h *Handle) (*Output, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("it hangs"))
	defer cancel()
	var wait sync.WaitGroup
	defer wait.Wait()
	ended := make(chan struct{})
	defer close(ended)
	if b.fault.then != nil {
		wait.Go(func() {
			if b.begun(ended) {
				b.fault.then(b)
			}
		})
	}
	return h.Run(ctx, "echo ran >>"+b.ran+"; "+strings.ReplaceAll(b.fault.run, "SLEEP", "sleep "+b.sleeps), b.fault.how)
}

// begun waits until the command has printed that it has begun, or has ended.
func (b *bed) begun(ended <-chan struct{}) bool {
	for {
		for _, e := range b.events.Events(journal.CommandOutput) {
			if bytes.Contains(e.Data, []byte("begun")) {
				return true
			}
		}
		select {
		case <-ended:
			return false
		case <-time.After(2 * time.Millisecond):
		}
	}
}

// judge compares what came of the command with what must be seen.
func (b *bed) judge(out *Output, err error) {
	f := b.fault
	var failure *Error
	if errors.As(err, &failure) != (err != nil) {
		b.fails("%v is not an *Error", err)
		return
	}
	got := fine
	if failure != nil {
		got = failure.Fault
	}
	switch {
	case got != f.want && !slices.Contains(f.or, got):
		b.fails("fault %q, want %q: %v", got, f.want, err)
	case failure != nil && failure.Exit != f.exit:
		b.fails("%+v, want %+v", failure.Exit, f.exit)
	}
	for _, part := range f.says {
		part = strings.ReplaceAll(part, "LIMIT", b.limit.String())
		if failure != nil && !strings.Contains(failure.Error(), part) {
			b.fails("%q does not say %q", failure.Error(), part)
		}
	}
	if failure != nil && strings.Contains(failure.Error(), "\n") {
		b.fails("%q has more than one line", failure.Error())
	}
	if (failure == nil || failure.Fault == f.want) && out != nil && !strings.HasSuffix(string(out.Stdout.Kept()), f.out) {
		b.fails("output %s, want %s at its end", end(string(out.Stdout.Kept())), end(f.out))
	}
	if failure != nil {
		b.Log(failure)
		if !strings.Contains(failure.Stderr, f.errs) {
			b.fails("standard error %q, want %q in it", failure.Stderr, f.errs)
		}
	}
	b.judgeRuns(failure)
	b.judgeJournal(failure)
}

// end is the end of a text, and how long it is.
func end(text string) string {
	return fmt.Sprintf("%q (%d bytes)", text[max(0, len(text)-40):], len(text))
}

// judgeRuns checks that the command ran once if it ended, once or never if it was lost, and else never.
func (b *bed) judgeRuns(failure *Error) {
	text, err := os.ReadFile(b.ran)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.fails("%v", err)
	}
	times := bytes.Count(text, []byte("\n"))
	switch {
	case times > 1:
		b.fails("the command ran %d times", times)
	case failure == nil || failure.Fault == Failed:
		if times == 0 {
			b.fails("the command did not run")
		}
	case failure.Fault != Lost && failure.Fault != TimedOut && times > 0:
		b.fails("the command ran, though the fault is %q", failure.Fault)
	}
}

// judgeJournal checks that the journal tells the same.
func (b *bed) judgeJournal(failure *Error) {
	ends := b.events.Events(journal.CommandEnd)
	if len(ends) == 0 {
		b.fails("no end of a command in the journal")
		return
	}
	e := ends[len(ends)-1]
	if failure == nil {
		if e.State != journal.Done || e.Error != nil {
			b.fails("the journal says %q, %+v", e.State, e.Error)
		}
		return
	}
	if e.State != failure.State() || e.Error == nil || e.Error.Kind != string(failure.Fault) ||
		e.Error.Message != failure.Cause() || (e.Status != nil) != (failure.Fault == Failed) {
		b.fails("the journal says %q, %+v, and the error is %v", e.State, e.Error, failure)
	}
	for _, e := range b.events.Events(journal.ConnectEnd) {
		if (e.State != journal.Done) != (e.Error != nil) {
			b.fails("the journal says of a connection %q, %+v", e.State, e.Error)
		}
	}
}

// again runs a command that must work.
func (b *bed) again(ctx context.Context, h *Handle) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*time.Minute, errors.New("it hangs"))
	defer cancel()
	out, err := h.Run(ctx, "echo again", RunOptions{})
	if err != nil || string(out.Stdout.Kept()) != "again\n" {
		b.fails("another command: %v, %+v", err, out)
	}
}

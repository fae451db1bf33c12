package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
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
var limits = []time.Duration{time.Second, 5 * time.Second, 25 * time.Second}

// atOnceFaults is how many faults are made at the same time: most wait for a limit.
const atOnceFaults = 16

// runFaults makes the faults of a table.
func runFaults(t *testing.T, o sshdtest.Options, table []fault) {
	t.Helper()
	t.Setenv("SSH_AUTH_SOCK", "") // nobody's agent plays a part
	sshd := sshdtest.Start(t, o)
	for _, f := range table {
		if f.twice {
			f.name, f.warm = f.name+", with a guard", true
			table = append(table, f)
		}
	}
	before := descriptors(t)
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
	labels := pprof.Labels("fault", b.Name()+b.limit.String())
	pprof.Do(b.Context(), labels, func(ctx context.Context) {
		b.open(Options{})
		b.session.beginLimit = 4 * b.limit
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
	return b.failed
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
		for _, e := range b.events.of(journal.CommandOutput) {
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
	ends := b.events.of(journal.CommandEnd)
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
	for _, e := range b.events.of(journal.ConnectEnd) {
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

// left checks that nothing is left behind: no goroutine with the label, no connection, no process.
func (b *bed) left(label string) {
	var what []string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		what = nil
		for _, unused := range b.unused {
			if !unused() {
				what = append(what, "a connection")
			}
		}
		what = append(what, running(b.T, b.sleeps)...)
		what = append(what, goroutines(label)...)
		if len(what) == 0 {
			return
		}
		if time.Now().After(deadline) {
			b.fails("left behind: %s", strings.Join(what, "\n"))
			return
		}
	}
}

// goroutines returns the stacks of those with a label.
func goroutines(label string) []string {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return []string{err.Error()}
	}
	return slices.DeleteFunc(strings.Split(text.String(), "\n\n"), func(stack string) bool {
		return !strings.Contains(stack, label)
	})
}

// descriptors returns how many sockets and pipes this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name()))
		if err == nil && (strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "pipe:")) {
			count++
		}
	}
	return count
}

// limited gives the host small limits.
func (b *bed) limited(o SSHOptions) SSHOptions {
	o.Timeout, o.Keepalive = b.limit, b.limit/3
	return o
}

// at returns options for a host at a port of this machine.
func (b *bed) at(port int) SSHOptions { return at("web", port) }

// faulty returns a host that is a server of this process with faults.
func faulty(f sshserver.Faults) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions { return b.serve(sshserver.Options{Faults: f}) }
}

func (b *bed) serve(o sshserver.Options) SSHOptions {
	s := b.server(o)
	b.served = s
	b.unused = append(b.unused, func() bool { return s.Connections() == 0 })
	b.heal = func() {
		s.SetFaults(sshserver.Faults{})
		s.Thaw()
	}
	return b.at(s.Port())
}

// limitedTo gives the host of another fault small limits.
func limitedTo(made func(*bed) SSHOptions) func(*bed) SSHOptions {
	return func(b *bed) SSHOptions { return b.limited(made(b)) }
}

// behind returns a host that is a real sshd behind a proxy that makes trouble.
func (b *bed) behind(s *sshdtest.Server, t sshserver.Trouble) (SSHOptions, *sshserver.Proxy) {
	p, err := sshserver.StartProxy(s.Addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(); err != nil {
			b.Error(err)
		}
	})
	p.Set(t)
	b.proxy = p
	b.unused = append(b.unused, func() bool { return p.Connections() == 0 })
	b.heal = func() { p.Set(sshserver.Trouble{}) }
	o := b.real(s)
	for _, line := range s.HostKeyLines {
		b.know(strings.Replace(line, fmt.Sprint(s.Port), fmt.Sprint(p.Port()), 1) + "\n")
	}
	o.Slug, o.Port, o.KnownHosts = "web", p.Port(), []string{b.path("known_hosts")}
	return o, p
}

// raw returns a host that is no SSH server, but a function of the connection.
func raw(serve func(net.Conn)) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		var wait sync.WaitGroup
		b.Cleanup(func() {
			listener.Close()
			wait.Wait()
		})
		wait.Go(func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				wait.Go(func() {
					defer conn.Close()
					serve(conn)
				})
			}
		})
		return b.at(listener.Addr().(*net.TCPAddr).Port)
	}
}

// nothingListens returns a host with a port that is taken, and where nothing listens.
func nothingListens(b *bed) SSHOptions { return b.at(socket(b, -1)) }

// blackHole returns a host that never answers: the queue of its port is full, and what comes then is thrown away.
func blackHole(b *bed) SSHOptions {
	port := socket(b, 0)
	for range 16 {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 100*time.Millisecond)
		if err != nil {
			return b.at(port)
		}
		b.Cleanup(func() { conn.Close() })
	}
	b.Fatal("the queue of a port has no end")
	return SSHOptions{}
}

// socket returns the port of a socket that listens with a queue of that length, or does not listen.
func socket(b *bed, queue int) int {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		b.Fatal(err)
	}
	if queue >= 0 {
		if err := syscall.Listen(fd, queue); err != nil {
			b.Fatal(err)
		}
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		b.Fatal(err)
	}
	return name.(*syscall.SockaddrInet4).Port
}

package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// soak reports whether the long tests are wanted too.
func soak() bool { return os.Getenv("DEPLOYER_SOAK") != "" }

// Wherever in the stream of bytes a connection fails, in either direction: either the command ran once and its output
// is whole, or it is said to be lost, or it did not run. What fails before the command was asked for is tried again, as
// long as it looks like an accident.
func TestFaultsEverywhere(t *testing.T) {
	everywhere := []Fault{fine, Unreachable, HostKey, LoginFailed, Lost}
	steps := 8
	if soak() {
		steps = 200
	}
	var table []fault
	for _, way := range []struct {
		name     string
		toServer bool
		size     int // of what passes, and a little more
	}{{"to the client", false, 3000}, {"to the server", true, 6500}} {
		for name, how := range map[string]sshserver.Failure{
			"closed": sshserver.End, "reset": sshserver.Reset, "stalled": sshserver.Stall, "flipped": sshserver.Flip,
		} {
			for i := range steps {
				trouble := sshserver.Trouble{How: how, ToServer: way.toServer, After: i * way.size / steps, Times: 1}
				table = append(table, fault{
					name: fmt.Sprintf("%s at byte %d %s", name, trouble.After, way.name), run: "echo out",
					out:  "out\n",
					made: limitedTo(func(b *bed) SSHOptions { o, _ := b.behind(b.sshd, trouble); return o }),
					want: fine, or: everywhere,
				})
			}
		}
	}
	runFaults(t, sshdtest.Options{}, table)
}

// The same on a connection that has been in use, from a command on: it never ends well, and nothing of it is left on the
// host, whether or not the guard had heard of it.
func TestFaultsEverywhereWarm(t *testing.T) {
	steps := 5
	if soak() {
		steps = 150
	}
	var table []fault
	for _, way := range []struct {
		name     string
		toServer bool
		size     int
	}{{"to the client", false, 300}, {"to the server", true, 1200}} {
		for name, how := range map[string]sshserver.Failure{"closed": sshserver.End, "reset": sshserver.Reset} {
			for i := range steps {
				trouble := sshserver.Trouble{How: how, ToServer: way.toServer, After: i * way.size / steps}
				table = append(table, fault{
					name: fmt.Sprintf("%s at byte %d %s", name, trouble.After, way.name), run: "echo begun; SLEEP",
					made: proxied, warm: true, idle: func(b *bed) { b.proxy.Arm(trouble) }, then: failing(how),
					want: Lost,
				})
			}
		}
	}
	runFaults(t, sshdtest.Options{}, table)
}

// A jump host that dies takes all that goes through it along, says so of each, and is then connected to again.
func TestJumpDiesWithMany(t *testing.T) {
	l := newLab(t, Options{})
	jump := sshdtest.Start(t, sshdtest.Options{})
	base := l.sshd(sshdtest.Options{})
	l.throughJump(&base, jump)
	sleeps := mark()
	const many = 50
	errs := make([]error, many)
	var wait sync.WaitGroup
	for i, o := range slugs(base, many) {
		h := l.session.Handle(l.host(o))
		wait.Go(func() { _, errs[i] = h.Run(t.Context(), "echo begun; sleep "+sleeps, RunOptions{}) })
	}
	l.eventually("all have begun", func() bool { return len(l.events.Events(journal.CommandOutput)) == many })
	jump.KillConnections(t)
	wait.Wait()
	for i, err := range errs {
		e := l.fault(err, Lost, "the connection was lost: jump host", "the host ")
		if want := fmt.Sprintf("web%d", i+1); e.Host != want || e.State() != journal.Lost {
			t.Errorf("host %s, state %s, want %s to be lost", e.Host, e.State(), want)
		}
	}
	sshdtest.WaitGone(t, "sleep "+sleeps, patience)
	before := len(l.events.Events(journal.ConnectStart))
	if before != many+1 {
		t.Errorf("%d connections, want %d and the jump host's", before, many)
	}
	l.output(base, "true")
	if n := len(l.events.Events(journal.ConnectStart)); n != before+2 {
		t.Errorf("%d new connections, want 2", n-before)
	}
}

// patience is how long a test waits for what must happen.
const patience = time.Minute

// One host that hangs keeps none of the others up, and is named in the end.
func TestOneStuckAmongMany(t *testing.T) {
	for _, limit := range limits {
		if oneStuck(t, limit) {
			return
		}
	}
	t.Errorf("the others took longer than %v", limits[len(limits)-1])
}

// oneStuck returns false if the others were too slow for the limit of the one.
func oneStuck(t *testing.T, limit time.Duration) bool {
	l := newLab(t, Options{})
	works, hangs := l.server(sshserver.Options{}), l.server(sshserver.Options{
		Faults: sshserver.Faults{At: sshserver.FirstByte, How: sshserver.Stall}})
	var others atomic.Int64
	errs := l.session.Parallel(t.Context(), 20, func(ctx context.Context, i int) error {
		o := at(fmt.Sprintf("web%d", i+1), works.Port())
		if i == 7 {
			o.Port, o.Keepalive, o.Timeout = hangs.Port(), limit/3, limit
		}
		_, err := l.session.Handle(l.host(o)).Run(ctx, "echo done", RunOptions{})
		if i != 7 {
			others.Add(1)
		} else if others.Load() < 19 {
			return errTooSlow
		}
		return err
	})
	for i, err := range errs {
		if i != 7 && err != nil {
			t.Errorf("host %d: %v", i+1, err)
		}
	}
	if errors.Is(errs[7], errTooSlow) {
		return false
	}
	if e := l.fault(errs[7], Lost, "no answer to keepalives for "+limit.String()); e.Host != "web8" {
		t.Errorf("host %s is lost, want web8", e.Host)
	}
	return true
}

var errTooSlow = errors.New("the others are slower than the limit")

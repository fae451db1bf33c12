package deployer_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// faultsOfOne are faults that matter where others work at the same time.
var faultsOfOne = []seenFault{
	{name: "dropped at first", made: troubled(sshserver.Trouble{How: sshserver.End, Times: 3}), host: fmt.Sprintf(through, ""),
		action: echo, status: 0, state: journal.Done},
	{name: "the connection is reset", made: failing(sshserver.Reset), host: fmt.Sprintf(through, ""), action: sleep,
		await: begun, status: 3, state: journal.Lost, says: "the connection was lost: the host reset the connection"},
	{name: "half open", made: failing(sshserver.Forget), host: fmt.Sprintf(through, ", keepalive_interval = 0.3"), action: sleep,
		await: begun, status: 3, state: journal.Lost, says: "the connection was lost: the host reset the connection"},
	{name: "damaged", made: damaged, host: fmt.Sprintf(through, ", keepalive_interval = 0.3"), action: sleep,
		await: begun, status: 3, state: journal.Lost, says: "the connection was lost"},
	{name: "sshd is killed", made: killed, host: fmt.Sprintf(through, ", key_filename = KEYFILE"), action: sleep,
		await: begun, status: 3, state: journal.Lost, says: "the connection was lost"},
	{name: "a flood", host: "web1", action: `env.host.run("yes | head -c 10000000")`, status: 0, state: journal.Done},
	{name: "a line without an end", host: "web1", action: `env.host.run("head -c 20000000 /dev/zero | tr '\\0' x")`,
		status: 0, state: journal.Done},
	{name: "silent for ever", host: "web1", action: `env.host.run("echo begun; SLEEP", silence = 0.2)`,
		status: 1, state: journal.Parked, says: "silent for "},
}

// TestFaultsOfOne has one of four hosts fail in every way while the others work: these are done, whatever the one does, and
// the events tell of the end of everything that they tell the start of.
func TestFaultsOfOne(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for _, fault := range slices.Concat(seenFaults, faultsOfOne, faultsOfServers, faultsOfTrust) {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			fault.checkAmong(t, f)
		})
	}
}

func (fault seenFault) checkAmong(t *testing.T, f *fleet) {
	at, sleeps := fault.site(t, f), mark()
	place := f.newPlace(t, fault.tree(at, sleeps, `
load("hosts.star", "changed", "db1", "dead", "locked", "nosudo", "unknown", "web1", "web2", "web3")
def act(env):
    if env.host.slug in ["web2", "web3", "db1"]:
        env.host.run("echo fine")
    else:
        %s
root = node(all = parallel_node(actions = [act]).array(hosts = {"host": [web2, %s, web3, db1]}))
`))
	p := place.start(t, "run", "--json", "--path", "all", "--parked", "leave", "act")
	p.expectCount(`"text":"fine\n"`, 3)
	p.expectCount(`"event":"action.end"`, 3)
	fault.happen(p, at)
	p.wants(fault.status)
	states := endings(t, p.out.String(), fault.status)
	for slug, state := range states {
		want := fault.state
		if slices.Contains([]string{"web2", "web3", "db1"}, slug) {
			want = journal.Done
		}
		if state != want {
			t.Errorf("the state of %s is %q, want %q", slug, state, want)
		}
	}
	if len(states) != 4 {
		t.Errorf("%d hosts have a state: %v", len(states), states)
	}
	if !strings.Contains(p.err.String(), fault.says) {
		t.Errorf("the report does not say %q", fault.says)
	}
	recorded := endings(t, place.start(t, "show", "--json", "last").wants(0).out.String(), fault.status)
	if !maps.Equal(recorded, states) {
		t.Errorf("the journal has %v", recorded)
	}
	sshdtest.WaitGone(t, sleeps, patience)
}

// endings are the states of the hosts at the end of a run. Whatever began must have ended, each once.
func endings(t *testing.T, events string, status int) map[string]journal.State {
	t.Helper()
	states, open := map[string]journal.State{}, map[uint64]journal.Kind{}
	for line := range strings.Lines(events) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		switch e.Kind {
		case journal.ConnectStart, journal.CommandStart, journal.ActionStart:
			open[e.ID] = e.Kind
		case journal.ConnectEnd, journal.CommandEnd, journal.ActionEnd:
			if open[e.ID] == "" {
				t.Errorf("an end without a start: %s", line)
			}
			delete(open, e.ID)
		case journal.HostEnd:
			if states[e.Host] != "" {
				t.Errorf("a second end: %s", line)
			}
			states[e.Host] = e.State
		case journal.RunEnd:
			all := 0
			for _, n := range e.Counts {
				all += n
			}
			if all != len(states) || e.Exit == nil || *e.Exit != status {
				t.Errorf("of %d hosts: %s", len(states), line)
			}
		}
	}
	if len(open) > 0 {
		t.Errorf("these never ended: %v", open)
	}
	return states
}

// troubled is a way to the plain server on which the first connections fail.
func troubled(trouble sshserver.Trouble) func(*testing.T, *fleet) site {
	return func(t *testing.T, f *fleet) site {
		proxy := proxyTo(t, f)
		proxy.Set(trouble)
		return site{port: proxy.Port(), server: f.plain}
	}
}

// damaged is a way to the plain server on which a byte can be damaged.
func damaged(t *testing.T, f *fleet) site {
	proxy := proxyTo(t, f)
	return site{port: proxy.Port(), server: f.plain, fail: func() { proxy.Arm(sshserver.Trouble{How: sshserver.Flip}) }}
}

// killed is a server whose processes for connections can be killed.
func killed(t *testing.T, _ *fleet) site {
	s := sshdtest.Start(t, sshdtest.Options{})
	return site{port: s.Port, server: s, fail: func() { s.KillConnections(t) }}
}

// TestInterruptedTwiceWhileOneStalls has a host from which nothing comes any more: the first Ctrl-C waits for it, and the
// second does not.
func TestInterruptedTwiceWhileOneStalls(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	fault := seenFault{made: failing(sshserver.Stall), host: fmt.Sprintf(through, ", keepalive_interval = 3600"), action: sleep}
	at, sleeps := fault.site(t, f), mark()
	p := f.newPlace(t, fault.tree(at, sleeps, `
load("hosts.star", "web1", "web2")
def act(env):
    %s
root = node(all = parallel_node(actions = [act]).array(hosts = {"host": [web2, %s]}))
`)).start(t, "run", "--json", "--path", "all", "act")
	p.expectCount(begun, 2)
	at.fail()
	p.signal(syscall.SIGINT)
	p.await("the other has ended", func() bool { return strings.Contains(p.out.String(), `"event":"command.end"`) })
	p.signal(syscall.SIGINT)
	p.wants(130)
	for slug, state := range endings(t, p.out.String(), 130) {
		if state != journal.Interrupted {
			t.Errorf("the state of %s is %q", slug, state)
		}
	}
}

// TestJumpDiesUnderMany has a jump host die on which many work, while one works that is not behind it.
func TestJumpDiesUnderMany(t *testing.T) {
	t.Parallel()
	const many = 20
	f := startFleet(t)
	at := failing(sshserver.Reset)(t, f)
	sleeps := mark()
	p := f.newPlace(t, fmt.Sprintf(`
load("hosts.star", "web1", "web2")
behind = [web1(slug = "behind%%d" %% i, jump = "%s@127.0.0.1:%d", host_keys = "accept-new") for i in range(%d)]
def act(env):
    if env.host.slug == "web2":
        env.host.run("echo begun")
    else:
        env.host.run("echo begun; sleep %s")
root = node(all = parallel_node(actions = [act]).array(hosts = {"host": [web2] + behind}))
`, me(), at.port, many, sleeps)).start(t, "run", "--json", "--path", "all", "act")
	p.expectCount(begun, many+1)
	p.await("the one is done", func() bool { return strings.Contains(p.out.String(), `"event":"command.end"`) })
	at.fail()
	p.wants(3)
	states := endings(t, p.out.String(), 3)
	for slug, state := range states {
		if want := map[bool]journal.State{true: journal.Done, false: journal.Lost}[slug == "web2"]; state != want {
			t.Errorf("the state of %s is %q, want %q", slug, state, want)
		}
	}
	if len(states) != many+1 {
		t.Errorf("%d hosts have a state", len(states))
	}
	sshdtest.WaitGone(t, sleeps, patience)
}

// TestFewFiles has more hosts than the program may have files open.
func TestFewFiles(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	at := f.newPlace(t, `
load("hosts.star", "web1")
def act(env):
    env.host.run("true")
root = node(all = parallel_node(actions = [act]).array(hosts = {"host": [web1(slug = "web%d" % i) for i in range(40)]}))
`)
	r := &process{t: t, cmd: at.command(), ended: make(chan struct{})}
	r.cmd.Path, r.cmd.Args = "/bin/sh", []string{"sh", "-c", "ulimit -n 40; exec deployer run --path all act"}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
	r.run().wants(0)
}

// TestClosedStreams runs on several hosts without standard input, or without standard error.
func TestClosedStreams(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for _, closed := range []string{"<&-", "2>&-", "<&- 2>&-"} {
		t.Run(closed, func(t *testing.T) {
			t.Parallel()
			at := f.newPlace(t, `load("hosts.star", "web1", "web2")
def act(env):
    env.host.run("read x; echo got nothing")
root = node(all = parallel_node(actions = [act]).array(hosts = [web1, web2]))
`)
			r := &process{t: t, cmd: at.command(), ended: make(chan struct{})}
			r.cmd.Path, r.cmd.Args = "/bin/sh", []string{"sh", "-c", "exec deployer run --json --path all act " + closed}
			r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.err
			r.run().wants(0)
			states := endings(t, r.out.String(), 0)
			if len(states) != 2 || states["web1"] != journal.Done || states["web2"] != journal.Done {
				t.Errorf("the hosts ended as %v", states)
			}
			recorded := endings(t, at.start(t, "show", "--json", "last").wants(0).out.String(), 0)
			if !maps.Equal(recorded, states) {
				t.Errorf("the journal has %v", recorded)
			}
		})
	}
}

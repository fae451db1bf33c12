package deployer_test

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// seenFault is a fault as those see it who call the program. This is one or two of every kind; the tables of package
// hosts have all of them.
type seenFault struct {
	name    string
	made    func(t *testing.T, f *fleet) site // what PORT, HOSTKEY and KEYFILE in the tree belong to, if it needs that
	host    string
	action  string        // SLEEP is a command that sleeps until it is ended
	await   string        // an event, by a part of it; then the fault happens: fail, stopped, or an interrupt
	stopped time.Duration // that the program is stopped for
	status  int           // of the program
	state   journal.State
	says    string // the report
}

// site is where a fault is made.
type site struct {
	port   int
	server *sshdtest.Server // whose keys are right there
	key    string           // of the host, if it is another
	known  string           // the file of hosts that are known, where that counts
	fail   func()           // makes it, if it is not there from the start
}

const (
	echo    = `env.host.run("echo begun")`
	sleep   = `env.host.run("echo begun; SLEEP")`
	begun   = `"text":"begun`
	dialled = `"event":"connect.start"`
	through = `web1(slug = "through", port = PORT, host_key = HOSTKEY%s)`
)

var seenFaults = []seenFault{
	{name: "none", host: "web1", action: echo, status: 0, state: journal.Done},

	{name: "stopped and continued", made: failing(sshserver.Works), host: fmt.Sprintf(through, ", keepalive_interval = 0.5"),
		action: `env.host.run("echo begun; sleep 3; echo end")`, await: begun, stopped: 2 * time.Second,
		status: 0, state: journal.Done},

	{name: "a command fails", host: "web1", action: `env.host.run("exit 255")`,
		status: 1, state: journal.Failed, says: "exit status 255"},
	{name: "a command is killed", host: "web1", action: `env.host.run("kill -KILL $$")`,
		status: 1, state: journal.Failed, says: "killed by SIGKILL (exit status 137)"},
	{name: "a command takes too long", host: "web1", action: `env.host.run("SLEEP", timeout = 0.3)`,
		status: 1, state: journal.TimedOut, says: "ran into its time limit of 300ms"},
	{name: "a directory is none", host: "web1", action: `env.host.cd("/etc/passwd").run("pwd")`,
		status: 1, state: journal.Failed, says: "cannot change to the directory /etc/passwd: not a directory"},
	{name: "no sudo", host: "nosudo", action: `env.host.sudo("id")`,
		status: 1, state: journal.Failed, says: "sudo is not installed there"},

	{name: "connection refused", host: "dead", action: echo,
		status: 3, state: journal.Unreachable, says: "connection refused"},
	{name: "login refused", host: "locked", action: echo,
		status: 3, state: journal.Unreachable, says: "login refused, tried: "},
	{name: "no greeting", made: silent, host: `web1(slug = "silent", port = PORT, timeout = 1)`, action: echo,
		status: 3, state: journal.Unreachable, says: "connected, but no greeting from an SSH server within 1s"},
	{name: "the account runs no commands", made: forced, host: fmt.Sprintf(through, ", key_filename = KEYFILE"),
		action: `env.host.exists("/etc/passwd")`,
		status: 3, state: journal.Unreachable, says: "the host ran something else in place of the command"},
	{name: "the connection is closed", made: failing(sshserver.End), host: fmt.Sprintf(through, ""), action: sleep,
		await: begun, status: 3, state: journal.Lost, says: "the connection was lost: the host closed the connection"},
	{name: "the connection stalls", made: failing(sshserver.Stall), action: sleep, await: begun,
		host:   fmt.Sprintf(through, ", keepalive_interval = 0.3"),
		status: 3, state: journal.Lost, says: "the connection was lost: no answer to keepalives for 900ms"},

	{name: "an unknown host key", host: "unknown", action: echo,
		status: 4, state: journal.Refused, says: "is not known"},
	{name: "a changed host key", host: "changed", action: echo,
		status: 4, state: journal.Refused, says: "has changed"},

	{name: "Ctrl-C", host: "web1", action: sleep, await: begun,
		status: 130, state: journal.Interrupted, says: "interrupted by Ctrl-C"},
	{name: "Ctrl-C while it connects", made: silent, host: `web1(slug = "silent", port = PORT, timeout = 60)`,
		action: echo, await: dialled, status: 130, state: journal.Interrupted, says: "interrupted by Ctrl-C"},
}

// TestFaults checks for every fault the exit status, the state in the events, and the report, and that nothing is left
// running on the host.
func TestFaults(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for _, fault := range seenFaults {
		t.Run(fault.name, func(t *testing.T) {
			t.Parallel()
			fault.check(t, f)
		})
	}
}

func (fault seenFault) check(t *testing.T, f *fleet) {
	at, sleeps := fault.site(t, f), mark()
	p := f.newPlace(t, fault.tree(at, sleeps, `
load("hosts.star", "changed", "dead", "locked", "nosudo", "unknown", "web1")
def act(env):
    %s
root = node(actions = [act], hosts = %s)
`)).start(t, "run", "--json", "act")
	fault.happen(p, at)
	p.wants(fault.status)
	if got := hostState(t, p.out.String()); got != fault.state {
		t.Errorf("the state of the host is %q, want %q", got, fault.state)
	}
	if !strings.Contains(p.err.String(), fault.says) {
		t.Errorf("the report does not say %q", fault.says)
	}
	sshdtest.WaitGone(t, sleeps, patience)
}

// site is where the fault will be.
func (fault seenFault) site(t *testing.T, f *fleet) site {
	if fault.made == nil {
		return site{server: f.plain}
	}
	return fault.made(t, f)
}

// tree is a tree with the action and the host of the fault.
func (fault seenFault) tree(at site, sleeps, format string) string {
	_, key, _ := strings.Cut(at.server.HostKeyLines[0], " ")
	key = cmp.Or(at.key, key)
	return strings.NewReplacer("PORT", fmt.Sprint(at.port), "SLEEP", "sleep "+sleeps, "HOSTKEY", fmt.Sprintf("%q", key),
		"KNOWN", fmt.Sprintf("%q", at.known), "KEYFILE", fmt.Sprintf("%q", at.server.ClientKeyFile)).Replace(fmt.Sprintf(format, fault.action, fault.host))
}

// happen makes the fault when its time has come.
func (fault seenFault) happen(p *process, at site) {
	if fault.await == "" {
		return
	}
	p.expect(fault.await)
	switch {
	case fault.stopped > 0:
		p.signal(syscall.SIGSTOP)
		time.Sleep(fault.stopped)
		p.signal(syscall.SIGCONT)
	case at.fail != nil:
		at.fail()
	default:
		p.signal(syscall.SIGINT)
	}
}

// hostState is the state of the only host at the end of a run, told by its events.
func hostState(t *testing.T, events string) journal.State {
	t.Helper()
	var state journal.State
	for line := range strings.Lines(events) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		if e.Kind == journal.HostEnd {
			state = e.State
		}
	}
	return state
}

// silent is a server that accepts connections, and says nothing.
func silent(t *testing.T, f *fleet) site {
	address := sshdtest.Listen(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		_, _ = io.Copy(io.Discard, conn) // ends with the connection
	})
	return site{port: address.(*net.TCPAddr).Port, server: f.plain}
}

// failing is a way to the plain server that can be made to fail.
func failing(how sshserver.Failure) func(*testing.T, *fleet) site {
	return func(t *testing.T, f *fleet) site {
		proxy := proxyTo(t, f)
		return site{port: proxy.Port(), server: f.plain, fail: func() { proxy.Fail(how) }}
	}
}

// proxyTo is a way to the plain server.
func proxyTo(t *testing.T, f *fleet) *sshserver.Proxy {
	t.Helper()
	proxy, err := sshserver.StartProxy(f.plain.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	return proxy
}

// forced is a server that runs something else.
func forced(t *testing.T, _ *fleet) site {
	s := sshdtest.Start(t, sshdtest.Options{ForceCommand: "/bin/false"})
	return site{port: s.Port, server: s}
}

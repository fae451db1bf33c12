package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
)

// Commands to be interrupted; %[1]s is a number of seconds to find their processes by.
var (
	sleeping = "echo started; sleep %[1]s"
	children = "sleep %[1]s & sleep %[1]s | cat & (sleep %[1]s; sleep %[1]s) & echo started; wait; sleep %[1]s"
	stubborn = `trap "" INT TERM; echo started; while :; do sleep %[1]s; done` // needs SIGKILL
)

const interruptTree = `load("hosts.star", "here", "powerful", "sudoer", "web1")
load("more.star", "command", "forced", "fishy", "cshy", "password")
def run(env):
    env.hosts.run(command)
def sudo(env):
    env.hosts.sudo(command)
Both = node(actions = [run, sudo])
root = node(
    here = Both(hosts = here),
    plain = Both(hosts = web1),
    sudoer = Both(hosts = sudoer(sudo_password = password)),
    forced = Both(hosts = forced),
    fish = Both(hosts = fishy),
    csh = Both(hosts = cshy),
    many = Both(hosts = [web1(slug = "host%d" % i) for i in range(6)]),
)
`

// shells is an sshd with accounts of other login shells, and one that forces every command into another.
type shells struct{ shells, forced *sshdtest.Server }

const (
	fishAccount = "dpl-fish"
	cshAccount  = "dpl-csh"
)

func startShells(t *testing.T) shells {
	s := shells{forced: sshdtest.Start(t, sshdtest.Options{ForceCommand: `sh -c "$SSH_ORIGINAL_COMMAND"`})}
	if os.Geteuid() == 0 {
		s.shells = sshdtest.Start(t, sshdtest.Options{Accounts: []sshdtest.Account{
			{Name: fishAccount, Shell: "/usr/bin/fish", Sudo: sshdtest.SudoNoPassword},
			{Name: cshAccount, Shell: "/bin/csh", Sudo: sshdtest.SudoNoPassword},
		}})
	}
	return s
}

func (s shells) star(command string) string {
	host := func(slug, user string, on *sshdtest.Server) string {
		if on == nil {
			return slug + " = local_host(" + fmt.Sprintf("%q", slug) + ")\n"
		}
		return fmt.Sprintf("%s = ssh_host(%q, address = \"127.0.0.1\", port = %d, username = %q, key_filename = %q, known_hosts = %q)\n",
			slug, slug, on.Port, user, on.ClientKeyFile, on.KnownHostsFile)
	}
	return fmt.Sprintf("command = %q\npassword = %q\n", command, sudoPassword) + host("forced", me(), s.forced) +
		host("fishy", fishAccount, s.shells) + host("cshy", cshAccount, s.shells)
}

// TestNothingIsLeftRunning ends the program while commands run on its hosts, and looks for them there.
func TestNothingIsLeftRunning(t *testing.T) {
	t.Parallel()
	f, s := startFleet(t), startShells(t)
	const killed = -int(syscall.SIGKILL)
	tests := []interruption{
		{"here", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"plain", "run", sleeping, syscall.SIGINT, 130, false, "", nil},
		{"plain", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"plain", "run", children, syscall.SIGTERM, 143, false, "", nil},
		{"plain", "run", children, syscall.SIGHUP, 129, false, "", nil},
		{"plain", "run", children, syscall.SIGKILL, killed, false, "", nil},
		{"plain", "run", stubborn, syscall.SIGINT, 130, true, "", nil},
		{"plain", "run", stubborn, syscall.SIGKILL, killed, true, "", nil},
		{"sudoer", "run", children, syscall.SIGINT, 130, true, "", nil},
		{"sudoer", "sudo", children, syscall.SIGINT, 130, false, "", nil},
		{"sudoer", "sudo", children, syscall.SIGTERM, 143, true, "", nil},
		{"sudoer", "sudo", children, syscall.SIGKILL, killed, false, "", nil},
		{"sudoer", "sudo", stubborn, syscall.SIGINT, 130, true, "", nil},
		{"forced", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"forced", "run", children, syscall.SIGKILL, killed, false, "", nil},
		{"forced", "run", stubborn, syscall.SIGINT, 130, true, "", nil},
		{"fish", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"fish", "sudo", children, syscall.SIGINT, 130, true, "", nil},
		{"fish", "run", children, syscall.SIGKILL, killed, true, "", nil},
		{"csh", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"csh", "sudo", children, syscall.SIGINT, 130, true, "", nil},
		{"csh", "run", children, syscall.SIGKILL, killed, true, "", nil},
		{"many", "run", children, syscall.SIGINT, 130, false, "", nil},
		{"many", "run", children, syscall.SIGKILL, killed, false, "", nil},
		{"many", "run", stubborn, syscall.SIGINT, 130, true, "", nil},
	}
	var running []*interruption
	for _, tt := range tests {
		if tt.soak && !soak() {
			continue
		}
		running = append(running, &tt)
		tt.start(t, f, s)
	}
	for _, tt := range running {
		if tt.process != nil {
			tt.process.expectCount("started", tt.hosts())
			tt.process.signal(tt.signal)
		}
	}
	for _, tt := range running {
		t.Run(fmt.Sprintf("%s %s %s %v", tt.where, tt.action, strings.Fields(tt.command)[0], tt.signal), tt.check)
	}
}

// interruption is a command, and a signal for the program that runs it.
type interruption struct {
	where, action, command string
	signal                 syscall.Signal
	status                 int
	soak                   bool

	mark    string
	process *process // nil: not possible here
}

func (i *interruption) needsAccounts() bool {
	return slices.Contains([]string{"sudoer", "fish", "csh"}, i.where)
}

func (i *interruption) hosts() int {
	if i.where == "many" {
		return 6
	}
	return 1
}

// reported is what the report says of the hosts.
func (i *interruption) reported() string {
	if i.where == "many" {
		return "host[0-5] (/many run) interrupted\n"
	}
	return " interrupted after"
}

func (i *interruption) start(t *testing.T, f *fleet, s shells) {
	if i.needsAccounts() && f.accounts == nil {
		return
	}
	i.mark = mark()
	p := f.newPlace(t, interruptTree)
	p.write(t, "more.star", s.star(fmt.Sprintf(i.command, i.mark)))
	i.process = p.start(t, "run", "--path", i.where, i.action)
}

func (i *interruption) check(t *testing.T) {
	if i.process == nil {
		sshdtest.NeedAccounts(t)
	}
	i.process.wants(i.status)
	sshdtest.WaitGone(t, i.mark, patience)
	if i.signal != syscall.SIGKILL && strings.Count(i.process.err.String(), i.reported()) != 1 {
		t.Errorf("the report does not say %q, once", i.reported())
	}
}

// TestSecondCtrlC checks that the second Ctrl-C waits for nothing, and that what it leaves still comes to its end.
func TestSecondCtrlC(t *testing.T) {
	t.Parallel()
	f, s := startFleet(t), startShells(t)
	m := mark()
	p := f.newPlace(t, interruptTree)
	p.write(t, "more.star", s.star(fmt.Sprintf(stubborn, m)))
	r := p.start(t, "run", "--path", "plain", "run")
	r.expect("started")
	r.signal(syscall.SIGINT)
	r.expectAnywhere("Ctrl-C again") // two signals that come at once are one
	r.signal(syscall.SIGINT)
	r.wants(130)
	if len(sshdtest.Processes(t, m)) == 0 {
		t.Error("the command had ended before the program did: the second Ctrl-C was not what ended the program")
	}
	sshdtest.WaitGone(t, m, patience)
}

// TestEndlessScript checks that Ctrl-C stops a script, while it loads and in an action.
func TestEndlessScript(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	tests := []struct {
		name, tree string
		args       []string
	}{
		{"loading", "print(\"started\")\nwhile True:\n    pass\n", []string{"check"}},
		{"loading for a run", "print(\"started\")\nwhile True:\n    pass\n", []string{"run", "spin"}},
		{"loop", "def spin(env):\n    print(\"started\")\n    while True:\n        pass\nroot = node(actions = [spin])\n", []string{"run", "spin"}},
		{"long builtin", "def spin(env):\n    print(\"started\")\n    for i in range(1 << 60):\n        list(range(1 << 10))\nroot = node(actions = [spin])\n",
			[]string{"run", "spin"}},
		{"swallowing", "def loop():\n    while True:\n        pass\ndef spin(env):\n    print(\"started\")\n    while True:\n        attempt(loop)\nroot = node(actions = [spin])\n",
			[]string{"run", "spin"}},
	}
	for _, tt := range tests {
		for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			t.Run(fmt.Sprint(tt.name, " ", sig), func(t *testing.T) {
				t.Parallel()
				r := f.newPlace(t, tt.tree).start(t, tt.args...)
				r.expectAnywhere("started")
				r.signal(sig)
				r.wants(128 + int(sig))
			})
		}
	}
}

// TestHostThatDoesNotAnswer stops everything on the host, so that nothing there can confirm its end: the program gives
// up after a while, and says what it does not know.
func TestHostThatDoesNotAnswer(t *testing.T) {
	if !soak() {
		t.Skip("it waits for 15 seconds: set DEPLOYER_SOAK")
	}
	t.Parallel()
	f, s := startFleet(t), startShells(t)
	m := mark()
	p := f.newPlace(t, interruptTree)
	p.write(t, "more.star", s.star(fmt.Sprintf(sleeping, m)))
	r := p.start(t, "run", "--path", "plain", "run")
	r.expect("started")
	stopped := stop(t, m)
	r.signal(syscall.SIGINT)
	r.wants(130)
	if !strings.Contains(r.err.String(), "did not confirm") {
		t.Error("the report does not say that the end is not known")
	}
	for _, pid := range stopped {
		_ = syscall.Kill(pid, syscall.SIGCONT) // its watcher ends the rest
	}
	sshdtest.WaitGone(t, m, patience)
}

// stop stops all processes with a text in their command line.
func stop(t *testing.T, text string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil || !strings.Contains(string(line), text) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && syscall.Kill(pid, syscall.SIGSTOP) == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

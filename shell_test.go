package deployer_test

import (
	"os"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
)

// leaves is printed before a terminal is opened on a host; until then the terminal is raw for the line editor.
const leaves = "exit, or Ctrl-D, leaves it"

// TestShellAtTerminal lives a session of the shell at a terminal: what fails, what is interrupted and what runs on a host
// all lead back to the prompt.
func TestShellAtTerminal(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "here", "web1")
def wait(env):
    env.host.run("echo waiting; sleep 60", interactive = False)
def keys(env):
    env.host.run("echo waiting; sleep 60")
def fails(env):
    env.host.run("exit 3")
def named(env):
    return env.name
Host = node(name = "a name", actions = [wait, keys, fails, named])
root = node(ssh = Host(hosts = web1, group = groups.production), here = Host(hosts = here))
`)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("cd here\n")
	s.Expect("/here > ")

	s.Send("wait\n")
	s.Expect("waiting\r\n")
	s.Send("\x03")
	s.Expect("interrupted")
	s.Expect("/here > ")

	s.Send("keys\n")
	s.Expect("waiting\r\n")
	s.ExpectRaw()
	s.Send("\x03") // the command has the terminal, and dies of it: nobody has to be asked what to do about that
	s.Expect("interrupted by Ctrl-C")
	if asked := s.Expect("/here > "); strings.Contains(asked, "retry") {
		t.Errorf("after Ctrl-C it asks: %s", asked)
	}

	s.Send("not fini\x03")
	s.Expect("^C")
	s.Expect("/here > ")
	s.Send("named 'a\n")
	s.Expect("named 'a")
	s.Expect("\r\n")
	s.Expect("> ")
	s.Send("\x03")
	s.Expect("^C")
	s.Expect("/here > ")

	failsInShell(t, s)
	leadsInShell(s)

	s.Send("set-option sandbox on\n")
	s.Expect("/here")
	s.Expect("[sandbox]")
	s.Send("named\n")
	s.Expect("a name\r\n")
	s.Expect("[sandbox]")
	s.Send("exit\n")
	s.ends(0)
}

// failsInShell runs an action that fails, and answers what that asks.
func failsInShell(t *testing.T, s *session) {
	t.Helper()
	s.Send("fails\n")
	s.Expect("/here fails failed on localhost: exit status 3\r\n")
	s.Expect("retry, skip, connect or abort? [abort] ")
	s.Send("\n")
	if told := s.Expect("/here > "); strings.Contains(told, "FAILED") {
		t.Errorf("what the question told is told again: %s", told)
	}
	s.Send("fails\n")
	s.Expect("retry, skip, connect or abort? [abort] ")
	s.Send("retry\n")
	s.Expect("retry, skip, connect or abort? [abort] ")
	s.Send("connect\n")
	s.ExpectRaw()
	s.Send("echo in the $((40 + 2)) shell; exit 5\r")
	s.Expect("in the 42 shell")
	s.Expect("retry, skip, connect or abort? [abort] ")
	s.Send("skip\n")
	s.Expect("/here > ")
}

// leadsInShell gives the commands that begin with --.
func leadsInShell(s *session) {
	s.Send("--connect\n")
	s.Expect(leaves)
	s.ExpectRaw()
	s.Send("echo connected to $((40 + 3)); exit 130\r") // as after Ctrl-C and exit
	s.Expect("connected to 43")
	s.Expect("left")
	s.Expect("/here > ")

	s.Send("--run\n")
	s.Expect("command to run on localhost: ")
	s.Send("echo ran $((40 + 4))\n")
	s.Expect("ran 44")
	s.Expect("/here > ")

	s.Send("--source-code\n")
	s.Expect("choose a definition")
	s.Send("2\n")
	s.Expect("Host = node(name = \x1b[32m\"a name\"\x1b[0m")
	s.Expect("/here > ")
	s.Send("--source-code\n")
	s.Expect("choose a definition")
	s.Send("\x04") // no answer: nothing is shown
	s.Expect("/here > ")
}

// TestShellConnects opens terminals on hosts of a node behind SSH; one whose connection is cut says so.
func TestShellConnects(t *testing.T) {
	t.Parallel()
	needTerminals(t, "ssh")
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "here", "web1")
root = node(both = node(hosts = [web1, here]), ssh = node(hosts = web1))
`)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("--connect both\n")
	s.Expect("number or name [random]: ")
	s.Send("web1\n")
	s.Expect(leaves)
	s.ExpectRaw()
	s.Send("echo at $((40 + 5)); exit\r")
	s.Expect("at 45")
	s.Expect("/ > ")
	s.Send("--connect ssh\n")
	s.Expect(leaves)
	s.ExpectRaw()
	s.Send("echo at $((40 + 6))\r")
	s.Expect("at 46")
	s.Send("tput smcup; tput civis\r")
	s.Expect("\x1b[?1049h")
	s.Expect("\x1b[?25l")
	s.Send("kill -9 $PPID\r")
	s.Expect("\x1b[?1049l\x1b[?25h") // what draws on the terminal has ended
	s.Expect("LOST the connection was lost: the host closed the connection")
	s.Expect("/ > ")
	s.Send("\x04")
	s.ends(0)
}

// TestShellSignals ends with the status of a signal, at the prompt and in a run. Those that have a key end what is going
// on: the run or the line.
func TestShellSignals(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "here")
def wait(env):
    env.host.run("echo waiting; sleep 60", interactive = False)
root = node(hosts = here, actions = [wait])
`)
	for _, test := range []struct {
		name, line, await string
		signal            syscall.Signal
		status            int
	}{
		{"TERM at the prompt", "", "/ > ", syscall.SIGTERM, 143},
		{"HUP at the prompt", "", "/ > ", syscall.SIGHUP, 129},
		{"TERM in a run", "wait\n", "waiting\r\n", syscall.SIGTERM, 143},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := p.sit(t)
			s.Expect("/ > ")
			if test.line != "" {
				s.Send(test.line)
				s.Expect(test.await)
			}
			if err := syscall.Kill(s.pid, test.signal); err != nil {
				t.Fatal(err)
			}
			s.ends(test.status)
		})
	}
	t.Run("QUIT", func(t *testing.T) {
		t.Parallel()
		s := p.sit(t)
		s.Expect("/ > ")
		s.Send("wait\n")
		s.Expect("waiting\r\n")
		s.Send("\x1c")
		s.Expect(`interrupted by Ctrl-\`)
		s.Expect("/ > ")
		s.ExpectRaw()
		s.Send("pwd \x1c| x")
		s.Expect("| x")
		if err := syscall.Kill(s.pid, syscall.SIGQUIT); err != nil {
			t.Fatal(err)
		}
		s.Expect("/ > ")
		s.Send("exit\r")
		s.ends(0)
	})
	t.Run("INT at a pipe", func(t *testing.T) {
		t.Parallel()
		lines, feed, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer feed.Close()
		if _, err := feed.WriteString("wait\n"); err != nil {
			t.Fatal(err)
		}
		r := &process{t: t, cmd: p.command(), ended: make(chan struct{})}
		r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = lines, &r.out, &r.err
		r.run()
		_ = lines.Close()
		r.await("waiting", func() bool { return strings.Contains(r.out.String(), "waiting") })
		r.signal(syscall.SIGINT)
		r.wants(130)
	})
}

// TestShellKeeps does several lines: over one connection, and with a sudo password that is typed once.
func TestShellKeeps(t *testing.T) {
	t.Parallel()
	needTerminals(t, "ssh")
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "web1", "sudoer")
def me(env):
    env.hosts.sudo("echo $(id -un) is here")
root = node(web = node(hosts = web1), sudo = node(hosts = sudoer, actions = [me]))
`)
	s := p.sit(t)
	s.Expect("/ > ")
	var ports []string
	for range 2 {
		s.Send("--run web -- echo port=$SSH_CONNECTION.\n")
		s.Expect("\nport=")
		ports = append(ports, s.Expect("."))
		s.Expect("/ > ")
	}
	if ports[0] != ports[1] {
		t.Errorf("the second line has a connection of its own: %q", ports)
	}
	sshdtest.NeedAccounts(t)
	s.Send("sudo me\n")
	s.Expect("sudo password of " + sudoer)
	s.Send(sudoPassword + "\n")
	s.Expect("root is here\r\n")
	s.Expect("/ > ")
	s.Send("--run-with-sudo sudo -- echo again $(id -un)\n")
	if before := s.Expect("again root\r\n"); strings.Contains(before, "sudo password of") {
		t.Errorf("the password is asked for again: %s", before)
	}
	s.Expect("/ > ")
	s.Send("exit\n")
	s.ends(0)
}

// TestShellPages shows long lists a page at a time, and leaves no trace of that in the log.
func TestShellPages(t *testing.T) {
	t.Parallel()
	p := lonePlace(t, `members = {"n%d" % i: node() for i in range(100)}
root = node(**members)
`)
	s := p.sit(t, "run", "--log", "log")
	s.Expect("/ > ")
	for _, line := range []string{"find\n", "tree\n", "--inspect\n"} {
		s.Send(line)
		s.Expect("-- any key: more, q: quit --")
		s.Send(" ")
		s.Expect("-- any key: more, q: quit --")
		s.Send("q")
		if rest := s.Expect("/ > "); strings.Contains(rest, "n99") {
			t.Errorf("%s goes on after q: %s", line, rest)
		}
	}
	s.Send("exit\n")
	s.ends(0)
	if log, err := os.ReadFile(p.dir + "/log"); len(log) > 0 {
		t.Errorf("the log has %s, %v", log, err)
	}
}

// TestShellOfTheManual types what the manual of the forerunner says to type.
func TestShellOfTheManual(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "here")
def start(env):
    env.hosts.run("echo service %s start" % env.name)
def do_something(env, param):
    """Do something with a parameter."""
    env.hosts.run("echo doing %s > done" % quote(param))
Service = node(name = required("the service"), actions = [start, do_something])
System = node(Database = Service(name = "postgresql", hosts = map_roles(host = "db")))
root = node(ProductionSystem = System(hosts = {"db": here}), node = node(child_node = node(hosts = here)))
`)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("cd ProductionSystem Database\n")
	s.Expect("/ProductionSystem/Database > ")
	s.Send("start\n")
	s.Expect("\nservice postgresql start\r\n")
	s.Expect("/ProductionSystem/Database > ")
	s.Send("sandbox do_something param\n")
	s.Expect("would run")
	s.Expect("/ProductionSystem/Database > ")
	s.Send("cd -\n")
	s.Expect("/ > ")
	s.Send("--connect node child_node\n")
	s.Expect("a shell on localhost")
	s.ExpectRaw()
	s.Send("ls done; echo here $((40 + 7)); exit\r")
	if before := s.Expect("here 47"); !strings.Contains(before, "No such file") {
		t.Errorf("the sandbox made a file: %s", before)
	}
	s.Expect("/ > ")
	for _, wrong := range []struct{ line, told string }{
		{"ProductionSystem Database do_something", "missing PARAM (usage: do_something PARAM)"},
		{"ProductionSystem Database do_something a b", "one argument too many: it takes at most 1 (usage: do_something PARAM)"},
		{"ProductionSystem Database strat", "did you mean start?"},
		{"cd ProductionSytem", "did you mean ProductionSystem?"},
		{"--conect node", "did you mean --connect?"},
		{"--connect node:web1", "/node has no cells"},
	} {
		s.Send(wrong.line + "\n")
		s.Expect(wrong.told)
		s.Expect("/ > ")
	}
	s.Send("pwd\n")
	s.Expect("/\r\n")
	s.Send("exit\n")
	s.ends(0)
}

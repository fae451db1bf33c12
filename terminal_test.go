package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/pty"
	"deployer/pty/ptytest"
)

var window = pty.Size{Rows: 31, Cols: 101}

// session is the program with a person at a terminal.
type session struct {
	*ptytest.Terminal
	t       *testing.T
	pid     int
	started pty.Modes
}

func (p place) sit(t *testing.T, args ...string) *session {
	t.Helper()
	return p.sitAt(t, p.command(args...))
}

func (p place) sitAt(t *testing.T, cmd *exec.Cmd) *session {
	t.Helper()
	term := ptytest.Start(t, cmd, window)
	return &session{term, t, cmd.Process.Pid, pty.Cooked}
}

// ends waits for the end, and looks at the status and the terminal.
func (s *session) ends(status int) {
	s.t.Helper()
	if got := s.Wait(); got != status {
		s.t.Errorf("exit status %d, want %d:\n%s", got, status, s.Output())
	}
	if s.Modes() != s.started {
		s.t.Errorf("the terminal is left with %+v, and was %+v", s.Modes(), s.started)
	}
}

// needTerminals skips where terminals come from an sshd that cannot give any.
func needTerminals(t *testing.T, where string) {
	t.Helper()
	if where == "ssh" {
		sshdtest.NeedTerminals(t)
	}
}

// ttyTree has actions that use the terminal, on this machine and over SSH.
const ttyTree = `load("hosts.star", "here", "web1")
def read(env):
    env.host.run("read x; echo got $x")
def size(env):
    env.host.run("stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.05; done")
def screen(env):
    env.host.run("tput cols; tput smcup; printf 'full screen'; read key; tput rmcup; [ -t 0 ] && [ -t 1 ] && [ -t 2 ] && echo all three")
def both(env):
    x = env.host.run("echo one; echo two >&2; read x")
    print(x.splitlines()[:2])
def plain(env):
    env.host.run("[ -t 0 ] || echo none", interactive = False)
    env.host.output("[ -t 0 ] || echo none")
    return env.host.output("[ -t 0 ] || echo none")
def password(env):
    env.host.run("stty -echo; printf 'sec''ret: '; read x; stty echo; echo; echo length ${#x}")
Tty = node(actions = [read, size, screen, both, plain, password])
root = node(ssh = Tty(hosts = web1), here = Tty(hosts = here))
`

// typedOnTerminal is what a person does while these run.
var typedOnTerminal = map[string]func(s *session){
	"read": func(s *session) {
		s.ExpectRaw()
		s.Send("hello\r")
		s.Expect("got hello")
	},
	"size": func(s *session) {
		s.Expect("31 101")
		s.Expect("ready\r\n")
		s.Resize(pty.Size{Rows: 17, Cols: 71})
		s.Expect("17 71")
	},
	"screen": func(s *session) {
		s.Expect("101")
		s.Expect("\x1b[?1049h")
		s.Expect("full screen")
		s.Send("q\r")
		s.Expect("\x1b[?1049l")
		s.Expect("all three")
	},
	"both": func(s *session) {
		s.Expect("two\r\n")
		s.Send("\r")
		s.Expect(`["one", "two"]`)
	},
	"plain": func(s *session) {
		s.Expect("none")
		s.Expect("none")
	},
	"password": func(s *session) {
		s.Expect("secret: ")
		s.Send("hidden\r")
		s.Expect("length 6")
	},
}

// TestCommandOnTerminal runs commands that use the terminal.
func TestCommandOnTerminal(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, ttyTree)
	for _, where := range []string{"here", "ssh"} {
		for action, do := range typedOnTerminal {
			t.Run(where+" "+action, func(t *testing.T) {
				needTerminals(t, where)
				s := p.sit(t, "run", "--path", where, action)
				do(s)
				s.ends(0)
				if strings.Contains(s.Output(), "hidden") {
					t.Error("what was typed without echo was shown")
				}
			})
		}
	}
	t.Run("without", func(t *testing.T) {
		s := p.sit(t, "run", "--non-interactive", "--path", "ssh", "plain")
		s.Expect("none")
		s.ends(0)
	})
}

const endTree = `load("hosts.star", "here", "web1", "web2")
load("more.star", "command")
def run(env):
    env.hosts.run(command)
Run = node(actions = [run])
root = node(ssh = Run(hosts = web1), here = Run(hosts = here), many = Run(hosts = [web1, web2, here]))
`

// ending has a person run a command, which says that it is started, at one of the places of endTree.
func (f *fleet) ending(t *testing.T, where, command string) *session {
	t.Helper()
	needTerminals(t, where)
	p := f.newPlace(t, endTree)
	command = strings.Replace(command, "is started", "is star''ted", 1) // or showing the command would say so, too
	p.write(t, "more.star", fmt.Sprintf("command = %q\n", command))
	s := p.sit(t, "run", "--path", where, "run")
	s.Expect("is started")
	return s
}

// TestTerminalIsRestored ends commands that have the terminal, by every way there is.
func TestTerminalIsRestored(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for _, where := range []string{"here", "ssh"} {
		t.Run(where+" Ctrl-C", func(t *testing.T) {
			m := mark()
			s := f.ending(t, where, "echo is started; sleep "+m)
			s.Expect("\r\n")
			s.Send("\x03")
			s.Expect("interrupted by Ctrl-C")
			sshdtest.WaitGone(t, m, patience)
			s.ends(130)
		})
		t.Run(where+" killed", func(t *testing.T) {
			s := f.ending(t, where, "stty raw; echo is started; kill -KILL $$; sleep "+mark())
			s.Expect("killed by SIGKILL")
			s.Expect("abort? ")
			s.Send("a\r")
			s.ends(1)
		})
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT} {
			t.Run(fmt.Sprint(where, " ", sig), func(t *testing.T) {
				m := mark()
				s := f.ending(t, where, "stty raw; echo $$ is started; sleep "+m)
				s.ExpectRaw()
				if err := syscall.Kill(s.pid, sig); err != nil {
					t.Fatal(err)
				}
				s.ends(128 + int(sig))
				sshdtest.WaitGone(t, m, patience)
			})
		}
	}
	t.Run("window closed", func(t *testing.T) {
		m := mark()
		s := f.ending(t, "ssh", "echo is started; sleep "+m)
		s.Hangup()
		if got := s.Wait(); got != 129 && got != 1 {
			t.Errorf("exit status %d", got)
		}
		sshdtest.WaitGone(t, m, patience)
	})
	t.Run("many", func(t *testing.T) {
		m := mark()
		s := f.ending(t, "many", "echo is started; sleep "+m)
		for range 2 {
			s.Expect("is started")
		}
		s.Send("\x03")
		s.ends(130)
		sshdtest.WaitGone(t, m, patience)
	})
	t.Run("connection lost", func(t *testing.T) {
		own := startFleet(t)
		s := own.ending(t, "ssh", "stty raw; echo is started; sleep 60")
		s.ExpectRaw()
		own.plain.KillConnections(t)
		s.Expect("abort? ")
		s.Send("\r")
		s.Expect("LOST")
		s.ends(3)
	})
}

// TestQuestions answers what the program asks.
func TestQuestions(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	keys := func(p place) string {
		text, err := os.ReadFile(filepath.Join(p.dir, "no_hosts"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	keyTree := `load("hosts.star", "unknown")
def hello(env):
    env.hosts.run("echo hello  there", interactive = False)
root = node(actions = [hello], hosts = unknown, many = node(actions = [hello], hosts = [unknown(slug = "u%d" % i, username = unknown.username) for i in range(3)]))
`
	t.Run("key trusted", func(t *testing.T) {
		p := f.newPlace(t, keyTree)
		s := p.sit(t, "run", "hello")
		s.Expect("SHA256:")
		s.Expect("[y/N] ")
		s.Send("maybe\r")
		s.Expect("answer y or n")
		s.Send("y\r")
		s.Expect("hello there\r\n")
		s.ends(0)
		if !strings.Contains(keys(p), "ssh-ed25519") {
			t.Error("the key was not remembered")
		}
		again := p.sit(t, "run", "hello")
		again.ends(0)
		if strings.Contains(again.Output(), "[y/N]") {
			t.Error("the key that is known now was asked for")
		}
	})
	t.Run("keys of several hosts", func(t *testing.T) {
		p := f.newPlace(t, keyTree)
		s := p.sit(t, "run", "--path", "many", "hello")
		s.Expect("[y/N] ")
		s.Send("y\r")
		s.ends(0)
		// the output has a question again when lines came above it
		if n := strings.Count(s.Drawn(), "trust these keys") + strings.Count(s.Drawn(), "trust this key"); n != 1 {
			t.Errorf("%d questions were asked:\n%s", n, s.Drawn())
		}
		if n := strings.Count(s.Output(), "hello there\r\n"); n != 3 {
			t.Errorf("%d hosts said hello", n)
		}
	})
	for answer, status := range map[string]int{"n\r": 4, "\r": 4, "\x04": 4, "\x03": 130} {
		t.Run(fmt.Sprintf("key %q", answer), func(t *testing.T) {
			p := f.newPlace(t, keyTree)
			s := p.sit(t, "run", "hello")
			s.Expect("[y/N] ")
			s.Send(answer)
			if status == 4 {
				s.Expect("abort? ")
				s.Send("a\r")
			}
			s.ends(status)
			if keys(p) != "" || strings.Contains(s.Output(), "hello there\r\n") {
				t.Errorf("it went on without a yes:\n%s", s.Output())
			}
		})
	}
	t.Run("after failure", func(t *testing.T) {
		afterFailure(t, f)
	})
	t.Run("sudo", func(t *testing.T) { sudoQuestion(t, f) })
}

func afterFailure(t *testing.T, f *fleet) {
	p := f.newPlace(t, `load("hosts.star", "web1", "work")
def fail(env):
    env.host.run("echo once more >> %s/tries; [ $(wc -l < %s/tries) -ge 3 ]" % (work, work), interactive = False)
    print("went on")
def outer(env):
    print("result:", env.fail())
    print("outer went on")
root = node(actions = [fail, outer], hosts = web1)
`)
	tries := func() int {
		text, _ := os.ReadFile(filepath.Join(p.dir, "tries"))
		_ = os.Remove(filepath.Join(p.dir, "tries"))
		return strings.Count(string(text), "\n")
	}
	s := p.sit(t, "run", "outer")
	s.Expect("abort? ")
	s.Send("what\r")
	s.Expect("answer ")
	s.Expect("abort? ")
	s.Send("retry\r")
	s.Expect("abort? ")
	s.Send("r\r")
	s.Expect("went on")
	s.Expect("outer went on")
	s.ends(0)
	if n := tries(); n != 3 {
		t.Errorf("%d tries", n)
	}
	s = p.sit(t, "run", "outer")
	s.Expect("abort? ")
	s.Send("skip\r")
	s.Expect("result: None")
	s.Expect("outer went on")
	s.ends(0)
	if n := tries(); n != 1 {
		t.Errorf("%d tries", n)
	}
	for answer, status := range map[string]int{"a\r": 1, "\r": 1, "\x03": 130} {
		s = p.sit(t, "run", "outer")
		s.Expect("abort? ")
		s.Send(answer)
		s.ends(status)
		if n := tries(); n != 1 || strings.Contains(s.Output(), "went on\r\n") {
			t.Errorf("%q: %d tries:\n%s", answer, n, s.Output())
		}
	}
	needTerminals(t, "ssh")
	s = p.sit(t, "run", "outer")
	s.Expect("connect or abort? ")
	s.Send("c\r")
	s.ExpectRaw()
	s.Send("echo this is a sh''ell\r")
	s.Expect("this is a shell")
	s.Send("exit\r")
	s.Expect("connect or abort? ")
	s.Send("a\r")
	s.ends(1)
}

func sudoQuestion(t *testing.T, f *fleet) {
	sshdtest.NeedAccounts(t)
	p := f.newPlace(t, `load("hosts.star", "sudoer")
def whoami(env):
    env.hosts.sudo("id -un")
    env.hosts.sudo("echo again $(id -un)")
root = node(actions = [whoami], hosts = sudoer, many = node(actions = [whoami], hosts = [sudoer(slug = "s%d" % i) for i in range(3)]))
`)
	s := p.sit(t, "run", "whoami")
	s.Expect("sudo password of " + sudoer + " on sudoer: ")
	s.Send("wrong\r")
	s.Expect("sudo refused the password of " + sudoer)
	s.Expect("sudo password of " + sudoer)
	s.Send(sudoPassword + "\r")
	s.Expect("root")
	s.Expect("again root")
	s.ends(0)
	if strings.Contains(s.Output(), sudoPassword) || strings.Contains(s.Output(), "wrong") {
		t.Errorf("a password was shown:\n%s", s.Output())
	}
	s = p.sit(t, "run", "--path", "many", "whoami")
	s.Expect("sudo password of " + sudoer + " on s")
	s.Send(sudoPassword + "\r")
	for range 3 {
		s.Expect("again root")
	}
	s.ends(0)
	if n := strings.Count(s.Drawn(), "sudo password of"); n != 1 {
		t.Errorf("%d questions were asked:\n%s", n, s.Drawn())
	}
	s = p.sit(t, "run", "whoami")
	s.Expect("sudo password of ")
	s.Send("\x03")
	s.ends(130)
}

package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"deployer/pty"
	"deployer/pty/ptytest"
)

// promptTree is a tree with actions that take the terminal, that do not, and that know a secret.
const promptTree = `load("hosts.star", "here", "web1", "work")
def killed(env):
    env.host.run("stty raw -echo; echo is started; kill -KILL $$")
def waits(env):
    env.host.run("echo waiting; until [ -e %s/go ]; do sleep 0.02; done; echo gone on" % work, interactive = False)
def say(env, word):
    return word
password = secret("open-sesame")
def login(env):
    env.host.run("read p; echo", initial_input = password + "\n", interactive = False)
Host = node(actions = [killed, waits, say, login])
root = node(ssh = Host(hosts = web1), here = Host(hosts = here))
`

// TestPromptAfterChildren kills what has the terminal, here and at the far end: the prompt comes back, and the terminal.
func TestPromptAfterChildren(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	for _, where := range []string{"here", "ssh"} {
		t.Run(where, func(t *testing.T) {
			t.Parallel()
			needTerminals(t, where)
			s := p.sit(t)
			s.Expect("/ > ")
			s.Send("cd " + where + "\r")
			s.Expect("/" + where + " > ")
			s.Send("killed\r")
			s.Expect("is started")
			s.Expect("abort? ")
			s.Send("abort\r")
			s.Expect("/" + where + " > ")
			s.Send("--connect\r")
			s.Expect(leaves)
			s.ExpectRaw()
			s.Send("stty -echo; echo connected to $((40 + 2)); kill -9 $$\r")
			s.Expect("connected to 42")
			s.Expect("/" + where + " > ")
			s.Send("say still-$((1\x7f\x7f\x7f\x7fhere\r")
			s.Expect("\r\nstill-here\r\n")
			s.Expect("/" + where + " > ")
			s.Send("\x04")
			s.ends(0)
		})
	}
}

// TestTypedAheadOfPrompt types while an action runs that does not read, and pastes fifty lines.
func TestTypedAheadOfPrompt(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("cd here\rwaits\r")
	s.Expect("waiting\r\n")
	s.Send("say one\rsay two\r")
	p.write(t, "go", "")
	s.Expect("gone on\r\n")
	s.Expect("\r\none\r\n")
	s.Expect("\r\ntwo\r\n")
	var lines []string
	for i := range 50 {
		lines = append(lines, fmt.Sprintf("say line-%d", i))
	}
	for name, typed := range map[string]string{
		"plain":     strings.Join(lines, "\r") + "\r",
		"bracketed": "\x1b[200~" + strings.Join(lines, "\n") + "\x1b[201~\r",
	} {
		s.Send(typed)
		for i := range lines {
			s.Expect(fmt.Sprintf("\r\nline-%d\r\n", i))
		}
		t.Log(name)
	}
	s.Send("exit\r")
	s.ends(0)
}

// TestHistoryOfShell finds the lines of one session in the next, but for those with a secret.
func TestHistoryOfShell(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	s := p.sit(t)
	s.Expect("/ > ")
	s.Send("here say first\rhere say open-sesame\r here say unkept\rhere say last\rhere say last\rexit\r")
	s.ends(0)
	file := filepath.Join(p.home, ".local", "state", "deployer", "history")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if want := "here say first\nhere say last\nexit\n"; string(text) != want {
		t.Errorf("the history is %q, want %q", text, want)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file is %v, error %v", info.Mode(), err)
	}
	s = p.sit(t)
	s.Expect("/ > ")
	s.Send("\x1b[A\x1b[A\x1b[A\r") // the last but two
	s.Expect("\r\nfirst\r\n")
	s.Send("\x12last\r")
	s.Expect("\r\nlast\r\n")
	s.Send("\x04")
	s.ends(0)
}

// TestPlainPrompt reads lines as they come where the terminal is dumb, or nobody says what it is.
func TestPlainPrompt(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	for _, kind := range []string{"", "dumb", "emacs"} {
		cmd := p.command()
		cmd.Env = append(cmd.Env, "TERM="+kind)
		s := p.sitAt(t, cmd)
		s.Expect("/ > ")
		s.Send("here say plain\n")
		s.Expect("\r\nplain\r\n/ > ")
		s.Send("\x04")
		s.ends(0)
		if strings.Contains(s.Output(), "\x1b") {
			t.Errorf("a terminal of the kind %q got an escape sequence: %q", kind, s.Output())
		}
	}
}

// TestPromptIsKilled ends the program at the prompt by each signal that can be caught.
func TestPromptIsKilled(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			t.Parallel()
			m := mark()
			s := p.sit(t)
			s.Expect("/ > ")
			s.ExpectRaw()
			s.Send("here say " + m)
			s.Expect(m)
			if err := syscall.Kill(s.pid, signal); err != nil {
				t.Fatal(err)
			}
			if signal == syscall.SIGINT { // as Ctrl-C: it clears the line
				s.Expect("/ > ")
				s.Send("exit\r")
				s.ends(0)
				return
			}
			s.ends(128 + int(signal))
		})
	}
}

// TestPromptIsStopped stops the program at the prompt, by its key and by a signal, and uses the terminal meanwhile.
func TestPromptIsStopped(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, promptTree)
	cmd := exec.Command("dash", "-i")
	cmd.Dir, cmd.Env = p.dir, append(p.command().Env, "PS1=dash: ")
	s := ptytest.Start(t, cmd, pty.Size{Rows: 24, Cols: 80})
	s.Expect("dash: ")
	s.Send("deployer\r")
	s.Expect("/ > ")
	s.ExpectRaw()
	s.Send("here say twi")
	s.Expect("twi")
	s.Send("\x1a")
	s.Expect("Stopped")
	s.Expect("dash: ")
	s.ExpectCooked()
	s.Send("jobs -p\r")
	s.Expect("\n")
	pid, err := strconv.Atoi(s.Expect("\r\n"))
	if err != nil {
		t.Fatal(err)
	}
	s.Send("fg\r")
	s.Expect("/ > here say twi")
	s.ExpectRaw()
	s.Send("ce")
	s.Expect("ce")
	if err := syscall.Kill(pid, syscall.SIGTSTP); err != nil {
		t.Fatal(err)
	}
	s.Expect("Stopped")
	s.Send("stty cooked echo\nfg\n") // the signal has left the terminal raw
	s.Expect("/ > here say twice")
	s.ExpectRaw()
	s.Send("-$((1\x7f\x7f\x7f\x7f\r")
	s.Expect("\r\ntwice-\r\n")
	s.Send("\x04")
	s.Expect("dash: ")
	s.Send("exit\r")
	s.ExpectCooked()
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d", status)
	}
}

// TestMenuOfShell looks at what completion shows: short names, what is said of them, and colours by group.
func TestMenuOfShell(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "here")
def pull(env, branch, force = False):
    """Pull a branch."""
Git = parallel_node(doc = "The clones.", actions = [pull])
root = node(
    staging = node(doc = "Where changes are tried.", group = groups.staging, hosts = {"web": [here, here(slug = "web2")]},
                   git = Git.array(hosts = map_roles("web")), **{"an odd/name": node(doc = "Odd.")}),
    production = node(doc = "The real one.", group = groups.production, _private = node()),
)
`)
	s := ptytest.Start(t, p.command(), pty.Size{Rows: 8, Cols: 60})
	s.Expect("/ > ")
	s.Send("\x0c")
	s.ExpectDrawn("/ >")
	for _, step := range []struct{ typed, drawn, styles string }{
		{"p", "/ > p\n    production  The real one.\n    pwd         print the path of a node",
			". . .\n   rrrrrrrrrrrr ... .... ....\n   cccccccccccc ..... ... .... .. . ...."},
		{"\x15cd staging/", "/ > cd staging/\n               git            The clones.\n               'an odd/name'  Odd.", ""},
		{"g", "/ > cd staging/g\n               git  The clones.", ""},
		{"\t[", "/ > cd staging/git[\n               git[localhost]  localhost\n               git[web2]       localhost", ""},
		{"\x15staging git:web2 pull ", "/ > staging git:web2 pull\n                          branch=  BRANCH\n" +
			"                          force=   [FORCE=false]", ""},
		{"\x15set-option v", "/ > set-option v\n               view  how a run is shown", ""},
		{"\x15cd production _", "/ > cd production _\n                  _private", ""},
	} {
		s.Send(step.typed)
		s.ExpectDrawn(step.drawn)
		if got := s.Styles(); step.styles != "" && got != step.styles {
			t.Errorf("%q is coloured\n%s\nwant\n%s", step.typed, got, step.styles)
		}
	}
	s.Send("\x15\x04")
	if status := s.Wait(); status != 0 {
		t.Errorf("status %d", status)
	}
}

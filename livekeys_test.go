package deployer_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/pty"
	"deployer/pty/ptytest"
)

// stoppable starts a run as a line of a shell that knows jobs, but restores nothing of the terminal.
func (w *watching) stoppable(t *testing.T) {
	t.Helper()
	cmd := exec.Command("dash", "-i")
	cmd.Dir, cmd.Env = w.dir, append(w.command().Env, "PS1=dash: ")
	w.session = &session{ptytest.Start(t, cmd, window), t, 0, pty.Cooked}
	w.Expect("dash: ")
	w.Send("deployer run --color never --path all go\r")
}

// TestCtrlZInView stops the program by its key, and lets it go on: the shell finds the terminal as it was and nothing of
// the view on it, the hosts go on meanwhile, and the view is drawn anew.
func TestCtrlZInView(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.scripts(t, asks, "echo begun; until [ -e go ]; do sleep 0.05; done; echo later; echo x > went; SLEEP")
	w.stoppable(t)
	w.expectDrawn("2 hosts: 1 waiting, 1 running")
	for range 2 {
		w.Send("\x1a")
		w.Expect("Stopped")
		w.Expect("dash: ")
		w.ExpectCooked()
		w.expectDrawn("!2 hosts:")
		w.touch("go")
		w.expectFile("went")
		w.Send("echo still $((6 * 7))\rfg\r")
		w.Expect("still 42")
		w.expectDrawn("b | later", "\n2 hosts: 1 waiting, 1 running")
	}
	w.Send("\x1b[B\r") // and it is steered as before
	w.Expect("a: Ctrl-] leads back to all hosts --")
	w.ExpectRaw()
	w.Send("yes\r")
	w.Expect("got yes")
	w.stepOut()
	w.Send("\x03")
	w.Expect("dash: ")
	w.ExpectCooked()
	w.Send("exit $?\r")
	w.ends(130)
	w.recorded(interrupted, interrupted)
}

// TestCtrlZWithoutShell types it where nobody could let the program go on: it does not stop.
func TestCtrlZWithoutShell(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.watch(t, nil, asks, "echo begun; SLEEP")
	w.expectDrawn("2 hosts: 1 waiting, 1 running")
	modes := w.Modes()
	w.Send("\x1a")
	w.expectDrawn("!2 hosts:")
	w.expectDrawn("2 hosts: 1 waiting, 1 running")
	if w.Modes() != modes {
		t.Errorf("the terminal has %+v, and had %+v", w.Modes(), modes)
	}
	w.Send("\x03")
	w.ends(130)
	w.recorded(interrupted, interrupted)
}

// TestKeysInHost types what are keys of the view, or stop programs, where they belong to the program of a host; then the
// person leaves that host, and the others go on.
func TestKeysInHost(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.watch(t, nil, `trap 'echo stopped by key; printf "again? "' TSTP; printf 'go on? '; until read x; do :; done; echo "got <$x>"; printf 'more? '; read x; SLEEP`,
		"until [ -e go ]; do sleep 0.05; done; echo gone")
	w.stepIn()
	w.Send("\x1a")
	w.Expect("stopped by key")
	w.Expect("again? ")
	w.Send("xa?jk\r")
	w.Expect("got <xa?jk>")
	w.stepOut()
	w.expectDrawn("1 waiting, 1 running", "!leave a")
	w.Send("\x1b[Bx")
	w.Expect("leave a, and end what runs there? [y/N] ")
	w.Send("n\r")
	w.expectDrawn("1 waiting, 1 running")
	w.Send("x")
	w.Expect("leave a, and end what runs there? [y/N] ")
	w.Send("y\r")
	w.expectDrawn("1 parked, 1 running")
	sshdtest.WaitGone(t, w.mark, patience)
	w.touch("go")
	w.ends(1)
	if out := w.Output(); !strings.Contains(out, "b | gone") || !strings.Contains(out, "the run went on without this host") {
		t.Error("it is not told how the hosts ended")
	}
	w.recorded(journal.Parked, succeeded)
}

// needyTree has one host ask on its terminal, while a question about another will come: for its key, or its password of
// sudo. That one begins when a file is there.
const needyTree = `load("hosts.star", "web1", "unknown", "sudoer", folder = "work")
load("more.star", "needy")
def wait(env):
    env.host.run("echo begun; until [ -e %s/go ]; do sleep 0.05; done" % folder, interactive = False)
def go(env):
    if env.host.slug == "a":
        env.host.run("printf 'go on? '; read x; echo got $x; until [ -e %s/end ]; do sleep 0.05; done" % folder)
        return
    env.parent.gate.wait()
    if env.host.slug == "sudoer":
        env.host.sudo("echo I am $(id -un)")
    else:
        env.host.run("echo I am known")
root = node(
    gate = node(actions = [wait], hosts = web1(slug = "gate")),
    all = parallel_node(actions = [go]).array(hosts = [web1(slug = "a"), {"unknown": unknown, "sudoer": sudoer}[needy]]),
)
`

// TestQuestionsAboutOtherHosts asks for a host key, and for a password of sudo, while the person is on the terminal of
// another host: what is typed goes there until the person comes back, and answers.
func TestQuestionsAboutOtherHosts(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for needy, asked := range map[string]struct{ question, answer, then string }{
		"unknown": {"trust this key, now and in future? [y/N] ", "y", "I am known"},
		"sudoer":  {"sudo password of " + sudoer + " on sudoer: ", sudoPassword, "I am root"},
	} {
		t.Run(needy, func(t *testing.T) {
			t.Parallel()
			if needy == "sudoer" {
				sshdtest.NeedAccounts(t)
			}
			needTerminals(t, "ssh")
			w := &watching{place: f.newPlace(t, needyTree), mark: mark()}
			w.write(t, "more.star", fmt.Sprintf("needy = %q\n", needy))
			w.sitBefore(t, "go")
			w.stepIn()
			w.touch("go")
			w.Expect("-- a question waits: Ctrl-] leads to it --")
			w.Send("y\r")
			w.Expect("got y")
			if strings.Contains(w.Output(), asked.question) {
				t.Error("the question was asked on the terminal of the host")
			}
			w.stepOut()
			w.Expect(asked.question)
			w.Send(asked.answer + "\r")
			w.Expect(asked.then)
			w.touch("end")
			w.ends(0)
			if strings.Contains(w.Output(), sudoPassword) {
				t.Error("the password was shown")
			}
			w.recorded(succeeded, succeeded, succeeded)
		})
	}
}

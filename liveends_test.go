package deployer_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// watchTree runs a script of its own on each of the hosts a, b, … of the node all.
const watchTree = `load("hosts.star", "web1", folder = "work")
load("more.star", "slugs")
def go(env):
    env.host.run("cd %s && sh ./%s.sh" % (folder, env.host.slug))
def ask(env):
    env.go()
    if env.host.slug != "a":
        env.console.confirm("sure of %s?" % env.host.slug)
root = node(all = parallel_node(go = go, ask = ask).array(hosts = [web1(slug = s) for s in slugs]))
`

// watching is a person who follows a run on several hosts.
type watching struct {
	*session
	place
	cmd  *exec.Cmd
	mark string // in the command lines of all that sleeps on the hosts
}

// watch starts, with options, what the hosts run, each a script: SLEEP is a command that sleeps until it is ended.
func (f *fleet) watch(t *testing.T, options []string, scripts ...string) *watching {
	t.Helper()
	return f.scripts(t, scripts...).sitBefore(t, append(options, "go")...)
}

// sitBefore starts an action, the last of args.
func (w *watching) sitBefore(t *testing.T, args ...string) *watching {
	t.Helper()
	w.cmd = w.command(append([]string{"run", "--color", "never", "--path", "all"}, args...)...)
	w.session = w.sitAt(t, w.cmd)
	return w
}

// scripts writes what the hosts run.
func (f *fleet) scripts(t *testing.T, scripts ...string) *watching {
	t.Helper()
	needTerminals(t, "ssh")
	w := &watching{place: f.newPlace(t, watchTree), mark: mark()}
	var slugs []string
	for i, text := range scripts {
		slug := string(rune('a' + i))
		slugs = append(slugs, fmt.Sprintf("%q", slug))
		w.write(t, slug+".sh", strings.ReplaceAll(text, "SLEEP", "sleep "+w.mark)+"\n")
	}
	w.write(t, "more.star", "slugs = ["+strings.Join(slugs, ", ")+"]\n")
	return w
}

// expectFile waits until a host wrote a file.
func (w *watching) expectFile(name string) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(w.dir, name)); err == nil {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("no host wrote %s:\n%s", name, tail(w.Output()))
		}
	}
}

// expectDrawn waits until the window shows all of these, and none after "!".
func (w *watching) expectDrawn(want ...string) {
	w.t.Helper()
	drawn := func(text string) bool {
		text, not := strings.CutPrefix(text, "!")
		return strings.Contains(w.Drawn(), text) != not
	}
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		if !slices.ContainsFunc(want, func(text string) bool { return !drawn(text) }) {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("the window shows\n%s\nwant %q", w.Drawn(), want)
		}
	}
}

func (w *watching) signal(s syscall.Signal) {
	w.t.Helper()
	if err := syscall.Kill(w.pid, s); err != nil {
		w.t.Fatal(err)
	}
}

// recorded compares how the hosts stand in what is kept of the run, and looks for what still runs there.
func (w *watching) recorded(want ...journal.State) {
	w.t.Helper()
	sshdtest.WaitGone(w.t, w.mark, patience)
	var states []journal.State
	ended := false
	for line := range strings.Lines(w.start(w.t, "show", "--json", "last").wants(0).out.String()) {
		var e journal.Event
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			w.t.Fatalf("%v: %s", err, line)
		}
		ended = ended || e.Kind == journal.RunEnd
		if e.Kind == journal.HostEnd {
			states = append(states, e.State)
		}
	}
	if !slices.Equal(states, want) || !ended {
		w.t.Errorf("the journal has the hosts %q, its end %v; want %q", states, ended, want)
	}
}

// The states that hosts end in here.
const (
	interrupted = journal.Interrupted
	succeeded   = journal.Done
)

// asks is a script that asks something, and then sleeps.
const asks = "printf 'go on? '; read x; echo got $x; SLEEP"

// TestLiveViewEnds ends a run, by every way there is, in every state of its live view.
func TestLiveViewEnds(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	in := map[string]func(w *watching){
		"the view": func(*watching) {},
		"choosing": func(w *watching) {
			w.Send("\x1b[B")
			w.expectDrawn("> a ")
		},
		"a host": func(w *watching) {
			w.Send("\r")
			w.ExpectRaw()
			w.Expect("go on? ")
		},
		"an answer of all": func(w *watching) {
			w.Send("\x1b[B")
			w.expectDrawn("> a ")
			w.Send("a")
			w.Expect("answer of all: ")
		},
		"leaving": func(w *watching) {
			w.Send("\x1b[B")
			w.expectDrawn("> a ")
			w.Send("x")
			w.Expect("leave a, and end what runs there? [y/N] ")
		},
	}
	ends := map[string]struct {
		end    func(w *watching)
		status int
	}{
		"Ctrl-C":        {func(w *watching) { w.Send("\x03") }, 130},
		"SIGINT":        {func(w *watching) { w.signal(syscall.SIGINT) }, 130},
		"SIGTERM":       {func(w *watching) { w.signal(syscall.SIGTERM) }, 143},
		"SIGHUP":        {func(w *watching) { w.signal(syscall.SIGHUP) }, 129},
		"window closed": {func(w *watching) { w.Hangup() }, 129},
	}
	for state, enter := range in {
		for how, end := range ends {
			if state == "a host" && how == "Ctrl-C" {
				continue // is for the host alone, see TestCtrlCInHost
			}
			t.Run(state+", "+how, func(t *testing.T) {
				t.Parallel()
				w := f.watch(t, nil, asks, asks, "echo begun; SLEEP")
				w.expectDrawn("2 waiting, 1 running")
				enter(w)
				end.end(w)
				if how != "window closed" {
					w.ends(end.status)
				} else if got := w.Wait(); got != end.status {
					t.Errorf("exit status %d, want %d", got, end.status)
				}
				w.recorded(interrupted, interrupted, interrupted)
			})
		}
	}
}

// touch writes a file that hosts wait for.
func (w *watching) touch(name string) { w.write(w.t, name, "x\n") }

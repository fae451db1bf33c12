package deployer_test

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/journal"
	"deployer/pty"
)

// stepIn steps into the first host that waits.
func (w *watching) stepIn() {
	w.t.Helper()
	w.Expect("1 waiting")
	w.Send("\r")
	w.Expect("Ctrl-] leads back to all hosts --")
	w.ExpectRaw()
}

// stepOut leads back to the view.
func (w *watching) stepOut() {
	w.t.Helper()
	w.Send("\x1d")
	w.Expect("-- all hosts --")
}

// TestCtrlCInHost types Ctrl-C where it belongs to the program of a host: nothing else hears of it.
func TestCtrlCInHost(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.watch(t, nil, `trap 'echo trapped >> trapped; printf "again? "' INT; printf 'go on? '; until read x; do :; done; echo got $x; SLEEP`,
		"trap 'echo bad > bad' INT; SLEEP", "SLEEP")
	w.stepIn()
	w.Send("\x03")
	w.Expect("^C")
	w.Expect("again? ")
	w.Send("\x03")
	w.Expect("again? ")
	w.stepOut()
	w.expectDrawn("1 waiting, 2 running")
	if text, err := os.ReadFile(w.dir + "/trapped"); err != nil || string(text) != "trapped\ntrapped\n" {
		t.Errorf("the program of the host was interrupted %q, error %v", text, err)
	}
	if _, err := os.Stat(w.dir + "/bad"); err == nil {
		t.Error("Ctrl-C reached another host")
	}
	w.Send("\x03")
	w.ends(130)
	w.recorded(interrupted, interrupted, interrupted)
}

// TestHostEndsUnderPerson ends what a person has stepped into, and what goes on around it.
func TestHostEndsUnderPerson(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	t.Run("the host", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, asks[:len(asks)-len("; SLEEP")], "until [ -e go ]; do sleep 0.05; done")
		w.stepIn()
		w.Send("yes\r")
		w.Expect("-- all hosts --")
		w.expectDrawn("1 running, 1 done")
		w.touch("go")
		w.ends(0)
		w.recorded(succeeded, succeeded)
	})
	t.Run("failing", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, "printf '\\033[?1049h\\033[?25lgo on? '; read x; kill -KILL $$", "until [ -e go ]; do sleep 0.05; done")
		w.stepIn()
		w.Send("yes\r")
		w.Expect("\x1b[?1049l")
		w.Expect("-- all hosts --")
		w.expectDrawn("1 failed, 1 running")
		w.touch("go")
		w.ends(1)
		if out := w.Output(); !strings.Contains(out, "\x1b[?25h") {
			t.Error("the cursor is left hidden")
		}
		w.recorded(journal.Failed, succeeded)
	})
	t.Run("the run", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, asks[:len(asks)-len("; SLEEP")], "true")
		w.stepIn()
		w.Send("yes\r")
		w.ends(0)
		w.recorded(succeeded, succeeded)
	})
	t.Run("lost", func(t *testing.T) {
		t.Parallel()
		own := startFleet(t)
		w := own.watch(t, nil, asks, "echo begun; SLEEP")
		w.stepIn()
		own.plain.KillConnections(t)
		w.Expect("-- all hosts --")
		w.ends(3)
		w.recorded(journal.Lost, journal.Lost)
	})
}

// TestStoppedWhileFollowed stops the program and lets it go on: the terminal and what it shows are as they were.
func TestStoppedWhileFollowed(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.watch(t, nil, asks, "echo begun; SLEEP", "SLEEP")
	stopped := func() {
		modes := w.Modes()
		w.signal(syscall.SIGSTOP)
		cooked := pty.Cooked
		cooked.Suspend = modes.Suspend // means nothing in raw mode
		if err := w.SetModes(cooked); err != nil {
			t.Fatal(err)
		}
		w.signal(syscall.SIGCONT)
		for deadline := time.Now().Add(patience); w.Modes() != modes; time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("the terminal has %+v, and had %+v", w.Modes(), modes)
			}
		}
	}
	w.expectDrawn("1 waiting, 2 running")
	stopped()
	w.stepIn()
	stopped()
	w.Send("x")
	w.Expect("x")
	w.stepOut()
	w.Send("\x1b[A\r") // into the last, which says nothing
	w.Expect("c: Ctrl-] leads back to all hosts --")
	w.stepOut()
	w.expectDrawn("> c", "3 hosts:")
	w.Send("\x03")
	w.ends(130)
	w.recorded(interrupted, interrupted, interrupted)
}

// TestResizedWhileFollowed changes the window: the view fits into it, and nothing is left of how it was.
func TestResizedWhileFollowed(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	sized := "trap 'stty size' WINCH; printf 'go on? '; while ! read x; do :; done; stty size; SLEEP"
	w := f.watch(t, nil, sized, "echo begun; SLEEP", "SLEEP", "SLEEP", "SLEEP", "SLEEP")
	w.Expect("1 waiting, 5 running")
	for _, size := range []pty.Size{{Rows: 3, Cols: 10}, {Rows: 50, Cols: 150}, {}, {Rows: 1, Cols: 1}, {Rows: 12, Cols: 60}} {
		w.Resize(size)
		if size.Rows < 3 {
			continue
		}
		counts := "6 hosts:"
		w.expectDrawn("\n" + counts)
		for deadline := time.Now().Add(patience); strings.Count(w.Drawn(), counts) != 1; time.Sleep(5 * time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("%v: the window shows\n%s", size, w.Drawn())
			}
		}
	}
	w.stepIn()
	w.Expect("12 60")
	w.Resize(pty.Size{Rows: 7, Cols: 33})
	w.Expect("7 33")
	w.Send("\r")
	w.Expect("7 33")
	w.stepOut()
	w.expectDrawn("6 hosts: ")
	w.Send("\x03")
	w.ends(130)
	w.recorded(interrupted, interrupted, interrupted, interrupted, interrupted, interrupted)
}

// TestQuestionsReachHost asks two questions of the run while the person is on the terminal of a host: they are told, and
// asked as soon as the person comes back, or else when the host has done its part.
func TestQuestionsReachHost(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	later := "until [ -e go ]; do sleep 0.05; done"
	for name, back := range map[string]func(*watching){
		"Ctrl-]":          (*watching).stepOut,
		"end of the host": func(w *watching) { w.touch("end") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := f.scripts(t, "printf 'go on? '; read x; echo got $x; until [ -e end ]; do sleep 0.05; done", later, later)
			w.sitBefore(t, "ask")
			w.stepIn()
			w.touch("go")
			w.Expect("-- a question waits: Ctrl-] leads to it --")
			w.Send("yes\r")
			w.Expect("got yes")
			back(w)
			for range 2 {
				w.Expect("sure of ")
				w.Expect("[y/n] ")
				w.Send("y\r")
			}
			w.touch("end")
			w.ends(0)
			if n := strings.Count(w.Output(), "a question waits"); n != 1 {
				t.Errorf("it was told %d times that a question waits", n)
			}
			w.recorded(succeeded, succeeded, succeeded)
		})
	}
}

// TestTypedAheadOfTwoRuns types lines during a run, of which one is a run during which more is typed.
func TestTypedAheadOfTwoRuns(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.scripts(t, "echo begun; until [ -e go ]; do sleep 0.05; done; rm go", "true")
	w.session = w.sit(t)
	w.Expect("/ > ")
	w.Send("all go\r")
	w.Expect("begun\r\n")
	w.Expect("1 running, 1 done")
	w.Send("all go\rpwd\r\x1b[200~cd all\rpwd\r\x1b[201~")
	w.touch("go")
	w.Expect("begun\r\n")
	w.Expect("1 running, 1 done")
	w.Send("grö日本")
	w.touch("go")
	w.Expect("grö日本")
	w.expectDrawn("/ > pwd\n/\n/ > cd all\n", "grö日本")
	w.Send("\x15exit\r")
	w.ends(0)
}

// TestTypedAheadIsShown types keys before a host is chosen: what is no key of the view is shown, can be taken back, and
// does not keep the person from stepping in.
func TestTypedAheadIsShown(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.scripts(t, strings.TrimSuffix(asks, "; SLEEP"), "true")
	w.session = w.sit(t)
	w.Expect("/ > ")
	w.Send("all go\r")
	w.Expect("1 waiting, 1 done")
	w.Send("xyes\r")
	w.expectDrawn("typed ahead: xyes↵  (Esc: discard)")
	w.Send("\x1b")
	w.expectDrawn("!typed ahead", "Enter: answer a, Down: choose")
	w.Send("öpwdx\r\b\x7f")
	w.expectDrawn("typed ahead: öpwd  (Esc: discard)")
	w.Send("\x15pwd\rä")
	w.expectDrawn("typed ahead: pwd↵ä  (Esc: discard)")
	w.Send("\x1b[B")
	w.expectDrawn("> a", "!typed ahead")
	w.Send("\r")
	w.Expect("Ctrl-] leads back to all hosts --")
	w.Send("yes\r")
	w.Expect("got yes")
	w.expectDrawn("/ > pwd\n/\n/ > ä")
	w.Send("\x15exit\r")
	w.ends(0)
}

// TestLettersOfOneRun types letters in a run that no line follows: they are keys of the view with no host chosen too.
func TestLettersOfOneRun(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	w := f.watch(t, nil, strings.TrimSuffix(asks, "; SLEEP"), strings.TrimSuffix(asks, "; SLEEP"))
	w.expectDrawn("2 hosts: 2 waiting", "Enter: answer a, a: answer all, Down: choose")
	w.Send("xöz")
	w.expectDrawn("no host is chosen: Down and Up choose one", "!typed")
	w.Send("j?")
	w.expectDrawn("> a", "keys of the live view:")
	w.Send("\x1b")
	w.expectDrawn("!> a")
	w.Send("a")
	w.expectDrawn("a,b asked: go on?", "answer of all:")
	w.Send("yes\r")
	w.ends(0)
	w.recorded(succeeded, succeeded)
}

// TestWhoReadsWaits shows hosts as waiting whose programs read what is typed, and no others: whatever they printed.
func TestWhoReadsWaits(t *testing.T) {
	t.Parallel()
	sshdtest.NeedWaits(t)
	f := startFleet(t)
	w := f.watch(t, nil, "printf 'on 50%%: '; SLEEP", "read x; echo got $x; SLEEP", "printf '\\033[?1049h'; SLEEP")
	w.expectDrawn("3 hosts: 1 waiting, 2 ", "\n  b  waiting ") // running, or silent where all of this is slow
	w.Send("\r")
	w.Expect("b: Ctrl-] leads back to all hosts --")
	w.ExpectRaw()
	w.Send("yes\r")
	w.Expect("got yes")
	w.stepOut()
	w.expectDrawn("!waiting")
	w.Send("\x03")
	w.ends(130)
	w.recorded(interrupted, interrupted, interrupted)
}

// TestSilentInTheView follows a host that is silent and one that waits for an answer: the first is parked, and when the
// other was answered the run goes on without it.
func TestSilentInTheView(t *testing.T) {
	t.Parallel()
	w := startFleet(t).watch(t, []string{"--silence", "5s", "--parked", "leave"}, "echo begun; SLEEP", "printf 'go on? '; read x; echo got $x")
	w.Expect("a parked: silent for 5s")
	w.expectDrawn("1 waiting, 1 parked", "\n  a  parked ", "\n  b  waiting ")
	w.stepIn()
	w.Send("yes\r")
	w.ends(1)
	if out := w.Output(); strings.Contains(out, "b parked") || !strings.Contains(out, "2 hosts: 1 parked, 1 done") {
		t.Errorf("not a alone was parked:\n%s", out)
	}
	w.recorded(journal.Parked, succeeded)
}

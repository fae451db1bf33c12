package deployer_test

import (
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
)

// maxResident is what a run takes at most however much its hosts print, in MB. It is some 60 without the race detector,
// which takes several times as much.
const maxResident = 500

// TestFloodOfOneHost lets one of eight hosts print without end: the others are done meanwhile, and shown so.
func TestFloodOfOneHost(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	short := "echo done > done$PPID"
	for name, flood := range map[string]string{
		"lines":       "yes flood",
		"no newlines": "yes flood | tr -d '\\n'",
		"binary":      "cat /dev/urandom",
		"redrawing":   "yes flood | tr '\\n' '\\r'",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := f.watch(t, nil, flood, short, short, short, short, short, short, short)
			w.Expect("8 hosts: 1 running, 7 done")
			if most := memoryMB(t, w.cmd.Process.Pid, "VmHWM:"); most > maxResident {
				t.Errorf("the run takes %.0f MB", most)
			}
			w.Send("\x03")
			w.Expect("8 hosts: 1 interrupted, 7 done")
			w.ends(130)
			w.recorded(interrupted, succeeded, succeeded, succeeded, succeeded, succeeded, succeeded, succeeded)
		})
	}
}

// much is a script that prints more than a terminal that takes nothing has room for, and then says so in a file.
const much = "yes flood | head -c 3000000; echo x > ended-$(basename $0)"

// TestTerminalThatTakesNothing does not read what is printed: the hosts go on to their end, and what came meanwhile is
// shown later, as far as there was room for it.
func TestTerminalThatTakesNothing(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	t.Run("for a while", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, "echo begun; until [ -e go ]; do sleep 0.05; done; "+much, "printf 'go on? '; read x; echo got $x")
		w.Expect("begun")
		resume := w.Stall()
		w.touch("go")
		w.expectFile("ended-a.sh")
		resume()
		w.Expect("lines were left out here: the terminal could not keep up")
		w.Expect("1 waiting, 1 done")
		w.Send("\r")
		w.Expect("Ctrl-]")
		w.ExpectRaw()
		w.Send("yes\r")
		w.Expect("got yes")
		w.ends(0)
		w.recorded(succeeded, succeeded)
	})
	t.Run("of a host", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, "printf 'go on? '; read x; "+much+"; echo last; SLEEP",
			"until [ -e ended-a.sh ]; do sleep 0.05; done; echo x > ended-b.sh; SLEEP")
		w.stepIn()
		resume := w.Stall()
		w.Send("\r")
		w.expectFile("ended-a.sh")
		w.expectFile("ended-b.sh")
		resume()
		w.Expect("-- something was left out here: the terminal could not keep up --")
		w.Expect("last")
		w.stepOut()
		w.Expect("2 hosts: 2 running")
		w.Send("\x03")
		w.ends(130)
		w.recorded(interrupted, interrupted)
	})
	t.Run("at the end", func(t *testing.T) {
		t.Parallel()
		w := f.watch(t, nil, "echo begun; until [ -e go ]; do sleep 0.05; done; "+much, much)
		w.Expect("begun")
		resume := w.Stall()
		w.touch("go")
		w.expectFile("ended-a.sh")
		w.expectFile("ended-b.sh")
		resume()
		w.Expect("lines were left out here: the terminal could not keep up")
		w.ends(0)
		w.recorded(succeeded, succeeded)
	})
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			w := f.watch(t, nil, "echo begun; until [ -e go ]; do sleep 0.05; done; "+much, much+"; SLEEP")
			w.Expect("begun")
			resume := w.Stall()
			w.touch("go")
			w.expectFile("ended-a.sh")
			w.expectFile("ended-b.sh")
			w.signal(s)
			sshdtest.WaitGone(t, w.mark, patience)
			w.expectEnd(s)
			resume()
			w.ends(128 + int(s))
		})
	}
}

// expectEnd waits until the program has ended, though its output is not read. It gets a signal until then: two that come
// at once are one.
func (w *watching) expectEnd(s syscall.Signal) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); syscall.Kill(w.pid, s) == nil; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatal("the program does not end")
		}
	}
}

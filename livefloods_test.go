package deployer_test

import (
	"syscall"
	"testing"
)

// maxResident is what a run takes at most however much its hosts print, in MB: the race detector takes most of it.
const maxResident = 300

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
			w.Send("\x03")
			w.Expect("8 hosts: 1 interrupted, 7 done")
			w.ends(130)
			if most := w.cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss >> 10; most > maxResident {
				t.Errorf("the run takes %d MB", most)
			}
			w.recorded(interrupted, succeeded, succeeded, succeeded, succeeded, succeeded, succeeded, succeeded)
		})
	}
}

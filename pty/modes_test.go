package pty

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// TestModesAreHeld changes the modes of a terminal, as others may while this program is stopped, and lets it go on.
func TestModesAreHeld(t *testing.T) {
	asking := Modes{CRToNL: true, Output: true}
	for name, test := range map[string]struct {
		take func(*os.File) (func() error, error)
		want Modes
	}{
		"raw":  {Raw, Modes{NLToCRNL: true, Suspend: CtrlZ}}, // which means nothing without Output
		"held": {func(f *os.File) (func() error, error) { return Hold(f, asking, func() {}) }, asking},
	} {
		t.Run(name, func(t *testing.T) {
			master, tty, err := Open(Default)
			if err != nil {
				t.Fatal(err)
			}
			defer closeAll(master, tty)
			setModes(t, tty, Cooked)
			restore, err := test.take(tty)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				expectModes(t, tty, test.want)
				setModes(t, tty, Cooked)
				goOn(t)
			}
			expectModes(t, tty, test.want)
			for range 2 {
				if err := restore(); err != nil {
					t.Error(err)
				}
			}
			goOn(t)
			expectModes(t, tty, Cooked)
		})
	}
}

func goOn(t *testing.T) {
	t.Helper()
	if err := syscall.Kill(os.Getpid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
}

func setModes(t *testing.T, f *os.File, m Modes) {
	t.Helper()
	if err := SetModes(f, m); err != nil {
		t.Fatal(err)
	}
}

// expectModes waits until the terminal has these modes.
func expectModes(t *testing.T, f *os.File, want Modes) {
	t.Helper()
	var got Modes
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		var err error
		if got, err = ModesOf(f); err != nil {
			t.Fatal(err)
		}
		if got == want {
			return
		}
	}
	t.Errorf("the modes are %+v, want %+v", got, want)
}

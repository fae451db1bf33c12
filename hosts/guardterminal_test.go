package hosts

import (
	"context"
	"errors"
	"maps"
	"testing"

	"deployer/internal/sshdtest"
)

// A guard supervises commands that have a terminal too: whatever they do about its hang-up, they end.
func TestGuardOfTerminals(t *testing.T) {
	t.Parallel()
	k := &keyboard{}
	l := newLab(t, Options{Terminal: k})
	h, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	checks := map[string]struct {
		h             *Handle
		command, want string
	}{
		"terminal":  {h, "test -t 0 && test -t 1 && test -t 2 && stty size >/dev/null && echo yes", "yes\n"},
		"directory": {h.Cd("/usr"), "pwd", "/usr\n"},
		"prefix":    {h.Prefix("a=1"), `echo "$a $# ${s-unset} $SHLVL"`, "1 0 unset 2\n"},
		"session":   {h, `[ "$$" = "$(cut -d' ' -f6 /proc/$$/stat)" ] && echo leads`, "leads\n"},
	}
	for name, check := range checks {
		if got, err := run(t, check.h, check.command, RunOptions{}); err != nil || got != check.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, check.want)
		}
	}
	var failed *Error
	if _, err := run(t, h.Cd("/no/such"), "echo ran", RunOptions{}); !errors.As(err, &failed) || failed.Fault != Directory {
		t.Errorf("a missing directory: %v", err)
	}
	if !k.balanced() {
		t.Error("a terminal was not given back")
	}
	all := maps.Clone(endings)
	all["deaf to the end of its terminal"] = "trap '' INT HUP; sleep %[1]s; sleep %[1]s"
	t.Run("ended", func(t *testing.T) {
		for name, command := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				err := stopped(t, h, command, func(_ *Session, cancel context.CancelFunc) { cancel() })
				var failed *Error
				if !errors.As(err, &failed) || failed.Fault != Interrupted {
					t.Errorf("got %v; want the fault %q", err, Interrupted)
				}
			})
		}
	})
	if !c.guard.runs() {
		t.Error("the guard has ended")
	}
}

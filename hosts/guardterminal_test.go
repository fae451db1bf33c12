package hosts

import (
	"context"
	"errors"
	"maps"
	"testing"

	"deployer/internal/sshdtest"
)

// endingsOnTerminals are the endings, and that of a command that ignores the end of its terminal. Without job control: a
// shell that has it may end before the guard gets to it, and what it began then has no leader by which it is known.
func endingsOnTerminals() map[string]string {
	all := maps.Clone(endings)
	delete(all, "job control")
	all["deaf to the end of its terminal"] = "trap '' INT HUP; sleep %[1]s; sleep %[1]s"
	return all
}

// A guard supervises commands that have a terminal too: whatever they do about its hang-up, they end.
func TestGuardOfTerminals(t *testing.T) {
	sshdtest.NeedTerminals(t)
	t.Parallel()
	k := &keyboard{still: true}
	l := newLab(t, Options{Terminal: k})
	h, c := guardOf(t, l, l.sshd(sshdtest.Options{}))
	checks := map[string]struct {
		h             *Handle
		command, want string
	}{
		"terminal":  {h, "test -t 0 && test -t 1 && test -t 2 && stty size", "33 77\n"},
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
	all := endingsOnTerminals()
	t.Run("ended", func(t *testing.T) {
		for name, command := range all {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				cancelled(t, h, command)
			})
		}
	})
	if !c.guard.runs() {
		t.Error("the guard has ended")
	}
}

// The first command of a connection has no guard. It gets one when it is to end.
func TestFirstOnTerminalEnds(t *testing.T) {
	sshdtest.NeedTerminals(t)
	t.Parallel()
	options := newLab(t, Options{}).sshd(sshdtest.Options{})
	all := endingsOnTerminals()
	for name, command := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Terminal: &keyboard{still: true}})
			err := stopped(t, l.session.Handle(l.host(options)), command, func(_ *Session, cancel context.CancelFunc) { cancel() })
			var failed *Error
			if !errors.As(err, &failed) || failed.Fault != Interrupted {
				t.Errorf("got %v; want the fault %q", err, Interrupted)
			}
		})
	}
}

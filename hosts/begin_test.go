package hosts

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// What runs in the place of the command is never taken for it, whatever its exit status.
func TestNotBegun(t *testing.T) {
	for _, c := range []struct {
		name, instead string
		want          []string
	}{
		{"a shell that lets nobody in", "echo This account is currently not available.; exit 1",
			[]string{"ran something else in place of the command: exit status 1",
				`it said "This account is currently not available."`}},
		{"that succeeds", "exit 0", []string{"in place of the command: exit status 0 ("}},
		{"that is killed", "kill -KILL $$", []string{"in place of the command: killed by SIGKILL"}},
		{"that is not there", "echo no such container >&2; exit 125", []string{`said "no such container"`}},
		{"that waits for input", "echo ready; cat >/dev/null",
			[]string{"the host did not begin the command within 300ms", `said "ready"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newSession(t, Options{})
			s.beginLimit = 300 * time.Millisecond
			h := wrapped(t, s, "sh", "-c", c.instead, "ignored")
			for how, do := range map[string]func() error{
				"run":     func() error { _, err := run(t, h, "true", RunOptions{IgnoreStatus: true}); return err },
				"sudo":    func() error { _, err := run(t, h, "true", RunOptions{Sudo: true}); return err },
				"sandbox": func() error { _, err := run(t, h, "true", RunOptions{Sandbox: true}); return err },
				"exists":  func() error { _, err := h.Exists(t.Context(), "/", FileOptions{}); return err },
			} {
				err := do()
				var failed *Error
				if !errors.As(err, &failed) || failed.Fault != Unreachable {
					t.Errorf("%s: error %v, want the fault %q", how, err, Unreachable)
					continue
				}
				for _, want := range c.want {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%s: error %q does not say %q", how, err, want)
					}
				}
			}
		})
	}
}

// The limit is for what comes before the command only. A machine that is too slow for one limit gets another.
func TestBegunTakesItsTime(t *testing.T) {
	t.Parallel()
	var err error
	for _, limit := range []time.Duration{time.Second, 5 * time.Second, 25 * time.Second} {
		s, _ := newSession(t, Options{})
		s.beginLimit = limit
		if _, err = run(t, localHandle(t, s, ""), fmt.Sprintf("sleep %v", 1.2*limit.Seconds()), RunOptions{}); err == nil {
			return
		}
	}
	t.Error(err)
}

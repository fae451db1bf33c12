package deployer

import (
	"testing"

	"deployer/hosts"
	"deployer/journal"
)

// Every fault of a host has one state, and one exit status.
func TestFaultStatus(t *testing.T) {
	for _, c := range []struct {
		fault  hosts.Fault
		state  journal.State
		status int
	}{
		{hosts.Unreachable, journal.Unreachable, 3},
		{hosts.LoginFailed, journal.Unreachable, 3},
		{hosts.HostKey, journal.Refused, 4},
		{hosts.Lost, journal.Lost, 3},
		{hosts.Failed, journal.Failed, 1},
		{hosts.TimedOut, journal.TimedOut, 1},
		{hosts.Sudo, journal.Failed, 1},
		{hosts.Directory, journal.Failed, 1},
		{hosts.Syntax, journal.Invalid, 1},
		{hosts.Interrupted, journal.Interrupted, 130},
		{hosts.Refused, journal.Failed, 1},
	} {
		e := &hosts.Error{Fault: c.fault, Host: "web1"}
		if e.State() != c.state || failureStatus(e) != c.status {
			t.Errorf("%s: state %q and exit status %d, want %q and %d", c.fault, e.State(), failureStatus(e), c.state, c.status)
		}
	}
}

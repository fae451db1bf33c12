package deployer

import (
	"errors"
	"slices"
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

// TestWorstStatus checks every combination of exit statuses: the first of 130, 4, 3 and 1 that applies counts.
func TestWorstStatus(t *testing.T) {
	faults := []hosts.Fault{hosts.Interrupted, hosts.HostKey, hosts.Unreachable, hosts.Failed}
	want := []int{130, 4, 3, 1}
	for set := 1; set < 1<<len(faults); set++ {
		var together []error
		first := -1
		for i, fault := range slices.Backward(faults) {
			if set&(1<<i) != 0 {
				together, first = append(together, &hosts.Error{Fault: fault, Host: "web1"}), i
			}
		}
		one, other := exitOK, exitOK
		for _, failure := range together {
			one = worse(one, failureStatus(failure))
		}
		for _, failure := range slices.Backward(together) {
			other = worse(other, failureStatus(failure))
		}
		joined := failureStatus(errors.Join(together...))
		if one != want[first] || other != want[first] || joined != want[first] {
			t.Errorf("%v: got %d, %d and %d, want %d", together, one, other, joined, want[first])
		}
	}
}

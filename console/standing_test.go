package console

import (
	"testing"

	"deployer/journal"
)

// TestStanding tells silent hosts, and those that are not there, from those where something went wrong.
func TestStanding(t *testing.T) {
	t.Parallel()
	down := func(host, cause string) Failure {
		return Failure{Host: host, Command: "connect to " + host, State: journal.Unreachable, Offline: true, Cause: cause, Hint: "look"}
	}
	failures := []Failure{
		down("web3", "refused"),
		{Host: "web1", Command: "false", State: journal.Failed, Cause: "exit status 1"},
		{Host: "web4", Command: "sleep 9", State: journal.Parked, Cause: "silent"},
		down("db1", "timed out"), down("web5", "refused"),
	}
	const want = `1 of 9 hosts failed:
web1 FAILED
    command  false
    cause    exit status 1
1 of 9 hosts parked: web4
web4 PARKED
    command  sleep 9
    cause    silent
3 of 9 hosts offline: web[3,5],db1
web[3,5]
    cause    refused
    next     look
db1
    command  connect to db1
    cause    timed out
    next     look
`
	if got := FormatFailures(failures, 9, false); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := FormatFailures(failures[:1], 1, false), "web3 UNREACHABLE\n    command  connect to web3\n    cause    refused\n    next     look\n"; got != want {
		t.Errorf("of one target: got\n%s\nwant\n%s", got, want)
	}
}

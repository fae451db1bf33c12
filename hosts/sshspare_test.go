package hosts

import (
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// Commands that follow each other take one round trip each, and those after a pause, in which the connection may have
// died, one more. On a machine that is busy they take longer now and then: a few in a row must not.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	const trip, row = 100 * time.Millisecond, 4
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{Faults: sshserver.Faults{Latency: trip / 2}})
	h := l.session.Handle(l.host(at("web", s.Port())))
	for range 2 { // after the second one more are expected
		if _, err := run(t, h, "true", RunOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	takes := func(trips time.Duration) func() bool {
		return func() bool {
			for range row {
				begun := time.Now()
				if _, err := run(t, h, "true", RunOptions{}); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(begun); took < trips*trip || took >= trips*trip+trip/2 {
					t.Logf("%v, want %d round trips of %v", took, trips, trip)
					return false
				}
			}
			return true
		}
	}
	l.eventually("one round trip for each command", takes(1))
	l.session.pool.trustTime = 0 // each pause is a long one
	l.eventually("two round trips after a pause", takes(2))
}

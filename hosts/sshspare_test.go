package hosts

import (
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// Commands that follow each other take one round trip each, and those after a pause, in which the connection may have
// died, one more. A machine that is too busy to tell so gets a longer way.
func TestRoundTrips(t *testing.T) {
	t.Parallel()
	for _, trip := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second} {
		l := newLab(t, Options{})
		s := l.server(sshserver.Options{Faults: sshserver.Faults{Latency: trip / 2}})
		h := l.session.Handle(l.host(at("web", s.Port())))
		l.session.pool.trustTime = time.Hour // no pause is a long one
		inTrips(t, h, trip)                  // the first one connects, and is no sign of more
		quick := inTrips(t, h, trip)
		l.session.pool.trustTime = 0 // each pause is a long one
		slow := inTrips(t, h, trip)
		if quick == 1 && slow == 2 {
			return
		}
		t.Logf("a command takes %d round trips of %v, and %d after a pause", quick, trip, slow)
	}
	t.Error("want one, and two after a pause")
}

// inTrips returns how many round trips the quickest of a few commands takes: any may be held up by the machine.
func inTrips(t *testing.T, h *Handle, trip time.Duration) time.Duration {
	t.Helper()
	quickest := time.Hour
	for range 3 {
		begun := time.Now()
		if _, err := run(t, h, "true", RunOptions{}); err != nil {
			t.Fatal(err)
		}
		quickest = min(quickest, time.Since(begun))
	}
	return quickest.Round(trip) / trip
}

package hosts

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// TestSlowGivePlaces has hosts that never answer before all others, and one place for each of them: the others come to
// their turn long before the time limit of those ends.
func TestSlowGivePlaces(t *testing.T) {
	t.Parallel()
	const silent, all = 4, 20
	l := newLab(t, Options{Limit: silent})
	works := l.server(sshserver.Options{})
	hangs := l.server(sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}})
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var done atomic.Int32
	errs := l.session.Parallel(ctx, all, func(ctx context.Context, i int) error {
		o := at(fmt.Sprintf("web%d", i+1), works.Port())
		if i < silent {
			o.Port, o.Timeout = hangs.Port(), time.Hour
		}
		_, err := l.session.Handle(l.host(o)).Run(ctx, "true", RunOptions{})
		if err == nil && done.Add(1) == all-silent {
			cancel()
		}
		return err
	})
	if done.Load() != all-silent {
		t.Errorf("%d of %d hosts are done", done.Load(), all-silent)
	}
	for i, err := range errs[:silent] {
		l.fault(err, Interrupted, fmt.Sprintf("web%d", i+1))
	}
	l.eventually("none is slow any more", func() bool { return l.session.pool.slow.Load() == 0 })
}

// TestSlowHaveAnEnd has more slow connections than may give up their places.
func TestSlowHaveAnEnd(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Limit: 2})
	for i := range 2*manySlow + 2 {
		d := &dialling{pool: l.session.pool, link: &link{waiting: map[*waiter]bool{}}}
		d.slow()
		d.slow()
		if want := i < 2*manySlow; d.parked != want {
			t.Errorf("%d gave up its place: %v, want %v", i+1, d.parked, want)
		}
		defer d.end()
	}
}

package hosts

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// TestRestGivesPlace has two places for four: the first two wait for the last, and go on when that has gone.
func TestRestGivesPlace(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s, _ := newSession(t, Options{Limit: 2})
	var working atomic.Int32
	work := func(n int32) {
		if now := working.Add(n); now > 2 {
			t.Errorf("%d work at once", now)
		}
	}
	begun := make(chan struct{})
	s.Parallel(ctx, 4, func(ctx context.Context, i int) error {
		work(1)
		defer work(-1)
		switch i {
		case 0, 1:
			work(-1)
			back, again := Rest(ctx), Rest(ctx) // as two goroutines of it may
			select {
			case <-begun:
			case <-ctx.Done():
				t.Error("nobody else got the place")
			}
			again()
			back()
			work(1)
		case 3:
			close(begun)
		}
		return nil
	})
}

// TestRestOfMany has many come and go, in two goroutines each, and never more at work than there are places.
func TestRestOfMany(t *testing.T) {
	const places, all = 8, 200
	s, _ := newSession(t, Options{Limit: places})
	var working, done atomic.Int32
	s.Parallel(t.Context(), all, func(ctx context.Context, _ int) error {
		if now := working.Add(1); now > places {
			t.Errorf("%d work at once", now)
		}
		working.Add(-1)
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				back := Rest(ctx)
				runtime.Gosched()
				back()
			})
		}
		both.Wait()
		if now := working.Add(1); now > places {
			t.Errorf("%d work at once, after a rest", now)
		}
		runtime.Gosched()
		working.Add(-1)
		done.Add(1)
		return nil
	})
	if done.Load() != all {
		t.Errorf("%d of %d are done", done.Load(), all)
	}
}

// TestRestOneAtATime wants that one host at a time is meant to the letter: there is no place to give up.
func TestRestOneAtATime(t *testing.T) {
	s, _ := newSession(t, Options{Limit: 1})
	s.Parallel(t.Context(), 2, func(ctx context.Context, _ int) error {
		if seatOf(ctx) != nil {
			t.Error("the next one could begin")
		}
		return nil
	})
}

// TestRestAlone looks at those who have no place to give up.
func TestRestAlone(t *testing.T) {
	s, _ := newSession(t, Options{})
	Rest(t.Context())()
	s.Parallel(t.Context(), 1, func(ctx context.Context, _ int) error {
		Rest(ctx)()
		return nil
	})
}

// TestLoginGivesPlaceToOthers has three hosts and two places: the passwords of two are typed when the third is done.
func TestLoginGivesPlaceToOthers(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	answer := make(chan string, 2)
	l := newLab(t, Options{Limit: 2, Person: waitingPerson{answer}})
	on := []SSHOptions{
		at("locked1", l.server(sshserver.Options{Password: sshserver.IsPassword("right")}).Port()),
		at("locked2", l.server(sshserver.Options{Password: sshserver.IsPassword("right")}).Port()),
		at("free", l.server(sshserver.Options{}).Port()),
	}
	errs := l.session.Parallel(ctx, len(on), func(ctx context.Context, i int) error {
		_, err := l.run(ctx, on[i], "true")
		if i == 2 {
			answer <- "right"
			answer <- "right"
		}
		return err
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("%s: %v", on[i].Slug, err)
		}
	}
}

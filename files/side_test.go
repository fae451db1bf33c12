package files

import (
	"context"
	"errors"
	"testing"
)

// TestSideIsOpenedOnce: all jobs share what is open, but for what was lost, and each is let go of once.
func TestSideIsOpenedOnce(t *testing.T) {
	t.Parallel()
	opened, released := 0, 0
	s := side{open: func(context.Context) (System, func(), error) {
		opened++
		return Local{}, func() { released++ }, nil
	}}
	check := func(what string, wantOpened, wantReleased int) {
		t.Helper()
		if opened != wantOpened || released != wantReleased {
			t.Errorf("%s: opened %d times and released %d times, want %d and %d", what, opened, released, wantOpened, wantReleased)
		}
	}
	use := func() func(error) {
		t.Helper()
		_, done, err := s.use(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return done
	}
	one, two := use(), use()
	check("two use it", 1, 0)
	one(errors.New("no such file"))
	use()(nil)
	check("something failed", 1, 0)
	lost := use()
	lost(&LostError{Err: errors.New("cut")})
	check("it was lost, and one still uses it", 1, 0)
	three := use()
	check("it is opened anew", 2, 0)
	two(&LostError{Err: errors.New("cut")})
	check("the last has left what was lost", 2, 1)
	s.close()
	check("it is closed, and one still uses it", 2, 1)
	three(nil)
	check("all have left", 2, 2)
	use()(nil)
	check("one comes late", 3, 3)
}

// TestSideThatCannotBeOpened is tried again by the next.
func TestSideThatCannotBeOpened(t *testing.T) {
	t.Parallel()
	refused := errors.New("refused")
	s := side{open: func(context.Context) (System, func(), error) { return nil, nil, refused }}
	for range 2 {
		if _, _, err := s.use(t.Context()); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
	}
	s.close()
}

package files

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
)

// gateway is written to when the test lets it.
type gateway struct {
	bytes.Buffer
	writes int
	let    chan error // what each write returns
	closed bool
}

func (g *gateway) Write(b []byte) (int, error) {
	if err := <-g.let; err != nil {
		return 0, err
	}
	g.writes++
	return g.Buffer.Write(b)
}

func (g *gateway) Close() error { g.closed = true; return nil }

// inGroup starts tasks that the test waits for.
func inGroup(tasks *sync.WaitGroup) func(func()) error {
	return func(task func()) error { tasks.Go(task); return nil }
}

func TestSendingCollects(t *testing.T) {
	t.Parallel()
	var tasks sync.WaitGroup
	to := &gateway{let: make(chan error)}
	s := newSending(to, inGroup(&tasks))
	var want string
	for i := range 100 {
		text := fmt.Sprintf("%d\n", i)
		want += text
		if n, err := s.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if i == 0 {
			to.let <- nil // it has begun to send, or will
		}
	}
	close(to.let)
	tasks.Wait()
	if got := to.String(); got != want {
		t.Errorf("sent %q", got)
	}
	if to.writes > 3 {
		t.Errorf("%d writes, want few", to.writes)
	}
}

func TestSendingIsLimited(t *testing.T) {
	t.Parallel()
	var tasks sync.WaitGroup
	to := &gateway{let: make(chan error)}
	s := newSending(to, inGroup(&tasks))
	large := bytes.Repeat([]byte("x"), maxWaiting)
	if _, err := s.Write(large); err != nil {
		t.Fatal(err)
	}
	taken := make(chan struct{})
	tasks.Go(func() {
		defer close(taken)
		for range 2 { // the second at the latest has to wait
			if _, err := s.Write(large); err != nil {
				t.Error(err)
			}
		}
	})
	select {
	case <-taken:
		t.Error("it takes more than it may")
	case to.let <- nil:
	}
	close(to.let)
	tasks.Wait()
	if to.Len() != 3*maxWaiting {
		t.Errorf("%d bytes were sent", to.Len())
	}
}

func TestSendingFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var tasks sync.WaitGroup
	to := &gateway{let: make(chan error)}
	s := newSending(to, inGroup(&tasks))
	if _, err := io.Copy(s, strings.NewReader("first")); err != nil {
		t.Fatal(err)
	}
	waits := make(chan error)
	tasks.Go(func() {
		for {
			if _, err := s.Write(make([]byte, maxWaiting)); err != nil {
				waits <- err
				return
			}
		}
	})
	to.let <- broken
	if err := <-waits; !errors.Is(err, broken) {
		t.Errorf("who waited got %v", err)
	}
	if _, err := s.Write([]byte("more")); !errors.Is(err, broken) {
		t.Errorf("who came later got %v", err)
	}
	tasks.Wait()
	if err := s.Close(); err != nil || !to.closed {
		t.Errorf("close: %v, %t", err, to.closed)
	}
}

func TestNobodySends(t *testing.T) {
	t.Parallel()
	over := errors.New("over")
	s := newSending(&gateway{}, func(func()) error { return over })
	for range 2 {
		if _, err := s.Write([]byte("x")); !errors.Is(err, over) {
			t.Errorf("got %v", err)
		}
	}
}

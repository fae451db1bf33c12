package sftp

import (
	"bytes"
	"errors"
	"fmt"
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
	s := &sending{to: to, start: inGroup(&tasks)}
	var want string
	for i := range 100 {
		text := fmt.Sprintf("%d", i)
		want += text + "\n"
		if err := s.add([]byte(text), []byte("\n")); err != nil {
			t.Fatal(err)
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

// TestSendingInChunks checks that what is large is sent in pieces that fill packets.
func TestSendingInChunks(t *testing.T) {
	t.Parallel()
	var tasks sync.WaitGroup
	to := &gateway{let: make(chan error)}
	close(to.let)
	s := &sending{to: to, start: inGroup(&tasks)}
	large := bytes.Repeat([]byte("0123456789"), chunk/4)
	if err := s.add([]byte("head"), large); err != nil {
		t.Fatal(err)
	}
	tasks.Wait()
	if got := to.String(); got != "head"+string(large) {
		t.Errorf("%d bytes were sent", len(got))
	}
	if to.writes != 3 {
		t.Errorf("%d writes", to.writes)
	}
}

func TestSendingFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var tasks sync.WaitGroup
	to := &gateway{let: make(chan error, 1)}
	to.let <- broken
	s := &sending{to: to, start: inGroup(&tasks)}
	if err := s.add([]byte("first")); err != nil {
		t.Fatal(err)
	}
	tasks.Wait()
	if err := s.add([]byte("more")); !errors.Is(err, broken) {
		t.Errorf("who came later got %v", err)
	}
	if err := s.Close(); err != nil || !to.closed {
		t.Errorf("close: %v, %t", err, to.closed)
	}
}

func TestNobodySends(t *testing.T) {
	t.Parallel()
	over := errors.New("over")
	s := &sending{to: &gateway{}, start: func(func()) error { return over }}
	for range 2 {
		if err := s.add([]byte("x")); !errors.Is(err, over) {
			t.Errorf("got %v", err)
		}
	}
}

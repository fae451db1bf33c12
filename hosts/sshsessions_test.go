package hosts

import (
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// A command that the server has no room for waits for as long as others have their turn, however long that is: it is
// refused for good only where nothing runs on the connection for a while, and there is no room all the same.
func TestSessionsTakeTurns(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.session.pool.refusalsEnd = time.Millisecond
	s := l.server(sshserver.Options{MaxSessions: 1})
	l.output(at("web", s.Port()), "true")
	conn := l.onlyConn()
	l.eventually("without a session", func() bool { // but for one that the server counts and we do not
		ch, requests, err := conn.client.OpenChannel("session", nil)
		if err != nil {
			return false
		}
		go func() {
			for range requests { // until the connection ends
			}
		}()
		t.Cleanup(func() { ch.Close() })
		return true
	})
	conn.dropSpare()
	turn := func(at time.Time) {
		conn.slots.mu.Lock()
		defer conn.slots.mu.Unlock()
		conn.slots.last = at
	}
	turn(time.Now().Add(time.Hour)) // somebody else's
	answer := make(chan error, 1)
	go func() {
		_, err := conn.session(t.Context())
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Fatalf("while others had their turn: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	turn(time.Time{}) // nobody's any more
	if err := <-answer; !isFull(err) {
		t.Errorf("without room for anybody: %v", err)
	}
}

package hosts

import (
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// syncBuffer is a buffer that may be read while it is written.
type syncBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (s *syncBuffer) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(b)
}

func (s *syncBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestPoolShares(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	other := at("web", s.Port())
	other.Username = "root"
	sudo := at("web", s.Port())
	sudo.SudoPassword = "x" // no matter of the connection
	l.runAll(t.Context(), []SSHOptions{at("web", s.Port()), at("web", s.Port()), sudo, other, at("db", s.Port())}, "true")
	if n := s.Accepted(); n != 3 {
		t.Errorf("%d connections, want 3: one for each slug and account", n)
	}
}

func TestPoolRedials(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	for range 3 {
		l.output(at("web", s.Port()), "true")
		s.Cut()
	}
	if n := len(l.events.Events(journal.ConnectStart)); n != 3 {
		t.Errorf("%d connections, want 3", n)
	}
}

func TestPoolIdle(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.session.pool.idle = 100 * time.Millisecond
	s := l.server(sshserver.Options{})
	l.output(at("web", s.Port()), "sleep 0.5") // longer than that, but not idle
	if n := s.Accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	l.eventually("the idle connection is closed", func() bool { return s.Connections() == 0 })
	l.output(at("web", s.Port()), "true")
	if n := s.Accepted(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestPoolCrowded(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.session.pool.maxIdle = 3
	s := l.server(sshserver.Options{})
	hosts := atOnce(6, s.Port())
	for _, o := range hosts {
		l.output(o, "true")
	}
	l.eventually("the oldest are closed", func() bool { return s.Connections() == 3 })
	l.output(hosts[5], "true")
	if n := s.Accepted(); n != 6 {
		t.Errorf("%d connections, want 6: the newest are kept", n)
	}
	l.output(hosts[0], "true")
	if n := s.Accepted(); n != 7 {
		t.Errorf("%d connections, want 7: the oldest is gone", n)
	}
}

// The end of the session ends what runs.
func TestPoolClose(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r := l.begun(at("web", s.Port()), "sleep 600")
	closed := make(chan error, 1)
	go func() { closed <- l.session.Close() }()
	_, err := r.wait()
	l.fault(err, Lost, "the session was closed")
	if err := <-closed; err != nil {
		t.Error(err)
	}
	_, err = l.run(t.Context(), at("web", s.Port()), "true")
	l.fault(err, Interrupted, "the session was closed")
}

// A session that lets one host work at a time gets through all of them, also through a question.
func TestPoolLimitOne(t *testing.T) {
	t.Parallel()
	person := &sshPerson{trust: true}
	l := newLab(t, Options{Limit: 1, Person: person})
	s := l.server(sshserver.Options{})
	l.write("known_hosts", "")
	for i, err := range l.runAll(t.Context(), atOnce(5, s.Port()), "true") {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
	if len(l.session.work) != 0 {
		t.Errorf("%d places are still taken", len(l.session.work))
	}
}

package hosts

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// TestConnections has more hosts than connections may be open: those that nobody uses are closed, and the others wait.
func TestConnections(t *testing.T) {
	t.Parallel()
	const most, all = 3, 30
	l := newLab(t, Options{Limit: 8, Connections: most})
	s := l.server(sshserver.Options{})
	base := at("web", s.Port())
	var highest atomic.Int64
	on := slugs(base, all)
	errs := l.session.Parallel(t.Context(), all, func(ctx context.Context, i int) error {
		_, err := l.session.Handle(l.host(on[i])).Run(ctx, "sleep 0.05", RunOptions{})
		l.session.pool.sockets.mu.Lock()
		defer l.session.pool.sockets.mu.Unlock()
		if now := int64(l.session.pool.sockets.open); now > highest.Load() {
			highest.Store(now)
		}
		return err
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("host %d: %v", i+1, err)
		}
	}
	if n := highest.Load(); n > most {
		t.Errorf("%d connections were open, and %d may", n, most)
	}
	if n := len(l.events.Events(journal.ConnectStart)); n != all {
		t.Errorf("%d connections, want %d", n, all)
	}
	if err := l.session.Close(); err != nil {
		t.Error(err)
	}
	if n := l.session.pool.sockets.open; n != 0 {
		t.Errorf("%d connections are still counted", n)
	}
}

// TestConnectionsFail gives every place back of connections that were not made, also of those behind a jump host.
func TestConnectionsFail(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}})
	silent := at("silent", s.Port())
	silent.Timeout = 50 * time.Millisecond
	dead := at("dead", closedPort(t))
	behind := at("behind", s.Port())
	behind.Jump = "127.0.0.1:1"
	byCommand := at("command", 22)
	byCommand.ProxyCommand = "exit 1"
	for _, o := range []SSHOptions{silent, dead, behind, byCommand} {
		if _, err := l.run(t.Context(), o, "true"); err == nil {
			t.Errorf("%s was connected to", o.Slug)
		}
	}
	l.eventually("no place is taken", func() bool {
		l.session.pool.sockets.mu.Lock()
		defer l.session.pool.sockets.mu.Unlock()
		return l.session.pool.sockets.open == 0
	})
}

// TestPace lets some connections begin at once, and the others one after the other.
func TestPace(t *testing.T) {
	t.Parallel()
	var s sockets
	begun := time.Now()
	for range paceBurst {
		if err := s.pace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	first := s.next
	for range 100 {
		if err := s.pace(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begun); took < 90*paceEach {
		t.Errorf("%d connections began within %v", 100+paceBurst, took)
	}
	if s.next.Before(first) {
		t.Error("the time goes backwards")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.next = time.Now().Add(time.Hour)
	if err := s.pace(ctx); err == nil {
		t.Error("it began though nobody waits")
	}
}

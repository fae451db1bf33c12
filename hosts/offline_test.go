package hosts

import (
	"errors"
	"fmt"
	"net"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// TestOffline tells hosts where nothing answers from those which answer, and cannot be used.
func TestOffline(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{SkipOffline: true})
	works := l.server(sshserver.Options{})
	mute := l.server(sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}})
	locked := l.server(sshserver.Options{Password: sshserver.IsPassword("x")})
	nobody := fmt.Sprintf("127.0.0.1:%d", closedPort(t))
	for name, tt := range map[string]struct {
		change  func(*SSHOptions)
		offline bool
	}{
		"refused":                    {func(o *SSHOptions) { o.Port = closedPort(t) }, true},
		"no such name":               {func(o *SSHOptions) { o.Address = "no-such-host.invalid" }, true},
		"no way there":               {func(o *SSHOptions) { o.Address = "240.0.0.1" }, true},
		"behind one that is offline": {func(o *SSHOptions) { o.Jump = nobody }, true},
		"offline behind one that is not": {func(o *SSHOptions) {
			o.Jump, o.Port = fmt.Sprintf("127.0.0.1:%d", works.Port()), closedPort(t)
		}, true},
		"says nothing":      {func(o *SSHOptions) { o.Port, o.Timeout = mute.Port(), 100*time.Millisecond }, false},
		"refuses the login": {func(o *SSHOptions) { o.Port = locked.Port() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			o := at(name, works.Port())
			tt.change(&o)
			h := l.session.Handle(l.host(o))
			for range 2 { // it is not tried again
				_, err := h.Run(t.Context(), "true", RunOptions{})
				var failed *Error
				if !errors.As(err, &failed) || failed.Offline != tt.offline || failed.Skipped != tt.offline {
					t.Fatalf("got %#v, want offline: %v", err, tt.offline)
				}
				if want := map[bool]journal.State{true: journal.Offline, false: journal.Unreachable}[tt.offline]; failed.State() != want {
					t.Errorf("the state is %s, want %s", failed.State(), want)
				}
			}
			tries := 0
			for _, e := range l.events.Events(journal.ConnectStart) {
				if e.Host == name {
					tries++
				}
			}
			if want := map[bool]int{true: 1, false: 2}[tt.offline]; tries != want {
				t.Errorf("connected to %d times, want %d", tries, want)
			}
		})
	}
	if n := len(l.session.Offline()); n != 5 {
		t.Errorf("%d hosts are offline, want 5: %v", n, l.session.Offline())
	}
}

// closedPort is a port where nothing listens.
func closedPort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

// TestOfflineOfSeveral has a set of hosts without those which are offline, unless all are, or nobody asked for that.
func TestOfflineOfSeveral(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		skip   bool
		down   int // of three
		failed int
	}{{true, 1, 0}, {true, 2, 0}, {true, 3, 3}, {false, 1, 1}} {
		l := newLab(t, Options{SkipOffline: tt.skip})
		works := l.server(sshserver.Options{})
		role := Role{Name: "host"}
		for i := range 3 {
			o := at(fmt.Sprintf("web%d", i+1), works.Port())
			if i < tt.down {
				o.Port = closedPort(t)
			}
			role.Hosts = append(role.Hosts, l.host(o))
		}
		outs, err := l.session.Set([]Role{role}).Run(t.Context(), "echo out", RunOptions{})
		if n := len(Errors(err)); n != tt.failed {
			t.Errorf("%+v: %d failed: %v", tt, n, err)
		}
		for i, out := range outs {
			if got := string(out.Stdout.Kept()); (got == "") != (i < tt.down) {
				t.Errorf("%+v: host %d gave %q", tt, i, got)
			}
		}
	}
}

// TestVanishedIsNotOffline has a host that is gone after something ran there.
func TestVanishedIsNotOffline(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{SkipOffline: true})
	s := l.server(sshserver.Options{})
	h := l.session.Handle(l.host(at("web", s.Port())))
	if _, err := h.Run(t.Context(), "true", RunOptions{}); err != nil {
		t.Fatal(err)
	}
	s.Close()
	var failed *Error
	l.eventually("the loss is noticed", func() bool {
		_, err := h.Run(t.Context(), "true", RunOptions{})
		return errors.As(err, &failed) && failed.Fault == Unreachable
	})
	if !failed.Offline || failed.Skipped || failed.State() != journal.Unreachable {
		t.Errorf("got %#v", failed)
	}
}

package hosts

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// stalled is a lab with a host whose files have been used, and of which nothing comes from then on.
func stalled(t *testing.T, o Options) (l *lab, h *Handle, server *sshserver.Server) {
	t.Helper()
	l = newLab(t, o)
	server = l.server(sshserver.Options{})
	options := at("web", server.Port())
	options.Keepalive, options.Timeout = time.Hour, time.Hour
	h = l.session.Handle(l.host(options))
	if _, err := h.Stat(t.Context(), "/", FileOptions{}); err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	t.Cleanup(server.Thaw)
	return l, h, server
}

// TestFilesAreParked has the run go on without a host that answers nothing which is asked of its files, once no other
// works.
func TestFilesAreParked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	local := filepath.Join(dir, "local")
	if err := os.WriteFile(local, bytes.Repeat([]byte("text"), 1<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(ctx context.Context, h *Handle) error{
		"put": func(ctx context.Context, h *Handle) error {
			_, err := h.Put(ctx, local, filepath.Join(dir, "put"), CopyOptions{})
			return err
		},
		"get": func(ctx context.Context, h *Handle) error {
			_, err := h.Get(ctx, local, filepath.Join(dir, "got"), CopyOptions{})
			return err
		},
		"write": func(ctx context.Context, h *Handle) error {
			_, err := h.WriteFile(ctx, filepath.Join(dir, "written"), []byte("text"), WriteOptions{})
			return err
		},
		"read": func(ctx context.Context, h *Handle) error {
			_, err := h.ReadFile(ctx, local, FileOptions{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, h, _ := stalled(t, Options{Silence: 200 * time.Millisecond, LeaveParked: 100 * time.Millisecond})
			all := []*Handle{h, locals(t, l.session, "other")[0]}
			errs := l.session.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
				if i == 0 {
					return use(ctx, all[i])
				}
				l.eventually("parked", func() bool { return len(eventsOf(l.events, journal.HostParked, "web")) > 0 })
				_, err := all[i].Run(ctx, "true", RunOptions{})
				return err
			})
			isParked(t, errs[0], "web", "and the run went on without this host")
			if errs[1] != nil {
				t.Error(errs[1])
			}
			if n := len(eventsOf(l.events, journal.HostBack, "web")); n > 0 {
				t.Errorf("the host was back %d times", n)
			}
		})
	}
}

// TestFilesGoOn parks a host whose files answer nothing for a while: others work in its place, and then it goes on.
func TestFilesGoOn(t *testing.T) {
	t.Parallel()
	l, h, server := stalled(t, Options{Silence: 200 * time.Millisecond, Limit: 2})
	local := locals(t, l.session, "a", "b")
	all := append([]*Handle{h}, local...)
	dir := t.TempDir()
	sign := filepath.Join(dir, "sign")
	errs := l.session.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
		switch i {
		case 0:
			_, err := h.WriteFile(ctx, filepath.Join(dir, "file"), []byte("text"), WriteOptions{})
			return err
		case 1:
			_, err := all[i].Run(ctx, "until [ -e "+sign+" ]; do sleep 0.02; echo lives; done", RunOptions{})
			return err
		}
		server.Thaw() // it got here, as the third of two
		return os.WriteFile(sign, nil, 0o600)
	})
	for i, err := range errs {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
	if text, err := os.ReadFile(filepath.Join(dir, "file")); err != nil || string(text) != "text" {
		t.Errorf("got %q, %v", text, err)
	}
	parked, back := len(eventsOf(l.events, journal.HostParked, "web")), len(eventsOf(l.events, journal.HostBack, "web"))
	if parked == 0 || parked != back { // on a slow machine, several times
		t.Errorf("parked %d times, and back %d times", parked, back)
	}
}

// TestOpenFilesAreNotSilent holds a file open, and asks nothing of it.
func TestOpenFilesAreNotSilent(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Silence: 50 * time.Millisecond})
	h := l.session.Handle(l.host(at("web", l.server(sshserver.Options{}).Port())))
	r, err := h.Open(t.Context(), "/etc/passwd", FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	time.Sleep(500 * time.Millisecond)
	if n := len(eventsOf(l.events, journal.HostParked, "web")); n > 0 {
		t.Errorf("parked %d times", n)
	}
}

// TestSilentToItsEnd has a command end that prints nothing: its host is back.
func TestSilentToItsEnd(t *testing.T) {
	t.Parallel()
	s, seen := newSession(t, Options{Silence: 50 * time.Millisecond})
	if _, err := locals(t, s, "web1")[0].Run(t.Context(), "sleep 0.5", RunOptions{}); err != nil {
		t.Fatal(err)
	}
	if parked, back := len(eventsOf(seen, journal.HostParked, "web1")), len(eventsOf(seen, journal.HostBack, "web1")); parked == 0 || parked != back {
		t.Errorf("parked %d times, and back %d times", parked, back)
	}
}

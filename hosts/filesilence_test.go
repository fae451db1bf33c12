package hosts

import (
	"bytes"
	"context"
	"errors"
	"io"
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
			l.parks(h, func(ctx context.Context) error { return use(ctx, h) })
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

// TestOpenFilesAreNotSilent holds files open, and asks nothing of them: over SFTP, and over commands.
func TestOpenFilesAreNotSilent(t *testing.T) {
	t.Parallel()
	for name, server := range map[string]sshserver.Files{"SFTP": {}, "commands": {None: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Silence: 200 * time.Millisecond})
			h := l.session.Handle(l.host(at("web", l.server(sshserver.Options{Files: server}).Port())))
			dir := t.TempDir()
			large := filepath.Join(dir, "large")
			if err := os.WriteFile(large, noise(4<<20, 1), 0o600); err != nil {
				t.Fatal(err)
			}
			r, err := h.Open(t.Context(), large, FileOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer r.Close()
			w, err := h.Create(t.Context(), filepath.Join(dir, "new"), WriteOptions{})
			if err != nil {
				t.Fatal(err)
			}
			defer w.Close()
			_, read := io.CopyN(io.Discard, r, 1000)
			_, written := w.Write([]byte("text"))
			if read != nil || written != nil {
				t.Fatal(read, written)
			}
			before := len(eventsOf(l.events, journal.HostParked, "web")) // of a busy machine, which was slow to begin
			time.Sleep(time.Second)
			if n := len(eventsOf(l.events, journal.HostParked, "web")); n > before {
				t.Errorf("parked %d times", n-before)
			}
		})
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

// TestStreamedFilesAreParked has a host stall in the middle of a file that goes over a command, since there is no SFTP.
func TestStreamedFilesAreParked(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, noise(8<<20, 1), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func(ctx context.Context, h *Handle, stall func()) error{
		"read": func(ctx context.Context, h *Handle, stall func()) error {
			r, err := h.Open(ctx, large, FileOptions{})
			if err != nil {
				return err
			}
			defer r.Close()
			if _, err := io.CopyN(io.Discard, r, 1<<20); err != nil {
				return err
			}
			stall()
			_, err = io.Copy(io.Discard, r)
			return err
		},
		"write": func(ctx context.Context, h *Handle, stall func()) error {
			w, err := h.Create(ctx, filepath.Join(dir, "written"), WriteOptions{})
			if err != nil {
				return err
			}
			if _, err := w.Write(noise(1<<20, 2)); err != nil {
				return err
			}
			stall()
			_, err = w.Write(noise(8<<20, 3))
			return errors.Join(err, w.Close())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Silence: 500 * time.Millisecond, LeaveParked: 100 * time.Millisecond})
			l.session.fileServer, l.session.stopGrace = "exit 1", 100*time.Millisecond
			server := l.server(sshserver.Options{Files: sshserver.Files{None: true}})
			o := at("web", server.Port())
			o.Keepalive, o.Timeout = time.Hour, time.Hour
			h := l.session.Handle(l.host(o))
			l.parks(h, func(ctx context.Context) error {
				return use(ctx, h, func() {
					server.Freeze()
					t.Cleanup(server.Thaw)
				})
			})
		})
	}
}

// TestServedFilesAreParked has a server of files that a command started answer no more.
func TestServedFilesAreParked(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{Silence: 200 * time.Millisecond, LeaveParked: 100 * time.Millisecond})
	host, err := NewWrapped(WrappedOptions{Slug: "web", Command: []string{"env"}})
	if err != nil {
		t.Fatal(err)
	}
	l.session.fileServer = "{ dd bs=1 count=30000 2>/dev/null; exec cat >/dev/null; } | (" + findServer + ")"
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, noise(1<<20, 7), 0o600); err != nil {
		t.Fatal(err)
	}
	h := l.session.Handle(host)
	l.parks(h, func(ctx context.Context) error {
		_, err := h.Put(ctx, large, filepath.Join(dir, "put"), CopyOptions{})
		return err
	})
}

// parks does something that stalls on a host, and expects that the run goes on without it once no other works.
func (l *lab) parks(h *Handle, do func(ctx context.Context) error) {
	l.Helper()
	all := []*Handle{h, locals(l.T, l.session, "other")[0]}
	errs := l.session.Parallel(l.Context(), len(all), func(ctx context.Context, i int) error {
		if i == 0 {
			return do(ctx)
		}
		l.eventually("parked", func() bool { return len(eventsOf(l.events, journal.HostParked, h.Slug())) > 0 })
		_, err := all[i].Run(ctx, "true", RunOptions{})
		return err
	})
	isParked(l.T, errs[0], h.Slug(), "and the run went on without this host")
	if errs[1] != nil {
		l.Error(errs[1])
	}
	parked, back := eventsOf(l.events, journal.HostParked, h.Slug()), eventsOf(l.events, journal.HostBack, h.Slug())
	if len(back) >= len(parked) { // it may have been back before it stalled: so may any host of a busy machine
		l.Errorf("the host was parked %d times, and back %d times", len(parked), len(back))
	}
}

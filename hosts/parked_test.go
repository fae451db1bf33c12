package hosts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

// locals are this machine under several names.
func locals(t *testing.T, s *Session, names ...string) []*Handle {
	t.Helper()
	var all []*Handle
	for _, name := range names {
		h, err := NewLocal(LocalOptions{Slug: name})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s.Handle(h))
	}
	return all
}

// eventsOf returns the events of a kind about a host.
func eventsOf(seen *journal.Recorder, kind journal.Kind, host string) []journal.Event {
	return slices.DeleteFunc(seen.Events(kind), func(e journal.Event) bool { return e.Host != host })
}

// isParked checks that a host was left.
func isParked(t *testing.T, err error, slug, says string) {
	t.Helper()
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != Parked || failed.State() != journal.Parked || failed.Host != slug {
		t.Fatalf("got %v, want %s to be parked", err, slug)
	}
	if !strings.Contains(failed.Error(), says) {
		t.Errorf("%q does not say %q", failed, says)
	}
}

// TestParkedGivesPlace has one place for two hosts: the first is silent until the second, which comes in its place, has
// spoken.
func TestParkedGivesPlace(t *testing.T) {
	t.Parallel()
	s, seen := newSession(t, Options{Limit: 2, Silence: 100 * time.Millisecond})
	sign := filepath.Join(t.TempDir(), "sign")
	wait := "until [ -e " + sign + " ]; do sleep 0.02; done; echo back"
	all := locals(t, s, "web1", "web2", "web3")
	var back atomic.Int32
	errs := s.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
		if i == 2 {
			return os.WriteFile(sign, nil, 0o600)
		}
		out, err := all[i].Run(ctx, wait, RunOptions{})
		if err == nil && string(out.Stdout.Kept()) == "back\n" {
			back.Add(1)
		}
		return err
	})
	if err := errors.Join(errs...); err != nil || back.Load() != 2 {
		t.Errorf("got %v, and %d came back", err, back.Load())
	}
	gave := 0 // on a slow machine the second may come so late that it is not silent for long
	for _, slug := range []string{"web1", "web2"} {
		parked, back, began := eventsOf(seen, journal.HostParked, slug), eventsOf(seen, journal.HostBack, slug), eventsOf(seen, journal.CommandStart, slug)
		if len(parked) != len(back) {
			t.Errorf("%s was parked %d times, and back %d times", slug, len(parked), len(back))
		}
		if len(parked) == 0 {
			continue
		}
		gave++
		if p := parked[0]; p.ID != began[0].ID || p.Seconds < 0.1 || !strings.HasPrefix(p.Message, "silent for ") {
			t.Errorf("got %+v", p)
		}
	}
	if gave == 0 {
		t.Error("nobody was parked")
	}
}

// TestSilenceOf looks who says how long a command may be silent: it, its host, or the session.
func TestSilenceOf(t *testing.T) {
	t.Parallel()
	for i, tt := range []struct {
		session, host, command time.Duration
		parked                 bool
	}{
		{session: 50 * time.Millisecond, parked: true},
		{session: time.Hour, host: 50 * time.Millisecond, parked: true},
		{session: time.Hour, host: time.Hour, command: 50 * time.Millisecond, parked: true},
		{session: 50 * time.Millisecond, host: -1},
		{session: 50 * time.Millisecond, host: 50 * time.Millisecond, command: time.Hour},
		{session: -1},
		{},
	} {
		s, seen := newSession(t, Options{Silence: tt.session})
		h, err := NewLocal(LocalOptions{Common: Common{Silence: tt.host}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Handle(h).Run(t.Context(), "sleep 0.5", RunOptions{Silence: tt.command}); err != nil {
			t.Error(err)
		}
		if got := len(eventsOf(seen, journal.HostParked, "localhost")) > 0; got != tt.parked {
			t.Errorf("%d: parked: %v, want %v", i, got, tt.parked)
		}
	}
}

// TestNotSilent has a command that shows that it lives. A machine that stands still for seconds is silent: then it runs
// again.
func TestNotSilent(t *testing.T) {
	t.Parallel()
	s, seen := newSession(t, Options{Silence: 2 * time.Second})
	h := locals(t, s, "web1")[0]
	for range 10 {
		before := len(eventsOf(seen, journal.HostParked, "web1"))
		if _, err := h.Run(t.Context(), "for i in 1 2 3 4 5 6 7; do sleep 0.5; echo $i; done", RunOptions{}); err != nil {
			t.Fatal(err)
		}
		if len(eventsOf(seen, journal.HostParked, "web1")) == before {
			return
		}
	}
	t.Error("it is parked each time")
}

// TestLeaveParked has the run go on without those hosts which are silent, once no other works.
func TestLeaveParked(t *testing.T) {
	t.Parallel()
	s, seen := newSession(t, Options{Silence: 100 * time.Millisecond, LeaveParked: 200 * time.Millisecond})
	sleeps := mark()
	all := locals(t, s, "web1", "web2", "web3")
	errs := s.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
		if i < 2 {
			_, err := all[i].Run(ctx, "echo begun; sleep "+sleeps, RunOptions{})
			return err
		}
		eventually(t, "parked", func() bool {
			return len(eventsOf(seen, journal.HostParked, "web1")) > 0 && len(eventsOf(seen, journal.HostParked, "web2")) > 0
		})
		for range 20 { // it works on, and they are waited for
			if len(eventsOf(seen, journal.CommandEnd, "web1"))+len(eventsOf(seen, journal.CommandEnd, "web2")) > 0 {
				t.Error("left while another works")
			}
			time.Sleep(20 * time.Millisecond)
		}
		_, err := all[i].Run(ctx, "echo done", RunOptions{})
		return err
	})
	isParked(t, errs[0], "web1", "silent for ")
	isParked(t, errs[1], "web2", "and the run went on without this host")
	if errs[2] != nil {
		t.Error(errs[2])
	}
	eventually(t, "the commands have ended", func() bool { return len(running(t, sleeps)) == 0 })
	_, err := all[0].Run(t.Context(), "true", RunOptions{})
	isParked(t, err, "web1", "the run went on without this host")
}

// TestLeaveParkedNested has cells that work on several hosts each: the cells themselves do nothing meanwhile.
func TestLeaveParkedNested(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{Silence: 100 * time.Millisecond, LeaveParked: 100 * time.Millisecond})
	all := locals(t, s, "a1", "a2", "b1", "b2")
	errs := s.Parallel(t.Context(), 2, func(ctx context.Context, i int) error {
		return errors.Join(s.Parallel(ctx, 2, func(ctx context.Context, j int) error {
			_, err := all[2*i+j].Run(ctx, "sleep 3600", RunOptions{})
			return err
		})...)
	})
	for i, err := range errs {
		for j, one := range Errors(err) {
			isParked(t, one, all[2*i+j].Slug(), "silent")
		}
	}
	_, err := locals(t, s, "alone")[0].Run(t.Context(), "sleep 3600", RunOptions{})
	isParked(t, err, "alone", "silent")
}

// TestLeave leaves a host in every phase, and the others go on.
func TestLeave(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		server sshserver.Options
		person Person
		await  func(l *lab) bool
	}{
		{"connecting", sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}}, nil,
			func(l *lab) bool { return len(l.events.Events(journal.ConnectStart)) > 0 }},
		{"logging in", sshserver.Options{Password: sshserver.IsPassword("right")}, waitingPerson{make(chan string)},
			func(l *lab) bool { return len(l.events.Events(journal.Question)) > 0 }},
		{"running", sshserver.Options{}, nil,
			func(l *lab) bool { return len(l.events.Events(journal.CommandOutput)) > 0 }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{Person: tt.person})
			o := at("web", l.server(tt.server).Port())
			o.Timeout = time.Hour
			other := at("other", l.server(sshserver.Options{Password: nil}).Port()) // known before any file is read
			h, ended := l.session.Handle(l.host(o)), make(chan error, 1)
			go func() {
				_, err := h.Run(t.Context(), "echo begun; sleep 3600", RunOptions{})
				ended <- err
			}()
			l.eventually("its phase", func() bool { return tt.await(l) })
			l.session.Leave("web")
			l.session.Leave("web") // again is no harm
			isParked(t, <-ended, "web", "the run went on without this host")
			_, err := h.Run(t.Context(), "true", RunOptions{})
			isParked(t, err, "web", "the run went on without this host")
			_, err = h.Exists(t.Context(), "/etc/passwd", FileOptions{})
			isParked(t, err, "web", "look for /etc/passwd")
			if out := l.output(other, "echo out"); out != "out\n" {
				t.Errorf("another host gave %q", out)
			}
		})
	}
}

// TestLeaveSudo leaves a host whose sudo waits for a person, while no place is free.
func TestLeaveSudo(t *testing.T) {
	t.Parallel()
	server := sudoers(t)
	s, seen := newSession(t, Options{Limit: 2, Person: waitingPerson{make(chan string)}})
	sleeps := mark()
	all := append([]*Handle{sshHandle(t, s, server, "web", "tester", nil)}, locals(t, s, "a", "b")...)
	gone, ended := make(chan error, 1), make(chan []error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		ended <- s.Parallel(ctx, len(all), func(ctx context.Context, i int) error {
			command, sudo := "echo begun; sleep "+sleeps, false
			if i == 0 {
				command, sudo = "id", true
			}
			_, err := all[i].Run(ctx, command, RunOptions{Sudo: sudo})
			if i == 0 {
				gone <- err
			}
			return err
		})
	}()
	eventually(t, "it is asked, and the others have the places", func() bool {
		return len(eventsOf(seen, journal.CommandOutput, "a"))+len(eventsOf(seen, journal.CommandOutput, "b")) == 2 &&
			strings.Contains(textOf(t, seen), `"event":"question"`)
	})
	s.Leave("web")
	isParked(t, <-gone, "web", "the run went on without this host")
	cancel()
	<-ended
}

// TestLeaveFiles leaves a host whose file server hangs.
func TestLeaveFiles(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	server := l.server(sshserver.Options{})
	o := at("web", server.Port())
	o.Keepalive, o.Timeout = time.Hour, time.Hour
	h := l.session.Handle(l.host(o))
	name := filepath.Join(t.TempDir(), "fifo")
	if err := os.WriteFile(name, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := h.ReadFile(t.Context(), name, FileOptions{}); err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	defer server.Thaw()
	ended := make(chan error, 1)
	go func() {
		_, err := h.ReadFile(t.Context(), name, FileOptions{})
		ended <- err
	}()
	l.eventually("it reads", func() bool { return l.session.posts.busyOn("web") })
	l.session.Leave("web")
	isParked(t, <-ended, "web", fmt.Sprintf("read %s", name))
}

// busyOn reports whether anything is under way on a host.
func (all *posts) busyOn(slug string) bool {
	all.mu.Lock()
	defer all.mu.Unlock()
	return len(all.on[slug]) > 0
}

// TestParkedNumbers wants that at the end of all of it nobody is counted any more.
func TestParkedNumbers(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{Limit: 4, Silence: 20 * time.Millisecond})
	all := locals(t, s, "web1", "web2", "web3", "web4", "web5", "web6", "web7", "web8")
	s.Parallel(t.Context(), len(all), func(ctx context.Context, i int) error {
		_, err := all[i].Run(ctx, "sleep 0.1; echo one; sleep 0.1; echo two", RunOptions{})
		return err
	})
	s.posts.mu.Lock()
	defer s.posts.mu.Unlock()
	if s.posts.working != 0 || len(s.posts.parked) != 0 || len(s.posts.on) != 0 || len(s.work) != 0 {
		t.Errorf("left: %d working, %d parked, on %d hosts, %d places", s.posts.working, len(s.posts.parked), len(s.posts.on), len(s.work))
	}
}

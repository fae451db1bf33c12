package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/pty"
)

func TestSSHStdin(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r := l.begun(at("web", s.Port()), "cat; echo end")
	input := bytes.Repeat([]byte("0123456789abcdef\x00\xff\n"), 200_000)
	if _, err := r.Stdin().Write(input); err != nil {
		t.Fatal(err)
	}
	if err := r.Stdin().Close(); err != nil {
		t.Fatal(err)
	}
	if exit, err := r.wait(); err != nil || !exit.OK() {
		t.Fatal(exit, err)
	}
	if !bytes.Equal(r.out.Bytes(), append(input, "end\n"...)) {
		t.Errorf("%d bytes came back of %d", r.out.Len(), len(input))
	}
	if _, err := r.Stdin().Write([]byte("x")); err == nil {
		t.Error("a command that has ended takes input")
	}
}

func TestSSHTerminal(t *testing.T) {
	t.Setenv("TERM", "vt220")
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	if err := l.session.place(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.session.leave()
	out := &syncBuffer{}
	p, err := l.host(at("web", s.Port())).Start(t.Context(), l.session, Command{
		Line:     `echo $TERM; stty size; trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done`,
		Terminal: &pty.Size{Rows: 33, Cols: 77}, Stdout: out,
	})
	if err != nil {
		t.Fatal(err)
	}
	l.eventually("ready", func() bool { return strings.Contains(out.String(), "ready") })
	if err := p.Resize(pty.Size{Rows: 44, Cols: 111}); err != nil {
		t.Fatal(err)
	}
	if exit, err := p.Wait(); err != nil || !exit.OK() {
		t.Errorf("%+v, %v", exit, err)
	}
	if got := out.String(); got != "vt220\r\n33 77\r\nready\r\n44 111\r\n" {
		t.Errorf("output %q", got)
	}
}

func TestSSHInterrupt(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r := l.begun(at("web", s.Port()), "echo go; exec sleep 600")
	r.Process.(Interrupter).Interrupt()
	if exit, err := r.wait(); err != nil || exit.Signal != "INT" {
		t.Errorf("%+v, %v", exit, err)
	}
}

// A child that holds the output open does not hold the command up.
func TestSSHBackgroundChild(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	l.within(20*time.Second, func() {
		r, err := l.run(t.Context(), at("web", s.Port()), "sleep 600 & echo started; exit 4")
		if err != nil || r.exit.Status != 4 || r.out.String() != "started\n" {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// What it prints while the output lasts is not lost.
func TestSSHLateOutput(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	got := l.output(at("web", s.Port()), "(for i in 1 2 3 4 5 6 7 8; do sleep 0.3; echo $i; done) & true")
	if got != "1\n2\n3\n4\n5\n6\n7\n8\n" {
		t.Errorf("got %q", got)
	}
}

// slowWriter takes long for each of its first writes.
type slowWriter struct {
	size atomic.Int64
	slow atomic.Int64
}

func (w *slowWriter) Write(b []byte) (int, error) {
	if w.slow.Add(-1) >= 0 {
		time.Sleep(400 * time.Millisecond)
	}
	w.size.Add(int64(len(b)))
	return len(b), nil
}

// A slow reader gets everything, also what comes after the exit status, and does not hold up the other stream.
func TestSSHSlowWriter(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	if err := l.session.place(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.session.leave()
	slow, quick := &slowWriter{}, &syncBuffer{}
	slow.slow.Store(5)
	p, err := l.host(at("web", s.Port())).Start(t.Context(), l.session, Command{
		Line: "head -c 400000 /dev/zero; echo done >&2", Stdout: slow, Stderr: quick})
	if err != nil {
		t.Fatal(err)
	}
	l.eventually("standard error came", func() bool { return quick.String() == "done\n" })
	if got := slow.size.Load(); got == 400_000 {
		t.Log("the slow stream was done first") // possible, but then nothing was tested
	}
	if exit, err := p.Wait(); err != nil || !exit.OK() {
		t.Error(exit, err)
	}
	if got := slow.size.Load(); got != 400_000 {
		t.Errorf("%d bytes, want 400000", got)
	}
}

func TestSSHBigOutput(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r, err := l.run(t.Context(), at("web", s.Port()), "head -c 20000000 /dev/zero & head -c 20000000 /dev/zero >&2; wait")
	if err != nil || r.out.Len() != 20_000_000 || r.errs.Len() != 20_000_000 {
		t.Errorf("%d and %d bytes, %v", r.out.Len(), r.errs.Len(), err)
	}
}

// failingWriter takes nothing.
type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestSSHFailingWriter(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	if err := l.session.place(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer l.session.leave()
	p, err := l.host(at("web", s.Port())).Start(t.Context(), l.session, Command{
		Line: "head -c 10000000 /dev/zero; exit 7", Stdout: failingWriter{}, Stderr: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	if exit, err := p.Wait(); err != nil || exit.Status != 7 {
		t.Error(exit, err)
	}
}

// A quiet command on a connection that lives is not cut off.
func TestSSHKeepalive(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	o := at("web", s.Port())
	o.Keepalive = 1500 * time.Millisecond // without an answer it would be lost after 6 s; a busy machine has been away for 0.3
	if got := l.output(o, "sleep 8; echo done"); got != "done\n" {
		t.Errorf("got %q", got)
	}
}

func TestSSHAbandonFrozen(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	r := l.begun(at("web", s.Port()), "sleep 600")
	s.Freeze()
	defer s.Thaw()
	written := make(chan error, 1)
	go func() { // until the window, the socket and every buffer are full
		_, err := io.Copy(r.Stdin(), endless{})
		written <- err
	}()
	l.within(20*time.Second, func() {
		r.Abandon()
		r.Abandon()
		_, err := r.wait()
		l.fault(err, Lost, ErrAbandoned.Error())
		if err := <-written; err == nil {
			t.Error("an abandoned command took everything")
		}
		if err := l.session.Close(); err != nil {
			t.Error(err)
		}
	})
}

type endless struct{}

func (endless) Read(b []byte) (int, error) { return len(b), nil }

// A frozen server does not hold up who asks for a session.
func TestSSHCancelSession(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	l.output(at("web", s.Port()), "true")
	s.Freeze()
	defer s.Thaw()
	ctx, cancel := context.WithTimeoutCause(t.Context(), 200*time.Millisecond, errors.New("enough"))
	defer cancel()
	l.within(10*time.Second, func() {
		_, err := l.run(ctx, at("web", s.Port()), "true")
		l.fault(err, Interrupted, "enough")
	})
}

func TestSSHManyCommands(t *testing.T) {
	t.Parallel()
	for _, sessions := range []int{1, 2, 10} {
		t.Run(fmt.Sprint(sessions), func(t *testing.T) {
			l := newLab(t, Options{})
			s := l.server(sshserver.Options{MaxSessions: sessions})
			var same []SSHOptions
			for range 40 {
				same = append(same, at("web", s.Port()))
			}
			for _, err := range l.runAll(t.Context(), same, "true") {
				if err != nil {
					t.Error(err)
				}
			}
			if n := s.Accepted(); n != 1 {
				t.Errorf("%d connections, want 1", n)
			}
		})
	}
}

// onlyConn is the connection of a session that has one, besides those that it goes through.
func (l *lab) onlyConn() *sshConn {
	l.Helper()
	l.session.pool.mu.Lock()
	defer l.session.pool.mu.Unlock()
	way := map[*sshConn]bool{}
	for _, link := range l.session.pool.links {
		way[link.conn.via] = true
	}
	for _, link := range l.session.pool.links {
		if !way[link.conn] {
			return link.conn
		}
	}
	l.Fatal("no connection")
	return nil
}

func (s *slots) most() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit
}

// Commands beyond the limit wait for others to end, however long that takes, and give up when their context ends.
func TestSSHSessionsQueue(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{MaxSessions: 2})
	h := l.host(at("web", s.Port()))
	var busy []*sshRun
	for range 2 {
		r, err := l.start(t.Context(), h, "cat")
		if err != nil {
			t.Fatal(err)
		}
		busy = append(busy, r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	defer cancel()
	_, err := l.run(ctx, h.Options(), "true")
	l.fault(err, Interrupted)
	third := make(chan error, 1)
	go func() {
		_, err := l.run(t.Context(), h.Options(), "true")
		third <- err
	}()
	l.eventually("the limit is learnt", func() bool { return l.onlyConn().slots.most() == 2 })
	for _, r := range busy {
		if err := r.Stdin().Close(); err != nil {
			t.Error(err)
		}
		if _, err := r.wait(); err != nil {
			t.Error(err)
		}
	}
	if err := <-third; err != nil {
		t.Error(err)
	}
}

package sshserver_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"deployer/internal/sshserver"
)

func connect(t *testing.T, s *sshserver.Server) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// readFor reads what comes within a short time, which no correct server exceeds by being slow.
func readFor(t *testing.T, c net.Conn, d time.Duration) string {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(d)); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(c)
	if timeout := net.Error(nil); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("the connection ends: %v", err)
	}
	return string(got)
}

func TestSilent(t *testing.T) {
	s := start(t, sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}})
	c := connect(t, s)
	if _, err := c.Write([]byte("SSH-2.0-test\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := readFor(t, c, 50*time.Millisecond); got != "" {
		t.Errorf("a silent server says %q", got)
	}
	s.SetFaults(sshserver.Faults{Handshake: sshserver.SilentAfterVersion})
	c = connect(t, s)
	line := make([]byte, len("SSH-2.0-"))
	if _, err := io.ReadFull(c, line); err != nil || string(line) != "SSH-2.0-" {
		t.Fatalf("got %q, %v", line, err)
	}
	if _, err := c.Write([]byte("SSH-2.0-test\r\n")); err != nil {
		t.Fatal(err)
	}
	if got := readFor(t, c, 50*time.Millisecond); strings.Count(got, "\n") != 1 {
		t.Errorf("after its version line, the server says %q", got)
	}
	s.SetFaults(sshserver.Faults{})
	output(t, dial(t, s), "true")
}

func TestResetInKeyExchange(t *testing.T) {
	s := start(t, sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.ResetInKeyExchange}})
	if _, err := ssh.Dial("tcp", s.Addr(), config(s)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("error %v, want a reset", err)
	}
}

func TestDropFirst(t *testing.T) {
	s := start(t, sshserver.Options{Faults: sshserver.Faults{DropFirst: 2}})
	for range 2 {
		got, err := io.ReadAll(connect(t, s))
		if err != nil || string(got) != "Exceeded MaxStartups\r\n" {
			t.Errorf("got %q, %v", got, err)
		}
	}
	dial(t, s)
	if n := s.Accepted(); n != 3 {
		t.Errorf("%d connections accepted, want 3", n)
	}
}

func TestLatency(t *testing.T) {
	const latency = 30 * time.Millisecond
	s := start(t, sshserver.Options{Faults: sshserver.Faults{Latency: latency}})
	c := dial(t, s)
	for range 3 {
		began := time.Now()
		if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took < 2*latency {
			t.Errorf("a round trip takes %s, less than twice %s", took, latency)
		}
	}
	const size = 3 << 20
	stdout, _, err := run(t, c, "cat", strings.Repeat("x", size))
	if err != nil || len(stdout) != size {
		t.Errorf("%d bytes of %d come back: %v", len(stdout), size, err)
	}
}

func TestCut(t *testing.T) {
	s := start(t, sshserver.Options{})
	c := dial(t, s)
	session := open(t, c)
	if err := session.Start("sleep 1000"); err != nil {
		t.Fatal(err)
	}
	s.Cut()
	var missing *ssh.ExitMissingError
	if err := session.Wait(); !errors.As(err, &missing) {
		t.Errorf("error %v, want that the exit status is missing", err)
	}
	output(t, dial(t, s), "true") // the server itself goes on
}

func TestFreeze(t *testing.T) {
	s := start(t, sshserver.Options{})
	c := dial(t, s)
	s.Freeze()
	answered := make(chan error, 1)
	go func() {
		_, _, err := c.SendRequest("keepalive@openssh.com", true, nil)
		answered <- err
	}()
	fresh := connect(t, s)
	if got := readFor(t, fresh, 50*time.Millisecond); got != "" {
		t.Errorf("a frozen server says %q", got)
	}
	select {
	case err := <-answered:
		t.Errorf("a frozen server answers (error %v)", err)
	default:
	}
	s.Thaw()
	if err := <-answered; err != nil {
		t.Error(err)
	}
	output(t, c, "true")
}

func TestCloseWhileFrozen(t *testing.T) {
	for _, latency := range []time.Duration{0, time.Millisecond} {
		s := start(t, sshserver.Options{Faults: sshserver.Faults{Latency: latency}})
		c := dial(t, s)
		s.Freeze()
		opened := make(chan error, 1)
		go func() {
			_, err := c.NewSession()
			opened <- err
		}()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := <-opened; err == nil {
			t.Error("a session opens on a frozen server")
		}
	}
}

func TestNoExitStatus(t *testing.T) {
	s := start(t, sshserver.Options{Faults: sshserver.Faults{NoExitStatus: true}})
	stdout, _, err := run(t, dial(t, s), "echo x", "")
	var missing *ssh.ExitMissingError
	if !errors.As(err, &missing) || !bytes.Equal([]byte(stdout), []byte("x\n")) {
		t.Errorf("output %q, error %v", stdout, err)
	}
}

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

func TestRefusals(t *testing.T) {
	s := start(t, sshserver.Options{})
	c := dial(t, s)
	s.SetFaults(sshserver.Faults{RefuseSessions: ssh.ResourceShortage})
	var refused *ssh.OpenChannelError
	if _, err := c.NewSession(); !errors.As(err, &refused) || refused.Reason != ssh.ResourceShortage {
		t.Errorf("error %v, want a refusal for want of resources", err)
	}
	s.SetFaults(sshserver.Faults{RefuseCommands: true})
	if err := open(t, c).Start("true"); err == nil {
		t.Error("a command starts")
	}
	s.SetFaults(sshserver.Faults{})
	output(t, c, "true")
}

func TestLoginFails(t *testing.T) {
	s := start(t, sshserver.Options{})
	for _, how := range []sshserver.Failure{sshserver.End, sshserver.Reset} {
		s.SetFaults(sshserver.Faults{Login: how})
		want := map[sshserver.Failure]error{sshserver.End: io.EOF, sshserver.Reset: syscall.ECONNRESET}[how]
		if _, err := ssh.Dial("tcp", s.Addr(), config(s)); !errors.Is(err, want) {
			t.Errorf("error %v, want %v", err, want)
		}
	}
}

// The connection fails at each stage of a command, not before and not after.
func TestStages(t *testing.T) {
	const size = 2 * sshserver.MidwayBytes
	for _, c := range []struct {
		at      sshserver.Stage
		size    int // of the output that arrives
		started bool
		status  bool
	}{
		{sshserver.Opened, 0, false, false},
		{sshserver.Asked, 0, false, false},
		{sshserver.Started, 0, true, false},
		{sshserver.FirstByte, 1, true, false},
		{sshserver.Midway, sshserver.MidwayBytes, true, false},
		{sshserver.Printed, size, true, false},
		{sshserver.Reported, size, true, true},
		{sshserver.ReportedFirst, 0, true, true},
	} {
		s := start(t, sshserver.Options{Faults: sshserver.Faults{At: c.at, How: sshserver.End}})
		session, err := dial(t, s).NewSession()
		if err != nil { // the client saw the end before the session
			continue
		}
		var out bytes.Buffer
		session.Stdout = &out
		line := "head -c 200000 /dev/zero"
		if c.at == sshserver.ReportedFirst {
			line = "echo out"
		}
		err = session.Start(line)
		if (err == nil) != c.started {
			t.Errorf("stage %d: start: %v, want that it starts: %v", c.at, err, c.started)
		}
		if err != nil {
			continue
		}
		var missing *ssh.ExitMissingError
		if err := session.Wait(); c.status != (err == nil) || !c.status && !errors.As(err, &missing) {
			t.Errorf("stage %d: error %v, want that the status is known: %v", c.at, err, c.status)
		}
		if out.Len() != c.size {
			t.Errorf("stage %d: %d bytes, want %d", c.at, out.Len(), c.size)
		}
	}
}

func TestStall(t *testing.T) {
	s := start(t, sshserver.Options{Faults: sshserver.Faults{At: sshserver.FirstByte, How: sshserver.Stall}})
	session := open(t, dial(t, s))
	var out bytes.Buffer
	session.Stdout = &out
	if err := session.Start("echo out"); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- session.Wait() }()
	select {
	case err := <-ended:
		t.Errorf("it ends: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	s.Thaw()
	if err := <-ended; err != nil || out.String() != "out\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

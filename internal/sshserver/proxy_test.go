package sshserver_test

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
)

// echo starts a server that sends back what it gets, and a proxy in front of it.
func echo(t *testing.T) (*sshserver.Proxy, func() net.Conn) {
	t.Helper()
	address := sshdtest.Listen(t, "tcp", "127.0.0.1:0", func(c net.Conn) {
		_, _ = io.Copy(c, c) // ends with the connection
	})
	p, err := sshserver.StartProxy(address.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p, func() net.Conn {
		c, err := net.DialTCP("tcp", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: p.Port()})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
}

func TestProxy(t *testing.T) {
	stalled := func(err error) bool { return errors.Is(err, errStill) }
	for _, c := range []struct {
		name    string
		trouble sshserver.Trouble
		want    string
		ends    func(error) bool
	}{
		{"works", sshserver.Trouble{}, "abcdef", stalled},
		{"says something first", sshserver.Trouble{First: "hello "}, "hello abcdef", stalled},
		{"end", sshserver.Trouble{How: sshserver.End, After: 3}, "abc", func(err error) bool { return err == nil }},
		{"reset", sshserver.Trouble{How: sshserver.Reset, ToServer: true}, "",
			func(err error) bool { return errors.Is(err, syscall.ECONNRESET) }},
		{"stall", sshserver.Trouble{How: sshserver.Stall, After: 3}, "abc", stalled},
		{"stall of what is sent", sshserver.Trouble{How: sshserver.Stall, ToServer: true}, "", stalled},
		{"flip", sshserver.Trouble{How: sshserver.Flip, After: 3}, "abc\x9bef", stalled},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, dial := echo(t)
			p.Set(c.trouble)
			conn := dial()
			if _, err := io.WriteString(conn, "abcdef"); err != nil {
				t.Fatal(err)
			}
			got, err := readUntil(t, conn, c.want)
			if got != c.want || !c.ends(err) {
				t.Errorf("got %q, %v; want %q", got, err, c.want)
			}
			conn.Close()
			eventually(t, "the proxy forgets it", func() bool { return p.Connections() == 0 })
		})
	}
}

var errStill = errors.New("still open")

// readUntil reads to the end of the connection, or until want has come and nothing more for a short time.
func readUntil(t *testing.T, c net.Conn, want string) (string, error) {
	t.Helper()
	var got []byte
	for {
		limit := patience
		if len(got) >= len(want) {
			limit = 50 * time.Millisecond
		}
		if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
			t.Fatal(err)
		}
		buf := make([]byte, 100)
		n, err := c.Read(buf)
		got = append(got, buf[:n]...)
		timeout := net.Error(nil)
		switch {
		case errors.As(err, &timeout) && timeout.Timeout():
			return string(got), errStill
		case err == io.EOF:
			return string(got), nil
		case err != nil:
			return string(got), err
		}
	}
}

// works sends something, and wants it back.
func works(t *testing.T, conn net.Conn) {
	t.Helper()
	if _, err := io.WriteString(conn, "abc"); err != nil {
		t.Fatal(err)
	}
	if got, _ := readUntil(t, conn, "abc"); got != "abc" {
		t.Fatalf("got %q", got)
	}
}

func TestProxyFailsNow(t *testing.T) {
	p, dial := echo(t)
	conn := dial()
	works(t, conn)
	p.Fail(sshserver.Reset)
	if _, err := readUntil(t, conn, ""); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("error %v, want a reset", err)
	}
	if got := p.Accepted(); got != 1 {
		t.Errorf("%d connections, want 1", got)
	}
}

func TestProxyForgets(t *testing.T) {
	p, dial := echo(t)
	conn := dial()
	works(t, conn)
	p.Fail(sshserver.Forget)
	if _, err := readUntil(t, conn, ""); !errors.Is(err, errStill) {
		t.Errorf("before anything is sent: %v", err)
	}
	if _, err := io.WriteString(conn, "def"); err != nil {
		t.Fatal(err)
	}
	if got, err := readUntil(t, conn, "def"); got != "" || !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %q, %v; want a reset", got, err)
	}
}

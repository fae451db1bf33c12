package sshserver_test

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"

	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

func TestTerminal(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	session := open(t, c)
	if err := session.RequestPty("vt100", 33, 101, ssh.TerminalModes{ssh.ECHO: 0}); err != nil {
		t.Fatal(err)
	}
	input, output := pipes(t, session)
	err := session.Start(`tty; echo $TERM; stty size; read a; echo "got $a"
		trap w=1 WINCH; echo waits; until test "$w"; do sleep 0.01; done; stty size; exit 4`)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, session, output, "/dev/", "vt100\r\n", "33 101\r\n")
	send(t, input, "typed\n")
	expect(t, session, output, "got typed\r\n", "waits\r\n") // not the echo of typed
	if err := session.WindowChange(20, 50); err != nil {
		t.Fatal(err)
	}
	expect(t, session, output, "20 50\r\n")
	var exit *ssh.ExitError
	if err := session.Wait(); !errors.As(err, &exit) || exit.ExitStatus() != 4 {
		t.Errorf("error %v, want status 4", err)
	}
}

func TestCtrlCOnTerminal(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	session := open(t, c)
	if err := session.RequestPty("vt100", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	input, output := pipes(t, session)
	if err := session.Start("trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.01; done"); err != nil {
		t.Fatal(err)
	}
	expect(t, session, output, "ready\r\n")
	send(t, input, "\x03")
	expect(t, session, output, "caught\r\n")
}

func TestDisconnectHangsUpTerminal(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home})
	c := dial(t, s)
	session := open(t, c)
	if err := session.RequestPty("vt100", 24, 80, ssh.TerminalModes{}); err != nil {
		t.Fatal(err)
	}
	if err := session.Start("echo $$ > pid; exec sleep 1000"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the command runs", written(filepath.Join(home, "pid")))
	c.Close()
	eventually(t, "the command gets SIGHUP", func() bool { return !alive(filepath.Join(home, "pid")) })
}

func pipes(t *testing.T, s *ssh.Session) (io.Writer, io.Reader) {
	t.Helper()
	in, err := s.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	return in, out
}

func send(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// expect reads until all of the texts have come, in order. Out of patience, it closes the session.
func expect(t *testing.T, s *ssh.Session, from io.Reader, texts ...string) {
	t.Helper()
	timeout := time.AfterFunc(patience, func() { s.Close() })
	defer timeout.Stop()
	b := make([]byte, 1)
	for _, text := range texts {
		var seen []byte
		for ; !bytes.HasSuffix(seen, []byte(text)); seen = append(seen, b[0]) {
			if _, err := from.Read(b); err != nil {
				t.Fatalf("expected %q, got %q and %v", text, seen, err)
			}
		}
	}
}

package sshserver_test

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"deployer/internal/sshserver"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
)

func TestMaxSessions(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{MaxSessions: 2}))
	first, second := open(t, c), open(t, c)
	_, err := c.NewSession()
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) || refused.Reason != ssh.ConnectionFailed || refused.Message != "open failed" {
		t.Fatalf("error %v, want the one of OpenSSH", err)
	}
	if err := first.Run("true"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the place is free again", func() bool {
		s, err := c.NewSession()
		return err == nil && s.Close() == nil
	})
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestLogins(t *testing.T) {
	key, err := sshserver.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := sshserver.NewKey()
	if err != nil {
		t.Fatal(err)
	}
	ask := func(_ string, ask ssh.KeyboardInteractiveChallenge) bool {
		answers, err := ask("", "two questions", []string{"a? ", "b? "}, []bool{true, false})
		return err == nil && len(answers) == 2 && answers[0] == "1" && answers[1] == "2"
	}
	answer := func(answers ...string) ssh.AuthMethod {
		return ssh.KeyboardInteractive(func(_, _ string, q []string, _ []bool) ([]string, error) {
			return answers[:len(q)], nil
		})
	}
	s := start(t, sshserver.Options{
		User: "alice", AuthorizedKeys: []ssh.PublicKey{key.PublicKey()},
		Password: sshserver.IsPassword("secret"), KeyboardInteractive: ask,
	})
	for name, auth := range map[string]ssh.AuthMethod{
		"key": ssh.PublicKeys(key), "password": ssh.Password("secret"), "answers": answer("1", "2"),
	} {
		if got := output(t, dial(t, s, auth), "echo $USER"); got != "alice\n" {
			t.Errorf("%s: got %q", name, got)
		}
		c := config(s, auth)
		c.User = "bob"
		if _, err := ssh.Dial("tcp", s.Addr(), c); err == nil {
			t.Errorf("%s: bob gets in", name)
		}
	}
	for name, auth := range map[string]ssh.AuthMethod{
		"key": ssh.PublicKeys(other), "password": ssh.Password("x"), "answers": answer("1", "3"),
	} {
		if _, err := ssh.Dial("tcp", s.Addr(), config(s, auth)); err == nil {
			t.Errorf("a wrong %s gets in", name)
		}
	}
}

func TestNobodyCouldLogIn(t *testing.T) {
	if s, err := sshserver.Start(sshserver.Options{}); err == nil {
		s.Close()
		t.Error("a server without a way to log in starts")
	}
}

func TestSFTP(t *testing.T) {
	home := t.TempDir()
	s := start(t, sshserver.Options{Home: home})
	files, err := sftp.NewClient(dial(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	f, err := files.Create("made")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write([]byte("text")); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(home, "made")); err != nil || string(got) != "text" {
		t.Errorf("file has %q, %v", got, err)
	}
}

func TestJumpHost(t *testing.T) {
	jump, target := start(t, sshserver.Options{}), start(t, sshserver.Options{})
	conn, err := dial(t, jump).Dial("tcp", target.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c, channels, requests, err := ssh.NewClientConn(conn, target.Addr(), config(target))
	if err != nil {
		t.Fatal(err)
	}
	client := ssh.NewClient(c, channels, requests)
	defer client.Close()
	if got := output(t, client, "echo through"); got != "through\n" {
		t.Errorf("got %q", got)
	}
}

func TestNoForwarding(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{NoForwarding: true}))
	var refused *ssh.OpenChannelError
	if _, err := c.Dial("tcp", "127.0.0.1:1"); !errors.As(err, &refused) || refused.Reason != ssh.Prohibited {
		t.Errorf("error %v, want prohibited", err)
	}
}

func TestKeepaliveIsAnswered(t *testing.T) {
	c := dial(t, start(t, sshserver.Options{}))
	if _, _, err := c.SendRequest("keepalive@openssh.com", true, nil); err != nil {
		t.Error(err)
	}
}

func TestKnownHosts(t *testing.T) {
	s := start(t, sshserver.Options{})
	want := "[127.0.0.1]:" + strconv.Itoa(s.Port()) + " " + s.HostKey() + "\n"
	if got := s.KnownHosts(); got != want || !strings.HasPrefix(s.HostKey(), "ssh-ed25519 ") {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, port, err := net.SplitHostPort(s.Addr()); err != nil || port != strconv.Itoa(s.Port()) {
		t.Errorf("Addr %q does not have port %d", s.Addr(), s.Port())
	}
}

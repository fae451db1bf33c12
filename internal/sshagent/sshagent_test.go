package sshagent_test

import (
	"crypto/rand"
	"crypto/rsa"
	"net"
	"os"
	"testing"
	"time"

	"deployer/internal/sshagent"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serve makes a socket whose connections go to a function one after the other.
func serve(t *testing.T, each func(net.Conn)) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	listener, err := net.Listen("unix", dir+"/agent")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			each(conn)
			conn.Close()
		}
	}()
	return dir + "/agent"
}

func dial(t *testing.T, socket string) *sshagent.Link {
	t.Helper()
	link, err := sshagent.Dial(t.Context(), socket, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { link.Close() })
	return link
}

func TestKeys(t *testing.T) {
	t.Parallel()
	held := agent.NewKeyring()
	link := dial(t, serve(t, func(c net.Conn) { agent.ServeAgent(held, c) }))
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	if err := link.Add(agent.AddedKey{PrivateKey: private, Comment: "mine"}, time.Minute); err != nil {
		t.Fatal(err)
	}
	keys, err := link.Keys(time.Minute)
	if err != nil || len(keys) != 1 || keys[0].Comment != "mine" {
		t.Fatalf("%v, %v", keys, err)
	}
	for _, algorithm := range []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512} {
		sig, err := link.Sign(keys[0], []byte("text"), algorithm, time.Minute)
		if err != nil || sig.Format != algorithm {
			t.Errorf("%s: %v, %v", algorithm, sig, err)
		}
	}
	if err := held.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	if _, err := link.Sign(keys[0], []byte("text"), "", time.Minute); err == nil || link.Gone() != nil {
		t.Errorf("what it does not hold: %v, gone: %v", err, link.Gone())
	}
}

// An agent that has gone is asked nothing more.
func TestGone(t *testing.T) {
	t.Parallel()
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	for name, c := range map[string]struct {
		each  func(net.Conn)
		limit time.Duration
		want  string
	}{
		"ends":  {func(c net.Conn) { c.Read(make([]byte, 1)) }, time.Minute, "it ended the connection"},
		"hangs": {func(net.Conn) { <-over }, 10 * time.Millisecond, "no answer within 10ms"},
	} {
		link := dial(t, serve(t, c.each))
		if _, err := link.Keys(c.limit); err == nil || err.Error() != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if err := link.Add(agent.AddedKey{}, time.Minute); err == nil || err != link.Gone() {
			t.Errorf("%s: asked again: %v, gone: %v", name, err, link.Gone())
		}
	}
}

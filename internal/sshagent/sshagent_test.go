package sshagent_test

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"deployer/internal/sshagent"
	"deployer/internal/sshdtest"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// serve makes a socket whose connections go to a function.
func serve(t *testing.T, each func(net.Conn)) (socket string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "agent") // t.TempDir may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return sshdtest.Listen(t, "unix", dir+"/agent", each).String()
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
	if err := link.Add(agent.AddedKey{PrivateKey: sshdtest.NewKey(t, "rsa"), Comment: "mine"}, time.Minute); err != nil {
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
	for name, c := range map[string]struct {
		each  func(net.Conn)
		limit time.Duration
		want  string
	}{
		"ends":  {func(c net.Conn) { c.Read(make([]byte, 1)) }, time.Minute, "it ended the connection"},
		"hangs": {func(c net.Conn) { io.Copy(io.Discard, c) }, 10 * time.Millisecond, "no answer within 10ms"},
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

package hosts

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// newPair makes an ed25519 key.
func newPair(t testing.TB) (ed25519.PrivateKey, ssh.PublicKey) {
	t.Helper()
	private := sshdtest.NewKey(t, "ed25519").(ed25519.PrivateKey)
	return private, publicOf(t, private)
}

// pairs makes several, of which only the private ones are needed.
func pairs(t testing.TB, n int) (keys []any) {
	t.Helper()
	for range n {
		private, _ := newPair(t)
		keys = append(keys, private)
	}
	return keys
}

// ring returns an agent that holds keys.
func ring(t testing.TB, keys ...any) agent.ExtendedAgent {
	t.Helper()
	held := agent.NewKeyring().(agent.ExtendedAgent)
	for i, key := range keys {
		added, ok := key.(agent.AddedKey)
		if !ok {
			added = agent.AddedKey{PrivateKey: key, Comment: fmt.Sprintf("key %d", i)}
		}
		if err := held.Add(added); err != nil {
			t.Fatal(err)
		}
	}
	return held
}

// serveAgent makes what open returns the agent of the hosts of this lab, for each connection to it.
func (l *lab) serveAgent(open func(net.Conn) agent.Agent) {
	l.Helper()
	dir, err := os.MkdirTemp("", "agent") // t.TempDir may be too long for a socket
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { os.RemoveAll(dir) })
	l.agent = dir + "/agent"
	sshdtest.Listen(l, "unix", l.agent, func(conn net.Conn) { agent.ServeAgent(open(conn), conn) })
}

func (l *lab) agentOf(held agent.Agent) {
	l.Helper()
	l.serveAgent(func(net.Conn) agent.Agent { return held })
}

// badAgent lists the keys of a good one, and signs in its own way.
type badAgent struct {
	agent.ExtendedAgent
	sign func() error // what it does in place of signing; nil signs
}

func (b *badAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return b.SignWithFlags(key, data, 0)
}

func (b *badAgent) SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error) {
	if err := b.sign(); err != nil {
		return nil, err
	}
	return b.ExtendedAgent.SignWithFlags(key, data, flags)
}

// deviceAgent holds a hardware key, as a program.
type deviceAgent struct {
	agent.ExtendedAgent
	private ed25519.PrivateKey
	blob    []byte
}

const deviceKind = "sk-ssh-ed25519@openssh.com"

func newDevice(t testing.TB) (*deviceAgent, ssh.PublicKey) {
	t.Helper()
	private, _ := newPair(t)
	blob := ssh.Marshal(struct{ Kind, Key, Application string }{
		deviceKind, string(private.Public().(ed25519.PublicKey)), "ssh:",
	})
	public, err := ssh.ParsePublicKey(blob)
	if err != nil {
		t.Fatal(err)
	}
	return &deviceAgent{ring(t), private, blob}, public
}

func (d *deviceAgent) List() ([]*agent.Key, error) {
	return []*agent.Key{{Format: deviceKind, Blob: d.blob, Comment: "my device"}}, nil
}

func (d *deviceAgent) Sign(key ssh.PublicKey, data []byte) (*ssh.Signature, error) {
	return d.SignWithFlags(key, data, 0)
}

func (d *deviceAgent) SignWithFlags(_ ssh.PublicKey, data []byte, _ agent.SignatureFlags) (*ssh.Signature, error) {
	application, message := sha256.Sum256([]byte("ssh:")), sha256.Sum256(data)
	touched := binary.BigEndian.AppendUint32([]byte{1}, 7)
	signed := slices.Concat(application[:], touched, message[:])
	return &ssh.Signature{Format: deviceKind, Blob: ed25519.Sign(d.private, signed), Rest: touched}, nil
}

// What an agent cannot do is done in another way, and said where there is none.
func TestAgentFails(t *testing.T) {
	t.Parallel()
	private, public := newPair(t)
	silent := func(conn net.Conn) agent.Agent {
		waitClosed(conn)
		return ring(t)
	}
	signing := func(sign func(net.Conn) error) func(net.Conn) agent.Agent {
		return func(conn net.Conn) agent.Agent {
			return &badAgent{ring(t, private), func() error { return sign(conn) }}
		}
	}
	locked := ring(t, private)
	if err := locked.Lock([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		open func(net.Conn) agent.Agent
		says string
	}{
		{"hangs", silent, "could not use: agent (no answer within 1.5s)"},
		{"hangs when it signs", signing(func(conn net.Conn) error { waitClosed(conn); return errors.New("gone") }),
			"could not use: agent (no answer within 400ms)"},
		{"dies when it signs", signing(func(conn net.Conn) error { return conn.Close() }),
			"could not use: agent (it ended the connection)"},
		{"is not confirmed", signing(func(net.Conn) error { return errors.New("denied") }),
			"could not use: agent: key 0 (the server takes it, but the agent refused to sign)"},
		{"is locked", func(net.Conn) agent.Agent { return locked },
			"could not use: agent (it holds no keys, or is locked)"},
		{"is empty", func(net.Conn) agent.Agent { return ring(t) }, "could not use: agent (it holds no keys"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			l.session.pool.signing.alone = 400 * time.Millisecond
			l.serveAgent(c.open)
			o := l.reading(at("web", l.server(authorized(public)).Port()), "")
			o.Timeout = 1500 * time.Millisecond
			l.within(20*time.Second, func() { l.fails(o, LoginFailed, c.says) })
			o.Slug, o.Port = "db", l.server(authorized(public, l.key)).Port()
			l.output(o, "true")
		})
	}
}

// waitClosed returns when the other side has closed a connection, from which nothing is to be read.
func waitClosed(conn net.Conn) {
	for buffer := make([]byte, 1<<10); ; {
		if _, err := conn.Read(buffer); err != nil {
			return
		}
	}
}

// An agent may take its time to sign: somebody has to touch a key. The time limit of the login does not count that.
func TestAgentSlow(t *testing.T) {
	t.Parallel()
	device, public := newDevice(t)
	l := newLab(t, Options{})
	l.session.pool.signing.quiet = time.Millisecond
	l.agentOf(&badAgent{device, func() error {
		l.eventually("it is told", func() bool { return len(l.events.Events(journal.Message)) > 0 })
		time.Sleep(2 * time.Second) // longer than the limit: this is what is tested
		return nil
	}})
	o := l.reading(at("web", l.server(authorized(public)).Port()), "")
	o.Timeout = 1500 * time.Millisecond
	l.output(o, "true")
	told := l.events.Events(journal.Message)
	if len(told) != 1 || told[0].Message != "waiting for the agent to sign with my device: touch the key" {
		t.Errorf("told %+v", told)
	}
}

// A file of a hardware key is only a handle: the agent signs, or nobody.
func TestHardwareKeyFile(t *testing.T) {
	t.Parallel()
	device, public := newDevice(t)
	l := newLab(t, Options{})
	l.write("id_sk.pub", string(ssh.MarshalAuthorizedKey(public)))
	l.write("id_sk", handleOf(t, device.blob))
	l.write("id_sk_alone", l.read("id_sk"))
	s := l.server(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{public}})
	o := at("web", s.Port())
	o.KeyFilename = "~/.ssh/id_sk_alone"
	l.fails(o, LoginFailed, "key_filename: ~/.ssh/id_sk_alone is for a hardware key, which only the agent can use")
	l.agentOf(device)
	o = l.reading(o, "")
	l.output(o, "true")
	o.Slug, o.KeyFilename = "db", "~/.ssh/id_sk"
	l.output(o, "true")
}

// handleOf returns the file of a hardware key, as far as anybody but the device reads it.
func handleOf(t *testing.T, public []byte) string {
	t.Helper()
	body := append([]byte("openssh-key-v1\x00"), ssh.Marshal(struct {
		Cipher, KDF, Options string
		Count                uint32
		Public, Private      []byte
	}{"none", "none", "", 1, public, make([]byte, 64)})...)
	return string(pem.EncodeToMemory(&pem.Block{Type: "OPENSSH PRIVATE KEY", Bytes: body}))
}

// The agent is used on the host, by choice, and never on the way there.
func TestForwardAgentThroughJump(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	real := sshdtest.Start(t, sshdtest.Options{})
	for _, c := range []struct {
		name   string
		config string
		option *bool
		other  bool // it is not the one to log in with
		want   bool
	}{
		{"by default", "", nil, false, false},
		{"as an option", "", &yes, false, true},
		{"in ssh_config", "ForwardAgent yes\n", nil, false, true},
		{"off as an option", "ForwardAgent yes\n", &no, false, false},
		{"off in ssh_config", "ForwardAgent no\n", nil, false, false},
		{"another, by its path", "ForwardAgent OTHER\n", nil, true, true},
		{"not the other", "ForwardAgent yes\n", nil, true, false},
		{"another, off as an option", "ForwardAgent OTHER\n", &no, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			private, public := newPair(l)
			l.agentOf(ring(l, private))
			config := strings.ReplaceAll(c.config, "OTHER", l.agent)
			if c.other {
				l.agentOf(ring(l))
			}
			var given []error
			jump := l.server(sshserver.Options{OnForward: func(client ssh.Conn) {
				_, _, err := client.OpenChannel("auth-agent@openssh.com", nil)
				given = append(given, err)
			}})
			o := l.reading(l.real(real), config)
			o.AgentForwarding = c.option
			o.KnownHosts = append(o.KnownHosts, l.path("known_hosts"))
			for _, way := range []string{"", fmt.Sprintf("127.0.0.1:%d", jump.Port())} {
				o.Slug, o.Jump = "real"+way, way
				r, err := l.run(t.Context(), o, "ssh-add -l")
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(r.out.String(), ssh.FingerprintSHA256(public)); got != c.want {
					t.Errorf("the host sees the agent: %v, want %v: %q, %q", got, c.want, r.out.String(), r.errs.String())
				}
			}
			var refused *ssh.OpenChannelError
			if len(given) != 1 || !errors.As(given[0], &refused) {
				t.Errorf("the jump host was given the agent: %v", given)
			}
		})
	}
}

func TestForwardAgentRefused(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.agentOf(ring(t))
	yes := true
	o := l.reading(at("web", l.server(sshserver.Options{}).Port()), "")
	o.AgentForwarding = &yes
	l.output(o, "true")
	l.output(o, "true")
	l.warned("does not forward the agent")
}

// realAgent starts OpenSSH's agent, which has nobody confirm anything, for the hosts of this lab.
func (l *lab) realAgent() (sshAdd func(input string, args ...string)) {
	l.Helper()
	dir, err := os.MkdirTemp("", "agent")
	if err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() { os.RemoveAll(dir) })
	server := exec.Command(find(l.T, "ssh-agent"), "-D", "-a", dir+"/agent")
	server.Env = append(os.Environ(), "SSH_ASKPASS=/bin/false", "SSH_ASKPASS_REQUIRE=force", "DISPLAY=none")
	if err := server.Start(); err != nil {
		l.Fatal(err)
	}
	l.Cleanup(func() {
		_ = server.Process.Kill() // an error means that it has ended
		_ = server.Wait()
	})
	l.agent = dir + "/agent"
	l.eventually("the agent listens", func() bool {
		conn, err := net.Dial("unix", dir+"/agent")
		return err == nil && conn.Close() == nil
	})
	askpass := filepath.Join(dir, "askpass")
	return func(input string, args ...string) {
		l.Helper()
		if err := os.WriteFile(askpass, []byte("#!/bin/sh\necho "+Quote(input)+"\n"), 0o700); err != nil {
			l.Fatal(err)
		}
		add := exec.Command(find(l.T, "ssh-add"), args...)
		add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+l.agent, "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force",
			"DISPLAY=none")
		if out, err := add.CombinedOutput(); err != nil {
			l.Fatalf("ssh-add %v: %v: %s", args, err, out)
		}
	}
}

// OpenSSH's own agent, with keys and certificates, one that must be confirmed and is not, and locked.
func TestRealAgent(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	sshAdd := l.realAgent()
	rsa := newRSA(t)
	l.keyFile("key", rsa)
	authority, trusted := newAuthority(l)
	l.write("key-cert.pub", string(ssh.MarshalAuthorizedKey(certify(l, authority, publicOf(t, rsa), "deploy"))))
	l.remove("id_ed25519")
	plain := l.server(authorized(publicOf(t, rsa)))
	certified := l.server(sshserver.Options{UserAuthority: trusted})
	o := l.reading(at("web", plain.Port()), "")
	l.fails(o, LoginFailed, "could not use: agent (it holds no keys, or is locked)")

	sshAdd("", "-q", l.path("key"))
	l.remove("key")
	l.output(o, "true")
	o.Slug, o.Port = "certified", certified.Port()
	l.output(o, "true")

	sshAdd("word", "-x")
	o.Slug = "locked"
	l.fails(o, LoginFailed, "could not use: agent (it holds no keys, or is locked)")
	sshAdd("word", "-X")
	l.output(o, "true")

	sshAdd("", "-q", "-D")
	l.keyFile("key", rsa)
	sshAdd("", "-q", "-c", l.path("key"))
	o.Slug, o.Port = "confirmed", plain.Port()
	l.fails(o, LoginFailed, "could not use: agent: ", " (the server takes it, but the agent refused to sign)",
		"unlock the agent with ssh-add -X, or confirm the use of the key")
}

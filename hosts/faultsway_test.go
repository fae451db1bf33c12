package hosts

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"

	"golang.org/x/crypto/ssh"
)

// Host keys that must not be trusted.
var distrusted = []fault{
	{name: "a key that is not known", made: listing(func(string) string { return "" }), want: HostKey,
		says: []string{"is not known: ssh-ed25519 SHA256:"}},
	{name: "a key that has changed", made: listing(func(host string) string { return host + " " + otherKey }),
		want: HostKey,
		says: []string{"has changed"}},
	{name: "a key that was revoked", made: revokedKey, want: HostKey,
		says: []string{"is revoked"}},
	{name: "a pinned key that is another", made: pinnedKey, want: HostKey,
		says: []string{"host_key"}},
	{name: "an authority, and a certificate that has expired", want: HostKey,
		made: certified(func(c *ssh.Certificate) { c.ValidBefore = uint64(time.Now().Add(-time.Hour).Unix()) }),
		says: []string{"does not count: it ended at "}},
	{name: "an authority, and a certificate of another host", want: HostKey,
		made: certified(func(c *ssh.Certificate) { c.ValidPrincipals = []string{"elsewhere"} }),
		says: []string{"does not count: it is for other hosts: elsewhere"}},
	{name: "an authority, and a certificate of a user", want: HostKey,
		made: certified(func(c *ssh.Certificate) { c.CertType = ssh.UserCert }),
		says: []string{"does not count: it is not for hosts"}},
	{name: "an authority, and a certificate that is right", run: "echo out", out: "out\n",
		made: certified(func(*ssh.Certificate) {})},
}

func TestFaultsOfTrust(t *testing.T) { runFaults(t, sshdtest.Options{}, distrusted) }

// otherKey is nobody's.
const otherKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0ToBGxHhQb2X0x0hGdzRJpcQSsZ0OZ1nQ0yvzQYw7S"

// listing returns a host whose known_hosts has other lines; the function gets its name there.
func listing(lines func(host string) string) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := works(b)
		name, _, _ := strings.Cut(b.sshd.HostKeyLines[0], " ")
		b.know(lines(name) + "\n")
		o.KnownHosts = []string{b.path("known_hosts")}
		return o
	}
}

func revokedKey(b *bed) SSHOptions {
	o := works(b)
	b.know(b.sshd.HostKeyLines[0] + "\n@revoked " + b.sshd.HostKeyLines[0] + "\n")
	o.KnownHosts = []string{b.path("known_hosts")}
	return o
}

func pinnedKey(b *bed) SSHOptions {
	o := works(b)
	o.HostKey = otherKey
	return o
}

// certified returns a host of which only the authority that has signed its key is known.
func certified(change func(*ssh.Certificate)) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		s := sshdtest.Start(b.T, sshdtest.Options{
			HostCertificates: true, Certify: func(_ string, c *ssh.Certificate) bool { change(c); return true },
		})
		b.know(s.AuthorityLine + "\n")
		o := b.real(s)
		o.Slug, o.KnownHosts = "web", []string{b.path("known_hosts")}
		return o
	}
}

// The jump host fails, or what is behind it. All of them say which of the two it is.
var jumping = []fault{
	{name: "none of it", made: throughJump(sshserver.Options{}), run: "echo out", out: "out\n"},
	{name: "the jump host refuses connections", made: throughPort(func(b *bed) int { return socket(b, -1) }),
		want: Unreachable, says: []string{"web: ", "through jump host ", "connection refused"}},
	{name: "the jump host is silent",
		made: limitedTo(throughJump(sshserver.Options{Faults: sshserver.Faults{Handshake: sshserver.SilentAtOnce}})),
		want: Unreachable,
		says: []string{"through jump host ", "connected, but no greeting from an SSH server within LIMIT"}},
	{name: "the jump host refuses the login",
		made: lasting(throughJump(sshserver.Options{Password: sshserver.IsPassword("x")})),
		want: LoginFailed, says: []string{"through jump host ", "the server takes password"}},
	{name: "the jump host is not known", made: lasting(throughPort(func(b *bed) int {
		defer b.write("known_hosts", "")
		return b.serve(sshserver.Options{}).Port
	})), want: HostKey, says: []string{"through jump host ", "is not known"}},
	{name: "the jump host lets nothing through", made: lasting(throughJump(sshserver.Options{NoForwarding: true})),
		want: Unreachable, says: []string{"the jump host ", " does not let connections through"}},
	{name: "the host refuses connections from there", made: lasting(throughTo(nothingListens)),
		want: Unreachable, says: []string{"the jump host ", " cannot reach it: "}},
	{name: "the host is silent behind it", made: lasting(limitedTo(throughTo(raw(silent)))), want: Unreachable,
		says: []string{"connected, but no greeting from an SSH server within LIMIT"}},

	{name: "the jump host is cut off while it runs", twice: true, made: throughJump(sshserver.Options{}),
		run: "echo begun; SLEEP", then: func(b *bed) { b.served.Cut() }, want: Lost, out: "begun\n",
		says: []string{"web: ", "the connection was lost: jump host ", ": the host reset the connection"}},
	{name: "the jump host freezes while it runs", twice: true, made: limitedTo(throughJump(sshserver.Options{})),
		run: "echo begun; SLEEP", then: func(b *bed) { b.served.Freeze() }, want: Lost, out: "begun\n",
		says: []string{"web: ", "the connection was lost: ", "no answer to keepalives for "}},
	{name: "the jump host is cut off while idle", twice: true, made: throughJump(sshserver.Options{}),
		idle: longIdle(func(b *bed) { b.served.Cut() }), run: "echo out", out: "out\n"},
	{name: "the jump host freezes while idle", made: limitedTo(throughJump(sshserver.Options{})),
		idle: longIdle(func(b *bed) { b.served.Freeze() }), want: Unreachable,
		says: []string{"web: connect to 127.0.0.1:", "within LIMIT"}},
	{name: "the host is cut off behind it", twice: true, made: ownBehind, run: "echo begun; SLEEP",
		then: func(b *bed) { b.sshd.KillConnections(b.T) }, want: Lost, out: "begun\n",
		says: []string{"web: ", "the connection was lost: the host"}},
}

func TestFaultsOfJumping(t *testing.T) { runFaults(t, sshdtest.Options{}, jumping) }

// throughJump returns a host behind a jump host that is a server of this process.
func throughJump(o sshserver.Options) func(b *bed) SSHOptions {
	return throughPort(func(b *bed) int {
		jump := o
		if o.Password == nil {
			jump.AuthorizedKeys = []ssh.PublicKey{b.sshd.ClientKey.PublicKey()}
		}
		return b.serve(jump).Port
	})
}

// throughPort returns a host behind whatever is at a port.
func throughPort(jump func(b *bed) int) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := works(b)
		o.Jump = fmt.Sprintf("deploy@127.0.0.1:%d", jump(b))
		o.KnownHosts = append(o.KnownHosts, b.path("known_hosts"))
		return o
	}
}

// throughTo returns what is at the port of another host, behind a jump host.
func throughTo(target func(b *bed) SSHOptions) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := throughJump(sshserver.Options{})(b)
		o.Port = target(b).Port
		return o
	}
}

// lasting is a fault that nothing heals.
func lasting(made func(*bed) SSHOptions) func(*bed) SSHOptions {
	return func(b *bed) SSHOptions {
		o := made(b)
		b.heal = nil
		return o
	}
}

// ownBehind returns a host behind a jump host that is used by nobody else.
func ownBehind(b *bed) SSHOptions {
	b.sshd = sshdtest.Start(b.T, sshdtest.Options{})
	return throughJump(sshserver.Options{})(b)
}

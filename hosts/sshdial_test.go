package hosts

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// A server that drops connections at random (MaxStartups) is tried again.
func TestDropped(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{Faults: sshserver.Faults{DropFirst: 25}})
	for i, err := range l.runAll(t.Context(), atOnce(20, s.Port()), "true") {
		if err != nil {
			t.Errorf("host %d: %v", i, err)
		}
	}
	if n := len(l.events.Events(journal.ConnectStart)); n != 20 {
		t.Errorf("%d connections in the journal, want 20", n)
	}
}

// Drops are borne for a number of times within a time; where the server says that it is overloaded, until both are over.
func TestDropsAgain(t *testing.T) {
	t.Parallel()
	quiet, overloaded := &cutError{early: true}, &cutError{early: true, said: "Exceeded MaxStartups"}
	for _, c := range []struct {
		cut   *cutError
		times int           // that it happened before
		since time.Duration // the first of them
		want  bool
	}{
		{quiet, 1, time.Second, true}, {quiet, 1, time.Hour, false}, {quiet, maxDrops - 1, time.Second, false},
		{overloaded, 1, time.Hour, true}, {overloaded, maxDrops - 1, time.Second, true},
		{overloaded, maxDrops - 1, time.Hour, false},
	} {
		d := drops{count: c.times, first: time.Now().Add(-c.since)}
		if got := d.again(c.cut, time.Minute); got != c.want {
			t.Errorf("%q, %d times in %v: again is %v", c.cut.said, c.times, c.since, got)
		}
	}
}

// A connection that died while it was idle costs the time limit of connecting, not the patience of the keepalives.
func TestIdleDied(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{})
	o := at("web", s.Port())
	o.Keepalive, o.Timeout = time.Minute, 3*time.Second
	l.output(o, "true")
	s.Freeze()
	defer s.Thaw()
	l.within(time.Minute, func() { l.fails(o, Unreachable, "no greeting from an SSH server within 3s") })
}

// A context that ends lets nobody wait, in any phase.
func TestCancelConnecting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		fault sshserver.Handshake
	}{
		{"before the greeting", sshserver.SilentAtOnce}, {"in the key exchange", sshserver.SilentAfterVersion},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t, Options{})
			s := l.server(sshserver.Options{Faults: sshserver.Faults{Handshake: c.fault}})
			o := at("web", s.Port())
			o.Timeout = time.Minute
			ctx, cancel := context.WithCancelCause(t.Context())
			go func() {
				l.eventually("connected", func() bool { return s.Accepted() > 0 })
				cancel(errors.New("stop it"))
			}()
			l.within(10*time.Second, func() {
				_, err := l.run(ctx, o, "true")
				l.fault(err, Interrupted, "stop it")
			})
			l.eventually("disconnected", func() bool { return s.Connections() == 0 })
		})
	}
}

// Who else waits for the same connection gets it.
func TestCancelOneOfTwo(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	s := l.server(sshserver.Options{Faults: sshserver.Faults{Latency: 50 * time.Millisecond}})
	ctx, cancel := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := l.run(ctx, at("web", s.Port()), "true")
		first <- err
	}()
	l.eventually("connecting", func() bool { return s.Accepted() == 1 })
	second := make(chan error, 1)
	go func() {
		_, err := l.run(t.Context(), at("web", s.Port()), "true")
		second <- err
	}()
	l.eventually("both wait", func() bool {
		l.session.pool.mu.Lock()
		defer l.session.pool.mu.Unlock()
		for _, link := range l.session.pool.links {
			return len(link.waiting) == 2 || link.conn != nil
		}
		return false
	})
	cancel()
	<-first
	if err := <-second; err != nil {
		t.Error(err)
	}
	if n := s.Accepted(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
}

func TestJump(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	first, second := l.server(sshserver.Options{}), l.server(sshserver.Options{})
	last := l.server(sshserver.Options{Password: sshserver.IsPassword("secret")})
	chain := fmt.Sprintf("me@127.0.0.1:%d,127.0.0.1:%d", first.Port(), second.Port())
	for i := range 3 {
		o := at(fmt.Sprintf("web%d", i), last.Port())
		o.Jump, o.Password = chain, "secret"
		if got := l.output(o, "echo there"); got != "there\n" {
			t.Errorf("got %q", got)
		}
	}
	if first.Accepted() != 1 || second.Accepted() != 1 || last.Accepted() != 3 {
		t.Errorf("%d, %d and %d connections, want 1, 1 and 3", first.Accepted(), second.Accepted(), last.Accepted())
	}
}

func TestJumpFails(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	target := l.server(sshserver.Options{})
	o := at("web", target.Port())

	o.Jump = fmt.Sprintf("127.0.0.1:%d", l.server(sshserver.Options{NoForwarding: true}).Port())
	l.fails(o, Unreachable, "does not let connections through")

	o.Jump = fmt.Sprintf("127.0.0.1:%d", l.server(sshserver.Options{Password: sshserver.IsPassword("x")}).Port())
	e := l.fails(o, LoginFailed, "through jump host "+o.Jump, "the server takes password", "set password")
	if e.Host != "web" {
		t.Errorf("host %q", e.Host)
	}

	stranger, err := sshserver.Start(sshserver.Options{AuthorizedKeys: []ssh.PublicKey{l.key}})
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	o.Jump = fmt.Sprintf("127.0.0.1:%d", stranger.Port())
	l.fails(o, HostKey, "through jump host "+o.Jump, "is not known")

	o.Jump = fmt.Sprintf("127.0.0.1:%d", target.Port())
	o.Port = 1
	l.fails(o, Unreachable, "the jump host "+o.Jump+" cannot reach it")
}

// A jump host that freezes keeps neither a caller nor the end of the session waiting.
func TestJumpFreezes(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	jump, target := l.server(sshserver.Options{}), l.server(sshserver.Options{})
	o := at("web", target.Port())
	o.Jump, o.Keepalive, o.Timeout = fmt.Sprintf("127.0.0.1:%d", jump.Port()), time.Minute, 500*time.Millisecond
	l.output(o, "true")
	jump.Freeze()
	defer jump.Thaw()
	o.Slug = "web2"
	l.within(20*time.Second, func() { l.fails(o, Unreachable, "no connection within 500ms") })
	l.within(20*time.Second, func() {
		if err := l.session.Close(); err != nil {
			t.Error(err)
		}
	})
}

func TestJumpCircle(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.write("config", "Host *\n  ProxyJump bastion\n")
	o := at("web", 1)
	o.ConfigFilename = l.path("config")
	l.within(10*time.Second, func() { l.fails(o, Unreachable, "go round in a circle", "ProxyJump none") })
}

// The command ends with the connection.
func TestProxyCommand(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	jump, target := l.server(sshserver.Options{}), l.server(sshserver.Options{})
	o := at("web", target.Port())
	o.ProxyCommand = fmt.Sprintf("ssh -F none -i %s -o UserKnownHostsFile=%s -p %d -W %%h:%%p %%r@127.0.0.1",
		l.path("id_ed25519"), l.path("known_hosts"), jump.Port())
	if got := l.output(o, "echo there"); got != "there\n" {
		t.Errorf("got %q", got)
	}
	if n := jump.Connections(); n != 1 {
		t.Errorf("%d connections to the jump host, want 1", n)
	}
	if err := l.session.Close(); err != nil {
		t.Error(err)
	}
	l.eventually("the command has ended", func() bool { return jump.Connections() == 0 })
}

func TestProxyCommandFails(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := at("web", 22)
	o.ProxyCommand = "sh -c 'echo no way to %h >&2; exit 1'"
	l.fails(o, Unreachable, `proxy_command ended, 10 times, and said "no way to 127.0.0.1"`)
}

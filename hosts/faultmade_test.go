package hosts

import (
	"fmt"
	"net"
	"strings"
	"syscall"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
)

// How faults are made: each function makes one, and returns how the host is reached on which it is.

// limited gives the host small limits.
func (b *bed) limited(o SSHOptions) SSHOptions {
	o.Timeout, o.Keepalive = b.limit, b.limit/3
	return o
}

// at returns options for a host at a port of this machine.
func (b *bed) at(port int) SSHOptions { return at("web", port) }

// faulty returns a host that is a server of this process with faults.
func faulty(f sshserver.Faults) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions { return b.serve(sshserver.Options{Faults: f}) }
}

func (b *bed) serve(o sshserver.Options) SSHOptions {
	s := b.server(o)
	b.served = s
	b.unused = append(b.unused, func() bool { return s.Connections() == 0 })
	b.heal = func() {
		s.SetFaults(sshserver.Faults{})
		s.Thaw()
	}
	return b.at(s.Port())
}

// limitedTo gives the host of another fault small limits.
func limitedTo(made func(*bed) SSHOptions) func(*bed) SSHOptions {
	return func(b *bed) SSHOptions { return b.limited(made(b)) }
}

// behind returns a host that is a real sshd behind a proxy that makes trouble.
func (b *bed) behind(s *sshdtest.Server, t sshserver.Trouble) (SSHOptions, *sshserver.Proxy) {
	p, err := sshserver.StartProxy(s.Addr)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := p.Close(); err != nil {
			b.Error(err)
		}
	})
	p.Set(t)
	b.proxy = p
	b.unused = append(b.unused, func() bool { return p.Connections() == 0 })
	b.heal = func() { p.Set(sshserver.Trouble{}) }
	o := b.real(s)
	for _, line := range s.HostKeyLines {
		b.know(strings.Replace(line, fmt.Sprint(s.Port), fmt.Sprint(p.Port()), 1) + "\n")
	}
	o.Slug, o.Port, o.KnownHosts = "web", p.Port(), []string{b.path("known_hosts")}
	return o, p
}

// raw returns a host that is no SSH server, but a function of the connection.
func raw(serve func(net.Conn)) func(b *bed) SSHOptions {
	return func(b *bed) SSHOptions {
		return b.at(sshdtest.Listen(b, "tcp", "127.0.0.1:0", serve).(*net.TCPAddr).Port)
	}
}

// nothingListens returns a host with a port that is taken, and where nothing listens.
func nothingListens(b *bed) SSHOptions { return b.at(socket(b, -1)) }

// blackHole returns a host that never answers: the queue of its port is full, and what comes then is thrown away.
func blackHole(b *bed) SSHOptions {
	port := socket(b, 0)
	for range 16 {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 100*time.Millisecond)
		if err != nil {
			return b.at(port)
		}
		b.Cleanup(func() { conn.Close() })
	}
	b.Fatal("the queue of a port has no end")
	return SSHOptions{}
}

// socket returns the port of a socket that listens with a queue of that length, or does not listen.
func socket(b *bed, queue int) int {
	b.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		b.Fatal(err)
	}
	if queue >= 0 {
		if err := syscall.Listen(fd, queue); err != nil {
			b.Fatal(err)
		}
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		b.Fatal(err)
	}
	return name.(*syscall.SockaddrInet4).Port
}

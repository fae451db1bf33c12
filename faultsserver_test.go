package deployer_test

import (
	"fmt"
	"net"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshserver"
	"deployer/journal"
)

const (
	made  = `web1(slug = "made", port = PORT, host_key = HOSTKEY%s)`
	hasty = ", timeout = 1"
	wary  = ", keepalive_interval = 0.3"
	large = `env.host.run("head -c 200000 /dev/zero | tr '\\0' x")`
	lost  = "the connection was lost: the host"
)

// faultsOfServers are faults that a real sshd cannot be brought to.
var faultsOfServers = []seenFault{
	{name: "an address that swallows everything", made: swallowing, host: fmt.Sprintf(made, hasty), action: echo,
		status: 3, state: journal.Unreachable, says: "no connection within 1s"},
	misbehaving(sshserver.Faults{Handshake: sshserver.SilentAfterVersion}, "silent after the greeting", hasty, echo,
		journal.Unreachable, "within 1s"),
	misbehaving(sshserver.Faults{Handshake: sshserver.ResetInKeyExchange}, "reset in the key exchange", "", echo,
		journal.Unreachable, "reset"),
	misbehaving(sshserver.Faults{Login: sshserver.Reset}, "reset during the login", "", echo, journal.Unreachable, "reset"),
	misbehaving(sshserver.Faults{Login: sshserver.Stall}, "silent during the login", hasty, echo,
		journal.Unreachable, "within 1s"),
	misbehaving(sshserver.Faults{RefuseCommands: true}, "no commands", "", echo,
		journal.Unreachable, "no session: the server does not run commands"),
	misbehaving(sshserver.Faults{At: sshserver.Asked, How: sshserver.End}, "cut when it was asked for", "",
		echo, journal.Lost, lost),
	misbehaving(sshserver.Faults{At: sshserver.Started, How: sshserver.End}, "cut before its first byte", "",
		large, journal.Lost, lost),
	misbehaving(sshserver.Faults{At: sshserver.FirstByte, How: sshserver.End}, "cut after a byte", "",
		large, journal.Lost, lost),
	misbehaving(sshserver.Faults{At: sshserver.Midway, How: sshserver.End}, "cut in the middle of a line", "",
		large, journal.Lost, lost),
	misbehaving(sshserver.Faults{At: sshserver.Midway, How: sshserver.Stall}, "stalled in the middle of a line", wary, large,
		journal.Lost, "the connection was lost: no answer to keepalives"),
	misbehaving(sshserver.Faults{At: sshserver.Printed, How: sshserver.End}, "cut after all output", "",
		large, journal.Lost, lost),
	misbehaving(sshserver.Faults{At: sshserver.ReportedFirst, How: sshserver.End}, "cut between exit status and output", "",
		echo, journal.Lost, "when the command had ended (exit status 0) and not all of its output had come"),
	misbehaving(sshserver.Faults{At: sshserver.Reported, How: sshserver.End}, "cut after the exit status", "", large,
		journal.Lost, "when the command had ended (exit status 0) and not all of its output had come"),
	misbehaving(sshserver.Faults{NoExitStatus: true}, "no exit status", "", echo,
		journal.Lost, "the server closed the session without saying how the command ended"),
}

// misbehaving is the fault of a server in this process.
func misbehaving(f sshserver.Faults, name, options, action string, state journal.State, says string) seenFault {
	return seenFault{name: name, host: fmt.Sprintf(made, options), action: action, status: 3, state: state, says: says,
		made: func(t *testing.T, fleet *fleet) site {
			o := sshserver.Options{Faults: f}
			o.AuthorizedKeys = append(o.AuthorizedKeys, fleet.plain.ClientKey.PublicKey())
			return inProcess(t, fleet, o)
		}}
}

// inProcess is a server in this process, which the keys of the plain server open if it takes any.
func inProcess(t *testing.T, f *fleet, o sshserver.Options) site {
	t.Helper()
	s, err := sshserver.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return site{port: s.Port(), server: f.plain, key: s.HostKey()}
}

// swallowing is a port at which nobody answers: the queue of those who wait there is full.
func swallowing(t *testing.T, f *fleet) site {
	fd, port := boundSocket(t)
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	for range 16 {
		conn, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), 100*time.Millisecond)
		if err != nil {
			return site{port: port, server: f.plain}
		}
		t.Cleanup(func() { conn.Close() })
	}
	t.Fatal("the queue of a port has no end")
	return site{}
}

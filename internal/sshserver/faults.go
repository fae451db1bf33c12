package sshserver

import (
	"io"
	"net"
	"time"

	"golang.org/x/crypto/ssh"
)

// Faults is how a server misbehaves. The zero value is a server that works.
type Faults struct {
	// Handshake is where new connections fail before the login.
	Handshake Handshake
	// DropFirst is how many connections, from now on, are closed as soon as they are accepted, as sshd does beyond
	// its MaxStartups.
	DropFirst int
	// Latency delays what is sent, each way, on new connections; it does not limit how much.
	Latency time.Duration
	// Login is how a connection fails once the client asks to be let in.
	Login Failure
	// RefuseSessions is the reason for which sessions are refused; 0 refuses none.
	RefuseSessions ssh.RejectionReason
	// RefuseCommands lets sessions open, and refuses to run a command in them.
	RefuseCommands bool
	// At is the stage of a command at which its connection fails, and How that is.
	At  Stage
	How Failure
	// NoExitStatus ends sessions without saying how their command ended.
	NoExitStatus bool
}

// Failure is how a connection fails.
type Failure int

const (
	// Works is a connection that does not fail.
	Works Failure = iota
	// End closes the connection in good order, as when sshd is killed.
	End
	// Reset closes it with a reset, as when the host has started anew, or a firewall has forgotten it.
	Reset
	// Stall lets nothing pass any more, and closes nothing.
	Stall
	// Mute does not answer what was asked for, and works otherwise; only at the stage [Asked].
	Mute
	// Flip inverts one byte; only a [Proxy] does that.
	Flip
	// Forget lets nothing pass and says nothing, and resets the connection once the client sends something, as a host
	// does that has started anew; only a [Proxy] does that.
	Forget
)

// Stage is a point in the life of a command.
type Stage int

const (
	// Opened is when its session is open.
	Opened Stage = iota + 1
	// Asked is when the client has asked for it, and it has not started.
	Asked
	// Started is when it runs, and the client knows.
	Started
	// FirstByte is when one byte of its standard output has been sent.
	FirstByte
	// Midway is when [MidwayBytes] of its standard output have been sent.
	Midway
	// Printed is when all of its output has been sent, but not how it ended.
	Printed
	// Reported is when all has been sent but the end of the session.
	Reported
	// ReportedFirst is when it was sent how it ended, and none of its output, which must fit into a pipe: sshd too may
	// send that first.
	ReportedFirst
)

// MidwayBytes is how much output a command has sent at the stage [Midway].
const MidwayBytes = 100_000

// Handshake is a point of the handshake where a server fails.
type Handshake int

const (
	// SilentAtOnce accepts the connection, and never says anything.
	SilentAtOnce Handshake = iota + 1
	// SilentAfterVersion sends its version line, and then nothing more.
	SilentAfterVersion
	// ResetInKeyExchange resets the connection once the client has begun to exchange keys.
	ResetInKeyExchange
)

// SetFaults changes how the server misbehaves, for connections accepted, sessions opened and commands ended from now
// on. Connections that are silent stay so.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = f
}

func (s *Server) currentFaults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.faults
}

// takeFaults returns the faults of a connection just accepted, and whether it is one of those to drop.
func (s *Server) takeFaults() (f Faults, drop bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f = s.faults
	if s.faults.DropFirst > 0 {
		s.faults.DropFirst--
		return f, true
	}
	return f, false
}

// Cut resets all connections that are open, as if the network had failed. What runs on the host goes on.
func (s *Server) Cut() {
	for _, c := range s.openConns() {
		c.reset()
	}
}

// strike makes the connection of a client fail.
func (s *Server) strike(client net.Addr, how Failure) {
	for _, c := range s.openConns() {
		if c.RemoteAddr().String() == client.String() {
			c.fail(how)
		}
	}
}

// A tripwire passes on what is written to it, and calls trip when so many bytes have passed.
type tripwire struct {
	to   io.Writer
	left int
	trip func()
}

func (w *tripwire) Write(p []byte) (int, error) {
	if w.left > len(p) || w.left == 0 {
		w.left -= min(w.left, len(p))
		return w.to.Write(p)
	}
	before := w.left
	w.left = 0
	n, err := w.to.Write(p[:before])
	if err != nil {
		return n, err
	}
	w.trip()
	m, err := w.to.Write(p[before:])
	return n + m, err
}

// Freeze stops reading from and writing to all connections, open and to come, without closing them, as if the
// network had begun to lose every packet. [Server.Thaw] ends it.
func (s *Server) Freeze() { s.gate.shut() }

// Thaw ends what [Server.Freeze] and [Stall] began. Nothing has been lost meanwhile.
func (s *Server) Thaw() {
	s.gate.open()
	for _, c := range s.openConns() {
		c.own.open()
	}
}

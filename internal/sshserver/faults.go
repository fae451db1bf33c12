package sshserver

import "time"

// Faults is how a server misbehaves. The zero value is a server that works.
type Faults struct {
	// Handshake is where new connections fail.
	Handshake Handshake
	// DropFirst is how many connections, from now on, are closed as soon as they are accepted, as sshd does beyond
	// its MaxStartups.
	DropFirst int
	// Latency delays what is sent, each way, on new connections; it does not limit how much.
	Latency time.Duration
	// NoExitStatus ends sessions without saying how their command ended.
	NoExitStatus bool
}

// Handshake is a point of the handshake where a server fails.
type Handshake int

const (
	// Works is a handshake that does not fail.
	Works Handshake = iota
	// SilentAtOnce accepts the connection, and never says anything.
	SilentAtOnce
	// SilentAfterVersion sends its version line, and then nothing more.
	SilentAfterVersion
	// ResetInKeyExchange resets the connection once the client has begun to exchange keys.
	ResetInKeyExchange
)

// SetFaults changes how the server misbehaves, for connections accepted from now on (NoExitStatus: for commands that
// end from now on). Connections that are silent stay so.
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

// Freeze stops reading from and writing to all connections, open and to come, without closing them, as if the
// network had begun to lose every packet. [Server.Thaw] ends it.
func (s *Server) Freeze() { s.gate.shut() }

// Thaw ends what [Server.Freeze] began. Nothing has been lost meanwhile.
func (s *Server) Thaw() { s.gate.open() }

package sshserver

import (
	"fmt"
	"net"
	"sync"

	gliderlabs "github.com/gliderlabs/ssh"
	"golang.org/x/crypto/ssh"
)

// A Server is an SSH server on the loopback interface. Its methods may be called from many goroutines.
type Server struct {
	options  Options
	listener *net.TCPListener
	front    *gliderlabs.Server // handshake and authentication
	gate     *gate
	running  *processes
	working  sync.WaitGroup // everything that Close waits for

	mu       sync.Mutex
	closed   bool
	faults   Faults
	accepted int
	conns    map[*flaky]struct{}
	sessions map[*ssh.ServerConn]int // how many are open
}

// Start starts a server on a free port of 127.0.0.1.
func Start(o Options) (*Server, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("ssh server: %w", err)
	}
	s := &Server{
		options: o, faults: o.Faults, listener: listener, gate: &gate{}, running: newProcesses(),
		conns: make(map[*flaky]struct{}), sessions: make(map[*ssh.ServerConn]int),
	}
	s.front = s.newFront()
	s.working.Go(s.accept)
	return s, nil
}

func (s *Server) newFront() *gliderlabs.Server {
	front := &gliderlabs.Server{
		Version:           versionLine[len("SSH-2.0-"):],
		RequestHandlers:   map[string]gliderlabs.RequestHandler{},
		SubsystemHandlers: map[string]gliderlabs.SubsystemHandler{},
		ChannelHandlers: map[string]gliderlabs.ChannelHandler{
			"session": s.serveSession, "direct-tcpip": s.forward,
		},
		ServerConfigCallback: func(gliderlabs.Context) *ssh.ServerConfig { return s.config() },
	}
	for _, key := range s.options.HostKeys {
		front.AddHostKey(key)
	}
	s.authenticate(front)
	return front
}

// Addr returns where the server listens, as host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Port returns the port on which the server listens.
func (s *Server) Port() int { return s.listener.Addr().(*net.TCPAddr).Port }

// HostKey returns the first host key as a line of authorized_keys.
func (s *Server) HostKey() string { return KeyLine(s.options.HostKeys[0].PublicKey()) }

// KnownHosts returns the lines, each with its newline, that make a known_hosts file accept this server.
func (s *Server) KnownHosts() string {
	var lines string
	for _, key := range s.options.HostKeys {
		lines += fmt.Sprintf("[127.0.0.1]:%d %s\n", s.Port(), KeyLine(key.PublicKey()))
	}
	return lines
}

// Accepted returns how many connections have been accepted so far, dropped ones included.
func (s *Server) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Connections returns how many connections are open now.
func (s *Server) Connections() int { return len(s.openConns()) }

// Close ends the listener, all connections, and every process that was started here: all of its session and all its
// descendants. It returns when all of them have ended. Calling it again does nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	again := s.closed
	s.closed = true
	s.mu.Unlock()
	if again {
		return nil
	}
	err := s.listener.Close()
	s.Cut()
	if ended := s.running.end(); err == nil {
		err = ended
	}
	s.working.Wait()
	return err
}

// begin announces work that Close waits for, unless the server is closed; done ends it.
func (s *Server) begin() (done func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	s.working.Add(1)
	return s.working.Done, true
}

func (s *Server) accept() {
	for {
		tcp, err := s.listener.AcceptTCP()
		if err != nil {
			return
		}
		c, ok := s.track(tcp)
		if !ok {
			_ = tcp.Close()
			return
		}
		s.working.Go(func() {
			defer s.forget(c)
			s.handle(c)
		})
	}
}

func (s *Server) track(tcp *net.TCPConn) (*flaky, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, false
	}
	c := newFlaky(tcp, s.gate)
	s.accepted++
	s.conns[c] = struct{}{}
	return c, true
}

func (s *Server) forget(c *flaky) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

func (s *Server) openConns() []*flaky {
	s.mu.Lock()
	defer s.mu.Unlock()
	var open []*flaky
	for c := range s.conns {
		open = append(open, c)
	}
	return open
}

// handle serves one connection, well or badly.
func (s *Server) handle(c *flaky) {
	faults, drop := s.takeFaults()
	if drop {
		c.dropped()
		return
	}
	switch faults.Handshake {
	case SilentAtOnce:
		c.silent("")
	case SilentAfterVersion:
		c.silent(versionLine + "\r\n")
	case ResetInKeyExchange:
		c.resetInKeyExchange()
	default:
		s.serve(c, faults)
	}
}

func (s *Server) serve(c *flaky, faults Faults) {
	if faults.Latency <= 0 {
		s.front.HandleConn(c)
		return
	}
	s.front.HandleConn(newDelayed(c, faults.Latency))
}

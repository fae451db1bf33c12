package sshserver

import (
	"fmt"
	"net"
	"sync"
	"sync/atomic"
)

// A Proxy is a way to any server, this package's or a real one, on which connections can be made to fail. Its methods
// may be called from many goroutines.
type Proxy struct {
	target   string
	listener *net.TCPListener
	working  sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	trouble  Trouble
	accepted int
	routes   map[*route]struct{}

	toServer, toClient atomic.Int64 // bytes that came
}

// Trouble is how and when a [Proxy] makes a connection fail. The zero value never does.
type Trouble struct {
	How Failure
	// ToServer counts what the client sends; else what the server sends is counted.
	ToServer bool
	// After is how many bytes pass before it happens.
	After int
	// Times is how many connections fail; 0 is all of them.
	Times int
	// First is sent to the client before anything that the server sends.
	First string
}

// StartProxy starts a proxy on a free port of 127.0.0.1 for a server, given as host:port.
func StartProxy(target string) (*Proxy, error) {
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	p := &Proxy{target: target, listener: listener, routes: make(map[*route]struct{})}
	p.working.Go(p.accept)
	return p, nil
}

// Port returns the port on which the proxy listens.
func (p *Proxy) Port() int { return p.listener.Addr().(*net.TCPAddr).Port }

// Set changes what happens to connections accepted from now on. To those that are open nothing happens any more.
func (p *Proxy) Set(t Trouble) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble = t
	for r := range p.routes {
		r.arm(Trouble{})
	}
}

// Arm changes what happens to the connections that are open; bytes are counted from now on.
func (p *Proxy) Arm(t Trouble) {
	for _, r := range p.open() {
		r.arm(t)
	}
}

// Fail makes all connections that are open fail now.
func (p *Proxy) Fail(how Failure) {
	for _, r := range p.open() {
		r.fail(how)
	}
}

// Accepted returns how many connections have been accepted so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// Came returns how many bytes have come so far, from the clients or from the server.
func (p *Proxy) Came(toServer bool) int64 {
	if toServer {
		return p.toServer.Load()
	}
	return p.toClient.Load()
}

// Connections returns how many connections are open now.
func (p *Proxy) Connections() int { return len(p.open()) }

// Close ends the listener and all connections. Calling it again does nothing.
func (p *Proxy) Close() error {
	p.mu.Lock()
	again := p.closed
	p.closed = true
	p.mu.Unlock()
	if again {
		return nil
	}
	err := p.listener.Close()
	p.Fail(Reset)
	p.working.Wait()
	return err
}

func (p *Proxy) open() []*route {
	p.mu.Lock()
	defer p.mu.Unlock()
	var open []*route
	for r := range p.routes {
		open = append(open, r)
	}
	return open
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.AcceptTCP()
		if err != nil {
			return
		}
		r := p.track(newFlaky(client, &gate{}))
		if r == nil {
			_ = client.Close()
			return
		}
		p.working.Go(func() {
			defer p.forget(r)
			r.serve(p.target)
		})
	}
}

func (p *Proxy) track(client *flaky) *route {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	r := &route{proxy: p, client: client, first: p.trouble.First}
	r.arm(p.trouble)
	if p.trouble.Times == 1 {
		p.trouble = Trouble{}
	}
	p.trouble.Times = max(0, p.trouble.Times-1)
	p.accepted++
	p.routes[r] = struct{}{}
	return r
}

func (p *Proxy) forget(r *route) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.routes, r)
}

package sshserver

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// A route is one connection through a [Proxy].
type route struct {
	proxy   *Proxy
	client  *flaky
	first   string // sent to the client before anything else
	mu      sync.Mutex
	server  *net.TCPConn // nil until it is connected
	stalled atomic.Bool  // nothing passes any more
	unknown atomic.Bool  // what the client sends is answered with a reset
	armed   atomic.Pointer[fuse]
}

// A fuse is a trouble to come.
type fuse struct {
	Trouble
	left int // bytes to pass before it happens; used by the one direction in which they are counted
}

func (r *route) arm(t Trouble) { r.armed.Store(&fuse{t, t.After}) }

// serve connects to the server, and copies both ways until both have ended or the client is gone.
func (r *route) serve(target string) {
	defer r.client.Close()
	conn, err := net.Dial("tcp", target)
	if err != nil {
		return
	}
	server := conn.(*net.TCPConn)
	defer server.Close()
	r.mu.Lock()
	r.server = server
	r.mu.Unlock()
	if _, err := io.WriteString(r.client, r.first); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { r.copy(r.client, server, false) })
	r.copy(server, r.client, true)
	// Where the client has ended only its half, the server may still have something to say. A client that has gone
	// does not read it: then writing ends the copying, and so does the end of the server, which follows.
	back.Wait()
}

// halfCloser is a TCP connection.
type halfCloser interface {
	io.Writer
	CloseWrite() error
}

// copy copies one way until its end, and makes the trouble when its time has come.
func (r *route) copy(to halfCloser, from io.Reader, toServer bool) {
	buf := make([]byte, 32<<10)
	came := &r.proxy.toClient
	if toServer {
		came = &r.proxy.toServer
	}
	for {
		n, err := from.Read(buf)
		came.Add(int64(n))
		if toServer && n > 0 && r.unknown.Load() {
			r.fail(Reset)
			return
		}
		data := r.burn(to, buf[:n], toServer)
		if len(data) > 0 && !r.stalled.Load() {
			if _, err := to.Write(data); err != nil {
				return
			}
		}
		if err != nil {
			_ = to.CloseWrite() // fails where it is closed already
			return
		}
	}
}

// burn counts what passes, and returns what of it has not been passed on.
func (r *route) burn(to io.Writer, data []byte, toServer bool) []byte {
	f := r.armed.Load()
	if f.How == Works || f.ToServer != toServer {
		return data
	}
	if f.left -= len(data); f.left >= 0 {
		return data
	}
	before := len(data) + f.left
	r.armed.CompareAndSwap(f, &fuse{})
	if f.How == Flip {
		data[before] ^= 0xff
		return data
	}
	_, _ = to.Write(data[:before]) // where that fails, so does what follows
	r.fail(f.How)
	return data[before:]
}

// fail makes the connection fail on both sides. A stall keeps reading, and loses what it reads, so that the end of the
// client is noticed.
func (r *route) fail(how Failure) {
	r.mu.Lock()
	server := r.server
	r.mu.Unlock()
	switch how {
	case Stall:
		r.stalled.Store(true)
	case Forget:
		r.stalled.Store(true)
		r.unknown.Store(true)
	case End, Reset:
		r.client.fail(how)
		if server != nil {
			_ = server.SetLinger(0)
			_ = server.Close() // it may have ended
		}
	}
}

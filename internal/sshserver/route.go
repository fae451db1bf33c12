package sshserver

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
)

// A route is one connection through a [Proxy].
type route struct {
	trouble Trouble
	client  *flaky
	mu      sync.Mutex
	server  *net.TCPConn // nil until it is connected
	stalled atomic.Bool  // nothing passes any more
	spared  atomic.Bool  // the trouble will not happen
}

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
	if _, err := io.WriteString(r.client, r.trouble.First); err != nil {
		return
	}
	var back sync.WaitGroup
	back.Go(func() { r.copy(r.client, server, !r.trouble.ToServer) })
	r.copy(server, r.client, r.trouble.ToServer)
	// Where the client has ended only its half, the server may still have something to say. A client that has gone
	// does not read it: then writing ends the copying, and so does the end of the server, which follows.
	back.Wait()
}

// halfCloser is a TCP connection.
type halfCloser interface {
	io.Writer
	CloseWrite() error
}

// copy copies one way until its end, and makes the trouble if what passes here is counted.
func (r *route) copy(to halfCloser, from io.Reader, counted bool) {
	buf := make([]byte, 32<<10)
	left := r.trouble.After
	struck := !counted || r.trouble.How == Works
	for {
		n, err := from.Read(buf)
		data := buf[:n]
		if !struck && n > left && !r.spared.Load() {
			struck = true
			data = r.strike(to, data, left)
		}
		left -= n
		if n > 0 && !r.stalled.Load() {
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

// strike passes on what is left of the bytes that are to pass, makes the trouble, and returns what remains of data.
func (r *route) strike(to io.Writer, data []byte, left int) []byte {
	if r.trouble.How == Flip {
		data[left] ^= 0xff
		return data
	}
	_, _ = to.Write(data[:left]) // where that fails, so does what follows
	r.fail(r.trouble.How)
	return data[left:]
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
	case End, Reset:
		r.client.fail(how)
		if server != nil {
			_ = server.SetLinger(0)
			_ = server.Close() // it may have ended
		}
	}
}

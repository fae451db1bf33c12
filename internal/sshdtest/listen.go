package sshdtest

import (
	"net"
	"sync"
	"testing"
)

// Listen serves every connection to an address in a goroutine of its own. When the test ends all of them are closed, and
// waited for.
func Listen(t testing.TB, network, address string, serve func(net.Conn)) net.Addr {
	t.Helper()
	listener, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex // guards what follows
	var open []net.Conn
	over := false
	var wait sync.WaitGroup
	wait.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			if over {
				conn.Close()
			}
			open = append(open, conn)
			mu.Unlock()
			wait.Go(func() {
				defer conn.Close()
				serve(conn)
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		over = true
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		wait.Wait()
	})
	return listener.Addr()
}

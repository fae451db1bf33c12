package sshserver

import (
	"io"
	"net"
	"strconv"
	"sync"

	gliderlabs "github.com/gliderlabs/ssh"
	"golang.org/x/crypto/ssh"
)

// forward serves one direct-tcpip channel: a TCP connection from here, on behalf of the client. Each direction ends
// by itself, as with sshd.
func (s *Server) forward(_ *gliderlabs.Server, client *ssh.ServerConn, ask ssh.NewChannel, ctx gliderlabs.Context) {
	done, ok := s.begin()
	if !ok || s.options.NoForwarding {
		_ = ask.Reject(ssh.Prohibited, "open failed")
		if ok {
			done()
		}
		return
	}
	defer done()
	if told := s.options.OnForward; told != nil {
		told(client)
	}
	target, err := dialTarget(ctx, ask.ExtraData())
	if err != nil {
		_ = ask.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	defer target.Close()
	channel, requests, err := ask.Accept()
	if err != nil {
		return
	}
	s.relay(channel, requests, target)
}

func dialTarget(ctx gliderlabs.Context, payload []byte) (*net.TCPConn, error) {
	var to struct {
		Host       string
		Port       uint32
		OriginHost string
		OriginPort uint32
	}
	if err := ssh.Unmarshal(payload, &to); err != nil {
		return nil, err
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", net.JoinHostPort(to.Host, strconv.Itoa(int(to.Port))))
	if err != nil {
		return nil, err
	}
	return c.(*net.TCPConn), nil
}

// relay copies both ways until both have ended, or the client has closed the channel. Errors of copying are ends.
func (s *Server) relay(channel ssh.Channel, requests <-chan *ssh.Request, target *net.TCPConn) {
	var gone, copying sync.WaitGroup
	gone.Go(func() {
		ssh.DiscardRequests(requests)
		_ = target.Close()
	})
	copying.Go(func() {
		_, _ = io.Copy(target, channel)
		_ = target.CloseWrite()
	})
	copying.Go(func() {
		_, _ = io.Copy(channel, target)
		_ = channel.CloseWrite()
	})
	copying.Wait()
	_ = channel.Close()
	gone.Wait()
}

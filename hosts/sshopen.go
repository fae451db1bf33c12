package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// open opens the way to the server: directly, by a command, or through another connection, which is then held. The berth
// is nil there; else it is to be closed, also with an error.
func (d *dialling) open(ctx context.Context, watch *watchdog) (*berth, net.Conn, *sshConn, error) {
	if len(d.st.jumps) > 0 && d.st.proxyCommand == "" {
		conn, via, err := d.tunnel(ctx, watch)
		return nil, conn, via, err
	}
	at, err := d.takeBerth(ctx, watch)
	if err != nil {
		return nil, nil, nil, err
	}
	conn, err := d.openSocket(ctx, watch)
	return at, conn, nil, err
}

// openSocket connects directly or by a command.
func (d *dialling) openSocket(ctx context.Context, watch *watchdog) (net.Conn, error) {
	if err := d.admit(ctx, watch); err != nil {
		return nil, err
	}
	if d.st.proxyCommand != "" {
		return startProxy(d.pool, d.st.proxyCommand)
	}
	conn, err := d.dial(ctx)
	for tries := 1; err != nil && tries < d.st.attempts && ctx.Err() == nil; tries++ {
		if err := sleep(ctx, betweenAttempts); err != nil {
			return nil, err
		}
		watch.phase(phaseConnect) // each has the whole time limit
		conn, err = d.dial(ctx)
	}
	return conn, err
}

// betweenAttempts is the pause that ConnectionAttempts is given, as in OpenSSH.
const betweenAttempts = time.Second

// dial connects directly.
func (d *dialling) dial(ctx context.Context) (net.Conn, error) {
	var dialer net.Dialer
	if d.st.quiet {
		dialer.KeepAlive = -1
	}
	network := first(d.st.network, "tcp")
	if d.st.bind != "" {
		local, err := net.ResolveTCPAddr(network, net.JoinHostPort(d.st.bind, "0"))
		if err != nil {
			return nil, fmt.Errorf("BindAddress %s: %w", d.st.bind, err)
		}
		dialer.LocalAddr = local
	}
	return dialer.DialContext(ctx, network, d.st.address())
}

// admit waits until the server may be connected to, once the way there is open: for the person, where the server will
// ask and wait, and for a place among those who log in to it. The time does not count.
func (d *dialling) admit(ctx context.Context, watch *watchdog) error {
	defer watch.pause()()
	if d.login.live {
		if err := d.takeTurn(ctx); err != nil {
			return err
		}
	}
	leave, err := d.pool.enter(ctx, d.sshd())
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.leave = leave
	return nil
}

// depart gives back what admit took.
func (d *dialling) depart() {
	d.giveTurn()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.leave != nil {
		d.leave()
		d.leave = nil
	}
}

// isHop reports whether the connection that ctx is for is made for the sake of another.
func isHop(ctx context.Context) bool { return ctx.Value(wayKey{}) != nil }

// wayKey is the key of the connections that are being made, each of which waits for the next.
type wayKey struct{}

// step is a connection that another one waits for.
type hopStep struct {
	link *link
	name string
}

// tunnel opens a connection through the last jump host. The time that it takes to get there is not the host's.
func (d *dialling) tunnel(ctx context.Context, watch *watchdog) (net.Conn, *sshConn, error) {
	hop, err := newSSH(d.st.hop())
	if err != nil {
		return nil, nil, err
	}
	ctx, err = d.onTheWay(ctx, hop)
	if err != nil {
		return nil, nil, err
	}
	resume := watch.pause()
	via, err := d.pool.get(ctx, hop, d.rest, func() { d.resume(ctx) })
	resume()
	if err != nil {
		return nil, nil, d.throughFailed(hop.o.Slug, err)
	}
	err = d.admit(ctx, watch)
	var conn net.Conn
	if err == nil {
		conn, err = via.client.DialContext(ctx, "tcp", d.st.address())
	}
	if err == nil {
		return conn, via, nil
	}
	d.pool.release(via)
	var refused *ssh.OpenChannelError
	switch {
	case !errors.As(err, &refused):
		return nil, nil, fmt.Errorf("through jump host %s: %w", hop.o.Slug, err)
	case refused.Reason == ssh.Prohibited:
		err = fmt.Errorf("the jump host %s does not let connections through: %s", hop.o.Slug, refused.Message)
		return nil, nil, d.st.fail(Unreachable, err,
			"its sshd_config must have AllowTcpForwarding yes, and PermitOpen not exclude this address")
	}
	failure := d.st.fail(Unreachable, fmt.Errorf("the jump host %s cannot reach it: %s", hop.o.Slug, refused.Message), "")
	failure.Offline = true
	return nil, nil, failure
}

// throughFailed is the error of a host whose jump host cannot be used.
func (d *dialling) throughFailed(hop string, err error) error {
	var failure *Error
	if !errors.As(err, &failure) {
		return err
	}
	err = fmt.Errorf("through jump host %s: %s: %w", hop, failure.Op, failure.Err)
	behind := d.st.fail(failure.Fault, err, failure.Hint)
	behind.Offline = failure.Offline
	return behind
}

// onTheWay refuses jump hosts that are reached through each other.
func (d *dialling) onTheWay(ctx context.Context, hop *SSH) (context.Context, error) {
	before, _ := ctx.Value(wayKey{}).([]hopStep)
	way := append(slices.Clip(before), hopStep{d.link, d.st.name})
	for _, step := range way {
		if step.link.key != hop.key {
			continue
		}
		var names []string
		for _, s := range way {
			names = append(names, s.name)
		}
		return nil, d.st.fail(Unreachable, fmt.Errorf("its jump hosts go round in a circle: %s through %s",
			strings.Join(names, " through "), hop.o.name()), "set ProxyJump none for the jump host in ssh_config")
	}
	return context.WithValue(ctx, wayKey{}, way), nil
}

package hosts

import (
	"net"
	"syscall"

	"golang.org/x/sys/unix"
)

// quickAck returns a function that acknowledges at once what was read. sshd holds small packets back until the one
// before is acknowledged, and Linux waits up to 40 ms for something to send along. That delayed the first session by as
// much, since sshd tells of its host keys after the login, and nobody answers. With the session sshd ceases to hold
// anything back, and then acknowledging would cost more than it brings. The kernel forgets the setting, so the function
// is called after every read. It is nil where there is no such socket.
func quickAck(conn net.Conn) func() {
	socket, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return nil
	}
	acknowledge := func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_QUICKACK, 1) // without it all is as before
	}
	return func() { _ = raw.Control(acknowledge) } // fails with the connection only
}

package pty

import "golang.org/x/sys/unix"

// wait waits until one of the descriptors can be read, or has ended, and reports whether woken can.
func wait(fd, woken int) (stopped bool, err error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(woken), Events: unix.POLLIN}}
	for {
		_, err := unix.Poll(fds, -1)
		if err == nil {
			return fds[1].Revents != 0, nil
		}
		if err != unix.EINTR {
			return false, err
		}
	}
}

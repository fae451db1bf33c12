package pty

import (
	"time"

	"golang.org/x/sys/unix"
)

// wait waits until one of the descriptors can be read, or has ended, and reports which. After limit neither can; a
// negative limit is none.
func wait(fd, woken int, limit time.Duration) (ready, stopped bool, err error) {
	fds := []unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}, {Fd: int32(woken), Events: unix.POLLIN}}
	end := time.Now().Add(limit)
	for {
		timeout := -1
		if limit >= 0 {
			timeout = max(0, int(time.Until(end).Milliseconds()))
		}
		_, err := unix.Poll(fds, timeout)
		if err == nil {
			return fds[0].Revents != 0, fds[1].Revents != 0, nil
		}
		if err != unix.EINTR {
			return false, false, err
		}
	}
}

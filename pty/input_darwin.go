package pty

import (
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// wait waits until one of the descriptors can be read, or has ended, and reports which. After limit neither can; a
// negative limit is none. It uses select, since poll does not know terminals on every macOS.
func wait(fd, woken int, limit time.Duration) (ready, stopped bool, err error) {
	if max(fd, woken) >= unix.FD_SETSIZE {
		return false, false, errors.New("too many open files to read the terminal")
	}
	end := time.Now().Add(limit)
	for {
		var set unix.FdSet
		set.Set(fd)
		set.Set(woken)
		var timeout *unix.Timeval
		if limit >= 0 {
			left := unix.NsecToTimeval(max(0, time.Until(end).Nanoseconds()))
			timeout = &left
		}
		_, err := unix.Select(max(fd, woken)+1, &set, nil, nil, timeout)
		if err == nil {
			return set.IsSet(fd), set.IsSet(woken), nil
		}
		if err != unix.EINTR {
			return false, false, err
		}
	}
}

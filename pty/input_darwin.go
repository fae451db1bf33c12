package pty

import (
	"errors"

	"golang.org/x/sys/unix"
)

// wait waits until one of the descriptors can be read, or has ended, and reports whether woken can. It uses select,
// since poll does not know terminals on every macOS.
func wait(fd, woken int) (stopped bool, err error) {
	if max(fd, woken) >= unix.FD_SETSIZE {
		return false, errors.New("too many open files to read the terminal")
	}
	for {
		var set unix.FdSet
		set.Set(fd)
		set.Set(woken)
		_, err := unix.Select(max(fd, woken)+1, &set, nil, nil, nil)
		if err == nil {
			return set.IsSet(woken), nil
		}
		if err != unix.EINTR {
			return false, err
		}
	}
}

package pty

import "golang.org/x/sys/unix"

const (
	ioctlGetTermios = unix.TIOCGETA
	ioctlSetTermios = unix.TIOCSETA

	noKey = 0xff // in the place of a key that does what no key shall do
)

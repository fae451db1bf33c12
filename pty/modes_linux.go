package pty

import "golang.org/x/sys/unix"

const (
	ioctlGetTermios = unix.TCGETS
	ioctlSetTermios = unix.TCSETS

	noKey = 0 // in the place of a key that does what no key shall do
)

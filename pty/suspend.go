package pty

import (
	"syscall"
	"time"
)

// notStopped is when a program that was to stop still runs.
const notStopped = 200 * time.Millisecond

// Suspend stops this program and all that was started with it, as Ctrl-Z does elsewhere. It returns when continued tells
// that the program goes on (SIGCONT). Where nobody could make it go on, it is not stopped.
func Suspend[T any](continued <-chan T) {
	if err := syscall.Kill(0, syscall.SIGTSTP); err != nil {
		return // some of it belongs to others
	}
	select {
	case <-continued:
	case <-time.After(notStopped):
	}
}

// Package pty deals with terminals: their size, raw mode, and pseudo-terminals for commands of this machine.
//
// It imports nothing of this program. creack/pty, golang.org/x/term and the ioctls of golang.org/x/sys are used here
// and nowhere else.
package pty

import (
	"os"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Size is the size of a terminal in characters.
type Size struct{ Rows, Cols int }

// Default is the size taken where a terminal does not tell its own.
var Default = Size{Rows: 24, Cols: 80}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool { return f != nil && term.IsTerminal(int(f.Fd())) }

// SizeOf returns the size of the terminal f, or [Default] where it does not tell.
func SizeOf(f *os.File) Size {
	cols, rows, err := term.GetSize(int(f.Fd()))
	if err != nil || cols <= 0 || rows <= 0 {
		return Default
	}
	return Size{Rows: rows, Cols: cols}
}

// Resize tells the command on the pseudo-terminal f that the window changed.
func Resize(f *os.File, size Size) error {
	return control(f, func(fd int) error {
		return unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: uint16(size.Rows), Col: uint16(size.Cols)})
	})
}

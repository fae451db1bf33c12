package pty

import (
	"errors"
	"os"
	"os/exec"
	"syscall"

	creack "github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// Open makes a pseudo-terminal of the given size. What is written to master arrives as typed on tty.
//
// Closing master ends a Read of it that waits, and hangs up the terminal.
func Open(size Size) (master, tty *os.File, err error) {
	blocking, tty, err := creack.Open()
	if err != nil {
		return nil, nil, err
	}
	master, err = pollable(blocking)
	if err == nil {
		err = Resize(master, size)
	}
	if err != nil {
		closeAll(master, tty)
		return nil, nil, err
	}
	return master, tty, nil
}

// Start starts cmd with a new pseudo-terminal as its controlling terminal, and as those of its standard input,
// output and error that are nil (one at least). Reading the returned side gives an error (EIO on Linux) once the
// command and all its children have ended. Closing it hangs up the terminal: the command gets SIGHUP.
func Start(cmd *exec.Cmd, size Size) (*os.File, error) {
	master, tty, err := Open(size)
	if err != nil {
		return nil, err
	}
	if err := StartOn(cmd, tty); err != nil {
		closeAll(master, tty)
		return nil, err
	}
	return master, tty.Close()
}

// StartOn starts cmd with tty as its controlling terminal, and as those of its standard input, output and error
// that are nil (one at least). tty stays open here.
func StartOn(cmd *exec.Cmd, tty *os.File) error {
	if err := onTerminal(cmd, tty); err != nil {
		return err
	}
	return cmd.Start()
}

func onTerminal(cmd *exec.Cmd, tty *os.File) error {
	stream := -1
	if cmd.Stderr == nil {
		cmd.Stderr, stream = tty, 2
	}
	if cmd.Stdout == nil {
		cmd.Stdout, stream = tty, 1
	}
	if cmd.Stdin == nil {
		cmd.Stdin, stream = tty, 0
	}
	if stream < 0 {
		return errors.New("none of the streams of the command is left to its terminal")
	}
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty, cmd.SysProcAttr.Ctty = true, true, stream
	return nil
}

// pollable returns f without blocking mode. creack/pty leaves its side in blocking mode, where Close waits for ever
// behind a Read that nothing answers, and the terminal is never hung up.
func pollable(f *os.File) (*os.File, error) {
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		f.Close()
	}
}

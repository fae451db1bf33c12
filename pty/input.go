package pty

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"
)

// ErrStopped is returned by [Input.Read] once the input was stopped.
var ErrStopped = errors.New("input stopped")

// Input reads what is typed on a terminal until it is told to stop. Until a key is there it waits without reading, so
// that no key is taken after Stop: it is left to whoever reads the terminal next.
type Input struct {
	f          *os.File
	woken      *os.File // readable (at its end) once wake is closed
	wake       *os.File
	stop       sync.Once
	closeWoken sync.Once
}

// NewInput returns an input that reads from f, which stays open. It must be closed.
func NewInput(f *os.File) (*Input, error) {
	woken, wake, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	return &Input{f: f, woken: woken, wake: wake}, nil
}

// Read waits for keys and returns them. Its error is io.EOF where the terminal says so (Ctrl-D on an empty line, unless
// raw), and ErrStopped after Stop, also if keys are there.
func (in *Input) Read(p []byte) (int, error) { return in.ReadWithin(p, -1) }

// ReadWithin is Read that waits no longer than limit, and then returns os.ErrDeadlineExceeded; a negative limit is none.
func (in *Input) ReadWithin(p []byte, limit time.Duration) (int, error) {
	if err := waitForEither(in.f, in.woken, limit); err != nil {
		return 0, err
	}
	n, err := in.f.Read(p)
	if n == 0 && err == nil && len(p) > 0 {
		err = io.EOF
	}
	return n, err
}

// Stop ends a Read that waits, and every later one. It may be called at any time, more than once.
func (in *Input) Stop() {
	in.stop.Do(func() { in.wake.Close() })
}

// Close stops the input and frees what it holds, once no Read is going on.
func (in *Input) Close() error {
	in.Stop()
	var err error
	in.closeWoken.Do(func() { err = in.woken.Close() })
	return err
}

// waitForEither waits until f can be read; it returns ErrStopped if woken can be.
func waitForEither(f, woken *os.File, limit time.Duration) error {
	var ready, stopped bool
	var failed error
	err := withFd(f, func(fd int) error {
		return withFd(woken, func(wokenFd int) error {
			ready, stopped, failed = wait(fd, wokenFd, limit)
			return nil
		})
	})
	switch {
	case err != nil:
		return err
	case failed != nil:
		return os.NewSyscallError("wait for input", failed)
	case stopped:
		return ErrStopped
	case !ready:
		return os.ErrDeadlineExceeded
	}
	return nil
}

// withFd calls do with the descriptor of f, which stays open meanwhile, and as it is.
func withFd(f *os.File, do func(fd int) error) error {
	raw, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil {
		return err
	}
	return failed
}

package pty

import (
	"os"
	"os/signal"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Modes is how a terminal treats what is typed and printed. A terminal that a shell gives to a command has all of
// them; raw mode has none that counts.
type Modes struct {
	Echo      bool // what is typed is shown
	Canonical bool // what is typed arrives by lines, and can be edited
	Signals   bool // Ctrl-C, Ctrl-\ and the key Suspend send signals
	Suspend   byte // the key that stops the program, Ctrl-Z as a rule; 0: none does
	CRToNL    bool // a carriage return typed arrives as a newline
	Output    bool // what is printed is processed: without it, NLToCRNL does nothing
	NLToCRNL  bool // a newline printed also returns the carriage
}

// CtrlZ is the key.
const CtrlZ = 0x1a

// Cooked is the modes of a terminal as a login shell gives it to a command.
var Cooked = Modes{Echo: true, Canonical: true, Signals: true, Suspend: CtrlZ, CRToNL: true, Output: true, NLToCRNL: true}

// ModesOf returns the modes of the terminal f; of a pseudo-terminal either side will do.
func ModesOf(f *os.File) (Modes, error) {
	t, err := termios(f)
	if err != nil {
		return Modes{}, err
	}
	suspend := t.Cc[unix.VSUSP]
	if suspend == noKey {
		suspend = 0
	}
	return Modes{
		Suspend: suspend,
		Echo:    t.Lflag&unix.ECHO != 0, Canonical: t.Lflag&unix.ICANON != 0, Signals: t.Lflag&unix.ISIG != 0,
		CRToNL: t.Iflag&unix.ICRNL != 0, Output: t.Oflag&unix.OPOST != 0, NLToCRNL: t.Oflag&unix.ONLCR != 0,
	}, nil
}

// SetModes gives the terminal f these modes, and leaves all that [Modes] does not name as it is.
func SetModes(f *os.File, m Modes) error {
	t, err := termios(f)
	if err != nil {
		return err
	}
	put(&t.Lflag, unix.ECHO, m.Echo)
	put(&t.Lflag, unix.ICANON, m.Canonical)
	put(&t.Lflag, unix.ISIG, m.Signals)
	put(&t.Iflag, unix.ICRNL, m.CRToNL)
	put(&t.Oflag, unix.OPOST, m.Output)
	put(&t.Oflag, unix.ONLCR, m.NLToCRNL)
	t.Cc[unix.VSUSP] = m.Suspend
	if m.Suspend == 0 {
		t.Cc[unix.VSUSP] = noKey
	}
	return control(f, func(fd int) error { return unix.IoctlSetTermios(fd, ioctlSetTermios, t) })
}

// Raw puts the terminal f into raw mode. restore puts it back as it was; it may be called more than once. Until then f
// stays raw, see [Hold].
func Raw(f *os.File) (restore func() error, err error) {
	before, err := makeRaw(f)
	if err != nil {
		return nil, err
	}
	return hold(func() {
		_, _ = makeRaw(f) // as in Hold
	}, func() error {
		return withFd(f, func(fd int) error { return term.Restore(fd, before) })
	}), nil
}

func makeRaw(f *os.File) (before *term.State, err error) {
	err = withFd(f, func(fd int) (err error) {
		before, err = term.MakeRaw(fd)
		return err
	})
	return before, err
}

// Hold gives the terminal f these modes until restore, as [SetModes] does. A program that is stopped (by SIGTSTP or
// SIGSTOP) finds the terminal as others have left it when it goes on: then f gets these modes again, and again is called,
// which may draw what is to be seen.
func Hold(f *os.File, m Modes, again func()) (restore func() error, err error) {
	before, err := ModesOf(f)
	if err != nil {
		return nil, err
	}
	if err := SetModes(f, m); err != nil {
		return nil, err
	}
	return hold(func() {
		_ = SetModes(f, m) // fails when the terminal is gone, which reading it tells
		again()
	}, func() error { return SetModes(f, before) }), nil
}

// hold calls set whenever this program was stopped and goes on, until restore, which calls undo.
func hold(set func(), undo func() error) (restore func() error) {
	continued, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(continued, syscall.SIGCONT)
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			select {
			case <-continued:
				set()
			case <-done:
				return
			}
		}
	})
	release := sync.OnceFunc(func() {
		signal.Stop(continued)
		close(done)
		watching.Wait()
	})
	return func() error {
		release()
		return undo()
	}
}

func termios(f *os.File) (t *unix.Termios, err error) {
	err = control(f, func(fd int) (err error) {
		t, err = unix.IoctlGetTermios(fd, ioctlGetTermios)
		return err
	})
	return t, err
}

func put[T uint32 | uint64](flags *T, bit T, on bool) {
	if on {
		*flags |= bit
	} else {
		*flags &^= bit
	}
}

// control is withFd for what asks the terminal for something.
func control(f *os.File, do func(fd int) error) error {
	return withFd(f, func(fd int) error { return os.NewSyscallError("ioctl", do(fd)) })
}

package console

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"deployer/pty"
)

// Attach gives the terminal to a command: it puts it into raw mode and copies its keys to keyboard, until detach is
// called. resized is called when the window changed. It fails while a question is asked, or another command has it.
//
// detach waits until nothing is written to keyboard any more and resized has returned, so that a keyboard that takes
// nothing must be closed before. The terminal is as before then, and no key was taken that keyboard did not get. It may
// be called more than once.
func (p *Person) Attach(keyboard io.Writer, resized func(pty.Size)) (detach func() error, err error) {
	if p.terminal == nil {
		return nil, errors.New("there is no terminal")
	}
	select {
	case p.owner <- struct{}{}:
	default:
		return nil, errors.New("the terminal is in use by a question or another command")
	}
	_ = p.turns.take(context.Background()) // fails only with its context
	defer func() {
		if err != nil {
			p.disown()
		}
	}()
	input, err := pty.NewInput(p.terminal)
	if err != nil {
		return nil, err
	}
	var restore func() error
	err = p.screen.lend(func() (err error) {
		restore, err = pty.Raw(p.terminal)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, input.Close())
	}
	a := &attachment{input: input, restore: restore, changed: make(chan os.Signal, 1), done: make(chan struct{})}
	a.start(p, keyboard, resized)
	return sync.OnceValue(func() error {
		defer p.disown()
		defer p.screen.getBack()
		return a.end()
	}), nil
}

// Interrupt does what Ctrl-C at a question does: for a command that died of it.
func (p *Person) Interrupt() { p.interrupt() }

// attachment is a terminal that a command has.
type attachment struct {
	input   *pty.Input
	restore func() error
	changed chan os.Signal // the window changed
	done    chan struct{}
	tasks   sync.WaitGroup
}

func (a *attachment) start(p *Person, keyboard io.Writer, resized func(pty.Size)) {
	signal.Notify(a.changed, syscall.SIGWINCH)
	a.tasks.Go(func() {
		defer a.restoreAtPanic()
		// It ends when it is stopped, when the terminal hangs up, or when the command reads no more: all the same here.
		_, _ = io.Copy(struct{ io.Writer }{keyboard}, struct{ io.Reader }{a.input})
	})
	a.tasks.Go(func() {
		defer a.restoreAtPanic()
		for {
			select {
			case <-a.changed:
				resized(p.Size())
			case <-a.done:
				return
			}
		}
	})
}

func (a *attachment) restoreAtPanic() {
	if cause := recover(); cause != nil {
		_ = a.restore() // the panic matters more
		panic(cause)
	}
}

func (a *attachment) end() error {
	signal.Stop(a.changed)
	close(a.done)
	a.input.Stop()
	a.tasks.Wait()
	return errors.Join(a.restore(), a.input.Close())
}

package console

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"
	"time"

	"deployer/pty"
)

// A person who steps into a host has its terminal as if they were connected to it: what it showed last is shown again,
// what it prints comes as it is, and their keys go there, until the key that leads back, or until the host has done its
// part. The lines of the others wait.

const (
	stepOutKey = 0x1d                   // Ctrl-]
	lookEvery  = 200 * time.Millisecond // whether the host has done its part
	resizeTime = 50 * time.Millisecond  // in which a program notices the size of its window
)

// stepIn gives the person the terminal of the host that is chosen, else of the first that waits for an answer.
func (t *steering) stepIn(_ context.Context, input *pty.Input) (then step, err error) {
	if !t.screen.stepIn() {
		return t.read, nil
	}
	restore, err := pty.Raw(t.person.terminal)
	if err != nil {
		t.screen.stepOut()
		return nil, err
	}
	t.screen.resizeSeat(t.person.Size())
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	err = t.conduct(input, changed)
	signal.Stop(changed)
	err = errors.Join(err, restore())
	if t.screen.stepOut() && err == nil {
		return nil, nil // a question waits
	}
	return t.read, err
}

// conduct passes keys on to the host.
func (t *steering) conduct(input *pty.Input, changed <-chan os.Signal) error {
	keys := make([]byte, 4096)
	for t.screen.inside() {
		select {
		case <-changed:
			t.screen.resizeSeat(t.person.Size())
		default:
		}
		n, err := input.ReadWithin(keys, lookEvery)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			continue
		}
		if err != nil {
			return err
		}
		typed, _, out := bytes.Cut(keys[:n], []byte{stepOutKey})
		if !t.pass(typed) || out {
			return nil
		}
	}
	return nil
}

// pass gives keys to the command of the host. Between its commands nobody takes them; Ctrl-C leads back then.
func (t *steering) pass(typed []byte) (stay bool) {
	if len(typed) == 0 {
		return true
	}
	keyboard := t.screen.keyboard()
	if keyboard == nil {
		return bytes.IndexByte(typed, ctrlC) < 0
	}
	_, _ = keyboard.Write(typed) // a command that has ended takes none
	return true
}

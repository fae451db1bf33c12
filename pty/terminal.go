package pty

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"
)

// Terminal is what a person sits at: a screen to write to, and keys that are typed. It is a terminal of this machine,
// see [NewTerminal], or one at the far end of a connection, see [Stream]. What is written is drawn as it is, so that
// lines end in CR LF.
type Terminal interface {
	io.Writer
	// Size returns its size now.
	Size() Size
	// Keys makes each key arrive when it is typed, and unseen, until that is closed. One goroutine may take keys at a
	// time. Those that it leaves are for the next.
	Keys() (Keys, error)
}

// Keys is what is typed on a [Terminal].
type Keys interface {
	// ReadWithin waits for keys and returns them. It waits no longer than limit, and then returns
	// os.ErrDeadlineExceeded; a negative limit is none. After Stop it returns ErrStopped. Any other error, such as
	// io.EOF, says that the terminal is gone.
	ReadWithin(p []byte, limit time.Duration) (int, error)
	// Stop ends a ReadWithin that waits, and every later one. It may be called at any time, more than once.
	Stop()
	// Close makes the terminal as it was before, once no ReadWithin is going on.
	Close() error
}

// NewTerminal returns f, a terminal, as a Terminal. It is raw while somebody takes its keys, and stays open.
func NewTerminal(f *os.File) Terminal { return &file{File: f} }

// file is a terminal of this machine.
type file struct {
	*os.File
	ahead []byte // typed before it was raw, and not taken yet
}

// Size implements Terminal.
func (f *file) Size() Size { return SizeOf(f.File) }

// Keys implements Terminal.
func (f *file) Keys() (Keys, error) {
	input, err := NewInput(f.File)
	if err != nil {
		return nil, err
	}
	restore, err := Raw(f.File)
	if err != nil {
		return nil, errors.Join(err, input.Close())
	}
	f.takeAhead(input)
	return &fileKeys{Input: input, file: f, restore: restore}, nil
}

// Unread gives back keys of t, a terminal of [NewTerminal], to who takes its keys next.
func Unread(t Terminal, typed []byte) {
	if f, ok := t.(*file); ok {
		f.ahead = append(f.ahead, typed...)
	}
}

// takeAhead takes what was typed before the terminal was raw. Linux has made a NUL of every Ctrl-D in it.
func (f *file) takeAhead(input *Input) {
	typed := make([]byte, 4<<10)
	n, _ := input.ReadWithin(typed, 0) // an error comes again when a key is waited for
	f.ahead = append(f.ahead, bytes.ReplaceAll(typed[:n], []byte{0}, []byte{4})...)
}

// fileKeys is the keys of a terminal of this machine.
type fileKeys struct {
	*Input
	file    *file
	restore func() error
}

// ReadWithin implements Keys.
func (k *fileKeys) ReadWithin(p []byte, limit time.Duration) (int, error) {
	if len(k.file.ahead) == 0 {
		return k.Input.ReadWithin(p, limit)
	}
	n := copy(p, k.file.ahead)
	k.file.ahead = k.file.ahead[n:]
	return n, nil
}

// Close implements Keys.
func (k *fileKeys) Close() error { return errors.Join(k.restore(), k.Input.Close()) }

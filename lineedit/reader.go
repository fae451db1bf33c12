package lineedit

import (
	"bytes"
	"errors"
	"io"
	"os"
	"time"

	"deployer/pty"

	prompt "github.com/elk-language/go-prompt"
)

// reader gives go-prompt one key at a time. After one that ends the line it gives no more.
type reader struct {
	line    *line
	in      *pty.Input
	restore func() error
	waits   bool // the last key was a command, which may end the line
	over    bool
}

var _ prompt.Reader = (*reader)(nil)

// errOver is returned where no key may be taken any more.
var errOver = errors.New("the line has ended")

// escapeWait is how long the rest of an escape sequence may take. What comes later is other keys.
const escapeWait = 50 * time.Millisecond

// Open implements prompt.Reader.
func (r *reader) Open() error {
	restore, err := pty.Raw(r.line.e.o.Terminal)
	if err != nil {
		r.line.leave(err)
		return nil // go-prompt would panic
	}
	r.restore = restore
	_, _ = io.WriteString(r.line.e.o.Terminal, pasteOn) // when the terminal is gone, reading it says so
	r.typedAhead()
	return nil
}

// typedAhead takes what was typed before the terminal was raw. Linux has made a NUL of every Ctrl-D in it.
func (r *reader) typedAhead() {
	buffer := make([]byte, 4<<10)
	n, _ := r.in.ReadWithin(buffer, 0) // an error comes again when a key is waited for
	r.line.e.keys.add(bytes.ReplaceAll(buffer[:n], []byte{0}, []byte{4}))
}

// Close implements prompt.Reader.
func (r *reader) Close() error {
	if r.restore == nil {
		return nil
	}
	_, _ = io.WriteString(r.line.e.o.Terminal, pasteOff)
	_ = r.restore() // fails when the terminal is gone
	r.restore = nil
	return nil
}

// GetWinSize implements prompt.Reader. go-prompt draws nothing, so that any size will do that holds a line.
func (r *reader) GetWinSize() *prompt.WinSize { return &prompt.WinSize{Row: 1000, Col: 1000} }

// Read implements prompt.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.waits {
		r.waits, r.over = false, !<-r.line.done
	}
	if r.over {
		return 0, errOver
	}
	key := r.key()
	do := commandFor(string(key))
	switch {
	case key == nil:
		do = (*line).end
	case do == nil && key[0] >= ' ' && key[0] != 0x7f:
		do = insertion(string(key))
	case do == nil:
		return copy(b, key), nil
	}
	r.waits = true
	r.line.todo <- do
	return copy(b, ownKey), nil
}

// key waits for a key. It is nil if there is a reason to leave.
func (r *reader) key() []byte {
	k := &r.line.e.keys
	buffer := make([]byte, 4<<10)
	for {
		if key := k.next(false); key != nil {
			return key
		}
		limit := time.Duration(-1)
		if k.escaped() {
			limit = escapeWait
		}
		n, err := r.in.ReadWithin(buffer, limit)
		k.add(buffer[:n])
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded):
			if key := k.next(true); key != nil {
				return key
			}
		case err != nil:
			r.line.leave(gone(err))
			return nil
		}
	}
}

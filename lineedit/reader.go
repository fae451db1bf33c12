package lineedit

import (
	"errors"
	"os"
	"time"

	prompt "github.com/elk-language/go-prompt"
)

// reader gives go-prompt one key at a time. After one that ends the line it gives no more.
type reader struct {
	line  *line
	waits bool // the last key was a command, which may end the line
	over  bool
}

var _ prompt.Reader = (*reader)(nil)

// errOver is returned where no key may be taken any more.
var errOver = errors.New("the line has ended")

// escapeWait is how long the rest of an escape sequence may take. What comes later is other keys.
const escapeWait = 50 * time.Millisecond

// Open implements prompt.Reader. The line opens and closes its keys itself.
func (r *reader) Open() error { return nil }

// Close implements prompt.Reader.
func (r *reader) Close() error { return nil }

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
		n, err := r.line.keys.ReadWithin(buffer, limit)
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

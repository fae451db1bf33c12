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

// reader gives go-prompt one key at a time. After a key that may end the line it gives no more.
type reader struct {
	line    *line
	in      *pty.Input
	restore func() error
	out     [][]byte // keys to deliver next
	inMenu  bool     // the last key went through the menu
	tab     bool     // the first candidate is to be taken, once there is a menu
}

// errHeld is returned where no key may be taken. go-prompt asks again a little later.
var errHeld = errors.New("no key now")

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

// GetWinSize implements prompt.Reader.
func (r *reader) GetWinSize() *prompt.WinSize {
	size := r.line.e.size()
	return &prompt.WinSize{Row: uint16(size.Rows), Col: uint16(size.Cols)}
}

// Read implements prompt.Reader.
func (r *reader) Read(b []byte) (int, error) {
	if r.line.held.Load() {
		return 0, errHeld
	}
	if _, offers := r.line.drawn(); r.tab && offers {
		r.out, r.inMenu = append(r.out, []byte("\t")), true
	}
	r.tab = false
	for len(r.out) == 0 {
		r.out = r.meaning(r.key())
	}
	key := r.out[0]
	r.out = r.out[1:]
	switch string(key) {
	case "\r", "\n", string(leaveKey), string(deleteKey), string(offerKey):
		r.line.held.Store(true)
	}
	n := copy(b, key)
	if n < len(key) {
		r.out = append([][]byte{key[n:]}, r.out...)
	}
	return n, nil
}

// key waits for a key.
func (r *reader) key() []byte {
	k := &r.line.e.keys
	buffer := make([]byte, 4<<10)
	for {
		if key := k.next(false); key != nil {
			return key
		}
		limit := time.Duration(-1)
		if len(k.typed) > 0 && !k.paste {
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
			r.line.leave(ended(err))
			return leaveKey
		}
	}
}

// ended makes io.EOF of every way in which a terminal is gone.
func ended(err error) error {
	if errors.Is(err, pty.ErrStopped) {
		return err // there is a reason already
	}
	return io.EOF
}

// meaning returns what to deliver for a key.
func (r *reader) meaning(key []byte) [][]byte {
	l := r.line
	one := [][]byte{key}
	l.mu.Lock()
	searching := l.search.active
	if searching {
		one = l.search.key(key)
	} else if string(key) == "\x12" {
		l.search.begin()
		one = [][]byte{searchKey}
	}
	l.mu.Unlock()
	if searching || string(key) == "\x12" {
		return one
	}
	menu := r.inMenu
	r.inMenu = false
	switch string(key) {
	case "\x03":
		l.leave(ErrInterrupted)
		return [][]byte{leaveKey}
	case "\x04":
		return [][]byte{deleteKey}
	case "\x0c": // Ctrl-L
		_, _ = io.WriteString(l.e.o.Terminal, "\x1b[H\x1b[2J")
		return [][]byte{redrawKey}
	case "\t":
		text, offers := l.drawn()
		if !menu && (text != "" || !offers) {
			r.tab = text != ""
			return [][]byte{offerKey}
		}
		r.inMenu = true
	case "\x1b[Z":
		if _, offers := l.drawn(); !offers {
			return nil
		}
		r.inMenu = true
	case "\x1b[A", "\x1b[B", "\x1bOA", "\x1bOB":
		r.inMenu = menu
	case "\r", "\n":
		if _, offers := l.drawn(); menu && offers {
			return [][]byte{redrawKey} // it takes the candidate
		}
	}
	return one
}

package hosts

import (
	"bytes"
	"sync"

	"deployer/internal/drawn"
)

// capture keeps what is written to it, unless that is more than MaxText bytes: then only the end of it, so that many
// hosts that print much do not fill the memory.
type capture struct {
	mu   sync.Mutex
	kept [][]byte // in pieces: growing one slice would take twice the memory
	size int64
	tail []byte
}

// tailSize is how much of the end is kept, for the report of a failure.
const tailSize = 4 << 10

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += int64(len(p))
	if c.size > MaxText {
		c.kept = nil
	} else {
		c.keep(p)
	}
	c.tail = append(c.tail, p[max(0, len(p)-tailSize):]...)
	if over := len(c.tail) - tailSize; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	return len(p), nil
}

// Pieces are small for little output, and large for much.
const (
	firstPiece   = 1 << 10
	largestPiece = 1 << 20
)

func (c *capture) keep(p []byte) {
	for len(p) > 0 {
		n := len(c.kept) - 1
		if n < 0 || len(c.kept[n]) == cap(c.kept[n]) {
			size := firstPiece
			if n >= 0 {
				size = min(max(2*cap(c.kept[n]), firstPiece), largestPiece)
			}
			c.kept = append(c.kept, make([]byte, 0, size))
			n++
		}
		fits := min(len(p), cap(c.kept[n])-len(c.kept[n]))
		c.kept[n] = append(c.kept[n], p[:fits]...)
		p = p[fits:]
	}
}

// text returns what was captured; of a terminal's output with CRLF turned into LF.
func (c *capture) text(terminal bool) Text {
	c.mu.Lock()
	defer c.mu.Unlock()
	kept := bytes.Join(c.kept, nil)
	c.kept = [][]byte{kept}
	t := Text{kept: kept, Size: c.size}
	if terminal {
		t.kept = bytes.ReplaceAll(kept, []byte("\r\n"), []byte("\n"))
		t.Size -= int64(len(kept) - len(t.kept))
	}
	return t
}

// maxLines is how many lines of the end a failure shows.
const maxLines = 10

// lastLines returns the last lines of what was written, without the part of a line that was cut off.
func (c *capture) lastLines() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return lastOf(bytes.ReplaceAll(c.tail, []byte("\r\n"), []byte("\n")), c.size > tailSize)
}

// lastDrawn returns the last lines of text of what was written on a terminal. What the end means, the sequences before it
// may say.
func (c *capture) lastDrawn() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	written := c.tail
	if c.kept != nil {
		written = bytes.Join(c.kept, nil)
	}
	var t drawn.Terminal
	text := bytes.Clone(t.Pass(written))
	text = append(text, t.Rest()...)
	return lastOf(text[max(0, len(text)-tailSize):], len(text) > tailSize || c.size > MaxText)
}

// lastOf returns the last lines of a text. Of one that was cut the first line is not whole.
func lastOf(text []byte, cut bool) string {
	if cut {
		if _, whole, found := bytes.Cut(text, []byte("\n")); found {
			text = whole
		}
	}
	lines := bytes.Split(bytes.TrimRight(text, "\n"), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-maxLines):], []byte("\n")))
}

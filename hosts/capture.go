package hosts

import (
	"bytes"
	"sync"
)

// capture keeps the first MaxText bytes of what is written to it, and the end of it.
type capture struct {
	mu   sync.Mutex
	kept []byte
	size int64
	tail []byte
}

// tailSize is how much of the end is kept, for the report of a failure.
const tailSize = 4 << 10

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += int64(len(p))
	c.kept = append(c.kept, p[:min(len(p), MaxText-len(c.kept))]...)
	c.tail = append(c.tail, p[max(0, len(p)-tailSize):]...)
	if over := len(c.tail) - tailSize; over > 0 {
		c.tail = append(c.tail[:0], c.tail[over:]...)
	}
	return len(p), nil
}

// text returns what was captured; of a terminal's output with CRLF turned into LF.
func (c *capture) text(terminal bool) Text {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := Text{kept: c.kept, Size: c.size}
	if terminal {
		t.kept = bytes.ReplaceAll(c.kept, []byte("\r\n"), []byte("\n"))
		t.Size -= int64(len(c.kept) - len(t.kept))
	}
	return t
}

// maxLines is how many lines of the end a failure shows.
const maxLines = 10

// lastLines returns the last lines of what was written, without the part of a line that was cut off.
func (c *capture) lastLines() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	tail := bytes.ReplaceAll(c.tail, []byte("\r\n"), []byte("\n"))
	if c.size > tailSize {
		if _, whole, cut := bytes.Cut(tail, []byte("\n")); cut {
			tail = whole
		}
	}
	lines := bytes.Split(bytes.TrimRight(tail, "\n"), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-maxLines):], []byte("\n")))
}

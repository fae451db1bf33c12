package report

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"io"
	"strings"
)

// maxTail is how many bytes of the end are kept of a text that is too long.
const maxTail = 4 << 10

// Text is a text that grows. It keeps its beginning, up to a limit, and its end; its sum is that of all of it.
type Text struct {
	spool  *Spool
	limit  int64 // of the beginning, in bytes; 0: there is none
	sum    hash.Hash
	size   int64
	blocks []int64 // the beginning
	last   []byte  // what follows it, less than a block
	tail   []byte  // the end of what follows that
	beyond int64   // how many bytes follow that
	failed error   // why not all was kept, other than the limit
}

// NewText returns a text that keeps so many bytes of its beginning, in memory and in a spool. With limit 0 it keeps all.
func NewText(spool *Spool, limit int64) *Text {
	return &Text{spool: spool, limit: limit, sum: sha256.New()}
}

// Add adds to the text.
func (t *Text) Add(part []byte) {
	_, _ = t.sum.Write(part) // never fails
	t.size += int64(len(part))
	for len(part) > 0 && t.room() > 0 {
		n := min(len(part), t.room(), blockSize-len(t.last))
		t.last = append(t.last, part[:n]...)
		part = part[n:]
		if len(t.last) == blockSize {
			t.store()
		}
	}
	t.pass(part)
}

// room is how much more of the beginning is kept.
func (t *Text) room() int {
	switch {
	case t.failed != nil:
		return 0
	case t.limit == 0:
		return blockSize
	}
	return int(min(t.limit-int64(len(t.blocks))*blockSize-int64(len(t.last)), blockSize))
}

// store moves a whole block to the spool. If that fails the block is the last that is kept.
func (t *Text) store() {
	at, err := t.spool.put(t.last)
	if err != nil {
		t.failed = err
		return
	}
	t.blocks, t.last = append(t.blocks, at), t.last[:0]
}

// pass notes what is not kept, but for the end.
func (t *Text) pass(part []byte) {
	if len(part) == 0 {
		return
	}
	t.beyond += int64(len(part))
	if len(part) >= maxTail {
		t.tail = append(t.tail[:0], part[len(part)-maxTail:]...)
		return
	}
	if over := len(t.tail) + len(part) - 2*maxTail; over > 0 { // not moved each time
		t.tail = append(t.tail[:0], t.tail[len(t.tail)-maxTail:]...)
	}
	t.tail = append(t.tail, part...)
}

// Size is how long all of the text is, in bytes.
func (t *Text) Size() int64 { return t.size }

// Sum tells texts apart: it is equal for two texts that are equal, also in what was not kept.
func (t *Text) Sum() string { return string(t.sum.Sum(nil)) }

// Whole reports whether all of the text was kept.
func (t *Text) Whole() bool { return t.beyond <= maxTail }

// WriteTo writes the text, with a line in the place of what was not kept. It implements [io.WriterTo].
func (t *Text) WriteTo(w io.Writer) (int64, error) {
	var done int64
	write := func(b []byte) error {
		n, err := w.Write(b)
		done += int64(n)
		return err
	}
	block := make([]byte, blockSize)
	for _, at := range t.blocks {
		if err := t.spool.get(at, block); err != nil {
			return done, err
		}
		if err := write(block); err != nil {
			return done, err
		}
	}
	for _, part := range [][]byte{t.last, t.end()} {
		if err := write(part); err != nil {
			return done, err
		}
	}
	return done, nil
}

// end is what follows the beginning: the rest of the text, or what was left out and the last lines.
func (t *Text) end() []byte {
	if t.Whole() {
		return t.tail
	}
	tail := t.tail[len(t.tail)-min(len(t.tail), maxTail):]
	if newline := bytes.IndexByte(tail, '\n'); newline >= 0 && newline < len(tail)-1 {
		tail = tail[newline+1:]
	}
	why := ""
	if t.failed != nil {
		why = ": " + t.failed.Error()
	}
	return fmt.Appendf(nil, "\n… %s left out%s …\n%s", Bytes(t.beyond-int64(len(tail))), why, tail)
}

// String is what WriteTo writes.
func (t *Text) String() string {
	var b strings.Builder
	if _, err := t.WriteTo(&b); err != nil {
		fmt.Fprintf(&b, "\n… %v …\n", err)
	}
	return b.String()
}

// Release forgets the text, and gives its place back.
func (t *Text) Release() {
	t.spool.release(t.blocks)
	t.blocks, t.last, t.tail = nil, nil, nil
}

// Bytes is a number of bytes for people: "512 bytes", "1.5 KiB", "2.0 GiB".
func Bytes(n int64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d bytes", n)
	}
	value, units := float64(n)/(1<<10), []string{"KiB", "MiB", "GiB", "TiB"}
	for value >= 1<<10 && len(units) > 1 {
		value, units = value/(1<<10), units[1:]
	}
	return fmt.Sprintf("%.1f %s", value, units[0])
}

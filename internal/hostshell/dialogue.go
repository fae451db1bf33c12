package hostshell

import (
	"bytes"
	"io"
)

// Dialogue passes output on and takes the marks out of it.
type Dialogue struct {
	out    io.Writer
	prefix []byte // of every mark
	on     func(mark string)
	held   []byte // the end of the output, which may be the start of a mark

	begun bool   // the command itself: what it prints is its own
	asked bool   // sudo wanted a password, which was or will be given
	reply []byte // what may be the start of its complaint about that
}

// NewDialogue returns the dialogue with the command of a random word. What is no mark goes to out; on is called for every
// mark, by the goroutine that writes.
func NewDialogue(out io.Writer, word string, on func(mark string)) *Dialogue {
	return &Dialogue{out: out, prefix: []byte("\001" + word + ":"), on: on}
}

// longestMark is the length of the longest mark, in bytes: supervise.sh cuts off what is longer.
const longestMark = 80

// Write implements io.Writer. It never fails.
func (d *Dialogue) Write(p []byte) (int, error) {
	data := append(d.held, p...)
	d.held = nil
	for {
		before, after, found := bytes.Cut(data, d.prefix)
		if !found {
			keep := partial(data, d.prefix)
			d.held = bytes.Clone(data[len(data)-keep:])
			d.pass(data[:len(data)-keep])
			return len(p), nil
		}
		d.pass(before)
		name, rest, whole := bytes.Cut(after, []byte{1})
		if !whole && len(after) <= longestMark {
			d.held = bytes.Clone(data[len(before):])
			return len(p), nil
		}
		if !whole || len(name) > longestMark { // not one of ours after all
			name, rest = nil, after
			d.pass(d.prefix)
		}
		if name != nil {
			d.release()
			d.begun = d.begun || string(name) == MarkStarted
			d.asked = string(name) == MarkPassword && !d.begun
			d.on(string(name))
		}
		data = rest
	}
}

// Flush passes on what was held back, at the end of the output.
func (d *Dialogue) Flush() {
	held := d.held
	d.held = nil
	d.pass(held)
	d.release()
}

func (d *Dialogue) pass(p []byte) {
	if d.asked {
		p = d.afterPassword(p)
	}
	if len(p) > 0 {
		_, _ = d.out.Write(p) // into memory and the journal, which keeps its own errors
	}
}

// sorry is what sudo says of a wrong password. Who typed one for many hosts is told so once, by the next question, and need
// not read it from each of them.
const sorry = "Sorry, try again."

// afterPassword leaves the complaint out of what comes after a password, and holds back what may be the start of it.
func (d *Dialogue) afterPassword(p []byte) []byte {
	d.reply = append(d.reply, p...)
	begin := bytes.TrimLeft(d.reply, "\r\n")
	line, rest, whole := bytes.Cut(begin, []byte("\n"))
	line = bytes.TrimRight(line, "\r")
	switch {
	case whole && string(line) == sorry:
		d.reply, d.asked = nil, false
		return rest
	case !whole && bytes.HasPrefix([]byte(sorry), line):
		return nil
	}
	all := d.reply
	d.reply, d.asked = nil, false
	return all
}

// release passes on what was held back and is no complaint.
func (d *Dialogue) release() {
	all := d.reply
	d.reply, d.asked = nil, false
	d.pass(all)
}

// partial returns the length of the longest end of data that is a beginning of word.
func partial(data, word []byte) int {
	for n := min(len(data), len(word)-1); n > 0; n-- {
		if bytes.HasPrefix(word, data[len(data)-n:]) {
			return n
		}
	}
	return 0
}

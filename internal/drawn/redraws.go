package drawn

import "bytes"

// maxHeld is how many bytes of a line are held back until its end comes.
const maxHeld = 64 << 10

// Redraws is a filter for text that was printed for a terminal. A line that is drawn again and again after a carriage
// return, as a progress bar is, becomes one line: what it was at last. Lines end with a newline alone. The zero value is
// ready.
//
// Of a line that is longer than 64 KiB the beginning passes as it is.
type Redraws struct {
	held     []byte // the line as it was drawn last
	returned bool   // a carriage return came after that
	redrawn  bool   // something was drawn over
}

// Pass returns what is complete of the text after its next part, which is valid until the next call.
func (r *Redraws) Pass(part []byte) []byte {
	if !r.returned && !r.redrawn && bytes.IndexByte(part, '\r') < 0 {
		return r.plain(part)
	}
	var out []byte
	for len(part) > 0 {
		end := bytes.IndexAny(part, "\r\n")
		if end < 0 {
			r.draw(part)
			break
		}
		r.draw(part[:end])
		if part[end] == '\r' {
			r.returned = true
		} else {
			out = append(append(out, r.line()...), '\n')
			r.held, r.returned, r.redrawn = r.held[:0], false, false
		}
		part = part[end+1:]
	}
	return r.bounded(out)
}

// plain passes text in which nothing is drawn over.
func (r *Redraws) plain(part []byte) []byte {
	end := bytes.LastIndexByte(part, '\n') + 1
	out := part[:end]
	if end > 0 && len(r.held) > 0 {
		out = append(bytes.Clone(r.held), out...)
		r.held = r.held[:0]
	}
	r.held = append(r.held, part[end:]...)
	return r.bounded(out)
}

// bounded passes the beginning of a line that is too long, too.
func (r *Redraws) bounded(out []byte) []byte {
	if len(r.held) > maxHeld {
		out = append(out[:len(out):len(out)], r.held...)
		r.held = r.held[:0]
	}
	return out
}

func (r *Redraws) draw(text []byte) {
	if len(text) == 0 {
		return
	}
	if r.returned {
		r.held, r.returned, r.redrawn = r.held[:0], false, true
	}
	r.held = append(r.held, text...)
}

// erasures are sequences that erase a line before it is drawn again.
var erasures = [][]byte{[]byte("\x1b[K"), []byte("\x1b[0K"), []byte("\x1b[2K")}

// line is the line that is held, as it was drawn last.
func (r *Redraws) line() []byte {
	line := r.held
	for _, erasure := range erasures {
		if r.redrawn {
			line = bytes.TrimPrefix(line, erasure)
		}
	}
	return line
}

// Rest returns the last line, which has no end.
func (r *Redraws) Rest() []byte {
	rest := r.line()
	*r = Redraws{}
	return rest
}

package console

import (
	"bytes"
	"unicode/utf8"

	"deployer/internal/drawn"
)

// maxLine is how many bytes of a line are kept until its end comes.
const maxLine = 64 << 10

// lines cuts a stream into lines, whatever the reads were.
type lines struct {
	// returns says that a carriage return ends a line too, as on a terminal, where what follows would overwrite it.
	returns bool
	// once says that a line which is drawn again and again after a carriage return counts once, as it was drawn last:
	// where it is shown nothing is overwritten.
	once     bool
	redraws  drawn.Redraws
	returned bool   // the last line ended so: a newline right after it is no line
	held     []byte // the line whose end has not come, at most maxLine bytes
}

// add calls show with every line that is complete, without its end, or with a piece of one that is too long. show must
// not keep the line.
func (l *lines) add(data []byte, show func(line []byte) error) error {
	if l.once {
		data = l.redraws.Pass(data)
	}
	return l.cut(data, show)
}

// cut cuts what counts.
func (l *lines) cut(data []byte, show func(line []byte) error) error {
	for len(data) > 0 {
		size, whole := l.next(data)
		if room := maxLine - len(l.held); size > room {
			size, whole = room, false
		}
		l.held = append(l.held, data[:size]...)
		data = data[size:]
		var err error
		if whole {
			err = l.line(data[0], show)
			data = data[1:]
		} else if len(data) > 0 {
			err = l.take(runeEnd(l.held), show)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// next returns how long the line at the start of data is, and whether its end follows.
func (l *lines) next(data []byte) (size int, whole bool) {
	ends := "\n"
	if l.returns {
		ends = "\r\n"
	}
	if size = bytes.IndexAny(data, ends); size < 0 {
		return len(data), false
	}
	return size, true
}

// line shows the line that is held, at its end.
func (l *lines) line(end byte, show func([]byte) error) error {
	empty := len(l.held) == 0
	if end == '\r' && empty || end == '\n' && empty && l.returned {
		l.returned = l.returned && end == '\r'
		return nil
	}
	l.returned = end == '\r'
	return l.take(len(l.held), show)
}

// take shows the first bytes of what is held.
func (l *lines) take(size int, show func([]byte) error) error {
	err := show(l.held[:size])
	l.held = append(l.held[:0], l.held[size:]...)
	return err
}

// rest shows the last line, which has no end.
func (l *lines) rest(show func([]byte) error) error {
	if err := l.cut(l.redraws.Rest(), show); err != nil {
		return err
	}
	if len(l.held) == 0 {
		return nil
	}
	return l.take(len(l.held), show)
}

// runeEnd is where to cut b so that an incomplete character at its end is not cut in two.
func runeEnd(b []byte) int {
	for back := 1; back < utf8.UTFMax && back < len(b); back++ {
		if tail := b[len(b)-back:]; utf8.RuneStart(tail[0]) {
			if utf8.FullRune(tail) {
				break
			}
			return len(b) - back
		}
	}
	return len(b)
}

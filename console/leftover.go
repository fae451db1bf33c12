package console

import (
	"bytes"
	"maps"
	"strings"
)

// leftover is how a command that has the terminal draws on it. One that is cut off, by a lost connection, leaves it as
// it is at that moment: on the other screen, without a cursor, with keys that send something else.
type leftover struct {
	modes  map[string]bool // those of the terminal that were switched, by their number
	colour bool
	keys   bool   // send more than they do, as vim asks of xterm
	rest   []byte // of what was printed: the beginning of a sequence
}

// switched are the modes that programs switch, with the state in which they are in between.
var switched = []struct {
	number string
	normal bool
}{
	{"1000", false}, {"1002", false}, {"1003", false}, {"1006", false}, // the mouse
	{"2004", false},                                 // pasting
	{"1", false},                                    // cursor keys
	{"47", false}, {"1047", false}, {"1049", false}, // the other screen
	{"7", true},  // wrapping
	{"25", true}, // the cursor
}

// maxSequence is how long a sequence of interest can be.
const maxSequence = 32

// note notes what is in a part of the output: ESC [ ? NUMBER h or l, and ESC [ … m.
func (l *leftover) note(part []byte) {
	text := append(l.rest, part...)
	l.rest = nil
	for {
		at := bytes.IndexByte(text, escapeKey)
		if at < 0 {
			return
		}
		text = text[at:]
		end := sequenceEnd(text)
		switch {
		case end == 0 && len(text) < maxSequence:
			l.rest = bytes.Clone(text)
			return
		case end == 0:
			end = 1
		default:
			l.sequence(string(text[:end]))
		}
		text = text[end:]
	}
}

// sequenceEnd is the length of the sequence that a text begins with, 0 if its end is not there.
func sequenceEnd(text []byte) int {
	if len(text) > 1 && text[1] != '[' {
		return 1
	}
	for i := 2; i < min(len(text), maxSequence); i++ {
		if c := text[i]; c >= 0x40 && c < 0x7f {
			return i + 1
		}
	}
	return 0
}

func (l *leftover) sequence(s string) {
	last := len(s) - 1
	if last < 2 {
		return
	}
	parameters, private := strings.CutPrefix(s[2:last], "?")
	switch {
	case s[last] == 'm' && strings.HasPrefix(parameters, ">4"):
		l.keys = strings.Trim(parameters[2:], ";0") != ""
	case s[last] == 'm' && strings.Trim(parameters, "0123456789;:") == "":
		l.colour = strings.Trim(parameters, "0;") != ""
	case private && (s[last] == 'h' || s[last] == 'l'):
		if l.modes == nil {
			l.modes = map[string]bool{}
		}
		for _, number := range strings.Split(parameters, ";") {
			l.modes[number] = s[last] == 'h'
		}
	}
}

// other reports whether the terminal shows the other screen, which programs draw on that fill the window.
func (l *leftover) other() bool { return l.modes["47"] || l.modes["1047"] || l.modes["1049"] }

// clone returns a copy that goes on by itself.
func (l *leftover) clone() leftover {
	return leftover{modes: maps.Clone(l.modes), colour: l.colour, keys: l.keys, rest: bytes.Clone(l.rest)}
}

// redo returns what brings a terminal as it was into the modes that were switched.
func (l *leftover) redo() string {
	text := ""
	for _, mode := range switched {
		if is, known := l.modes[mode.number]; known && is != mode.normal {
			text += "\x1b[?" + mode.number + map[bool]string{true: "h", false: "l"}[is]
		}
	}
	return text
}

// undo returns what makes the terminal as it was, and forgets.
func (l *leftover) undo() string {
	text := ""
	if l.colour {
		text = "\x1b[0m"
	}
	if l.keys {
		text += "\x1b[>4m"
	}
	for _, mode := range switched {
		is, known := l.modes[mode.number]
		switch {
		case !known || is == mode.normal:
		case mode.normal:
			text += "\x1b[?" + mode.number + "h"
		case strings.HasSuffix(mode.number, "47") || mode.number == "1049":
			text += "\x1b[r\x1b[?" + mode.number + "l" // all lines scroll again; the cursor goes back with the screen
		default:
			text += "\x1b[?" + mode.number + "l"
		}
	}
	*l = leftover{}
	return text
}

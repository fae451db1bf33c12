package lineedit

import (
	"io"
	"strings"
	"unicode/utf8"
)

// command is what a key does.
type command func(*line)

// commandFor returns what a key does; nil if nothing.
func commandFor(key string) command {
	if isText(key) {
		return insertion(key)
	}
	switch key {
	case "\r", "\n":
		return (*line).enter
	case "\x03": // Ctrl-C
		return (*line).interrupt
	case "\x04": // Ctrl-D
		return (*line).delete
	case "\t":
		return (*line).tab
	case "\x1b[Z": // Shift-Tab
		return (*line).back
	case "\x1b[A", "\x1bOA", "\x10": // up, Ctrl-P
		return (*line).up
	case "\x1b[B", "\x1bOB", "\x0e": // down, Ctrl-N
		return (*line).down
	case "\x1b[5~": // page up
		return func(l *line) { l.turn(-maxMenu) }
	case "\x1b[6~": // page down
		return func(l *line) { l.turn(maxMenu) }
	case "\x1b", "\x07": // Esc, Ctrl-G
		return (*line).cancel
	case "\x12": // Ctrl-R
		return (*line).searchOn
	case "\x0c": // Ctrl-L
		return func(l *line) { l.screen.clear() }
	case "\x1a": // Ctrl-Z
		return (*line).suspend
	case "\x7f", "\x08":
		return (*line).backspace
	}
	if do := moving(key); do != nil {
		return do
	}
	return cutting(key)
}

// isText reports whether a key is text that was typed or pasted.
func isText(key string) bool {
	control := key[0] < ' ' || key[0] == 0x7f
	return !control || len(key) > 1 && key[0] != esc // which is text that begins with a line end or a tab
}

// moving returns what a key that moves the cursor does.
func moving(key string) command {
	switch key {
	case "\x1b[D", "\x1bOD", "\x02": // left, Ctrl-B
		return func(l *line) { l.buffer.left() }
	case "\x1b[C", "\x1bOC", "\x06": // right, Ctrl-F
		return func(l *line) { l.buffer.right() }
	case "\x1b[H", "\x1bOH", "\x1b[1~", "\x1b[7~": // Home
		return func(l *line) { l.buffer.leftOver(l.buffer.beforeCursor()) }
	case "\x1b[F", "\x1bOF", "\x1b[4~", "\x1b[8~": // End
		return func(l *line) { l.buffer.rightOver(l.buffer.afterCursor()) }
	case "\x01": // Ctrl-A
		return func(l *line) { l.left(lineStart) }
	case "\x05": // Ctrl-E
		return func(l *line) { l.right(lineEnd) }
	case "\x1bb", "\x1b\x1b[D", "\x1b[1;5D", "\x1b[1;3D": // Alt-B, Alt or Ctrl with the left arrow
		return func(l *line) { l.left(stepStart) }
	case "\x1bf", "\x1b\x1b[C", "\x1b[1;5C", "\x1b[1;3C": // Alt-F, Alt or Ctrl with the right arrow
		return func(l *line) { l.right(stepEnd) }
	}
	return nil
}

// cutting returns what a key that cuts, or puts back, does.
func cutting(key string) command {
	switch key {
	case "\x1b[3~": // Delete
		return func(l *line) { l.buffer.delete() }
	case "\x15": // Ctrl-U
		return func(l *line) { l.cutBefore(lineStart) }
	case "\x0b": // Ctrl-K
		return func(l *line) { l.cutAfter(lineEnd) }
	case "\x17": // Ctrl-W
		return func(l *line) { l.cutBefore(wordStart) }
	case "\x1b\x7f": // Alt-Backspace
		return func(l *line) { l.cutBefore(stepStart) }
	case "\x1bd": // Alt-D
		return func(l *line) { l.cutAfter(stepEnd) }
	case "\x19": // Ctrl-Y
		return func(l *line) { l.buffer.insert(l.e.killed) }
	case "\x14": // Ctrl-T
		return func(l *line) { l.buffer.swap() }
	}
	return nil
}

// insertion is the command for text that is typed or pasted.
func insertion(text string) command {
	return func(l *line) {
		if l.search.active {
			l.searchFor(l.search.query + text)
			return
		}
		l.buffer.insert(text)
	}
}

// enter ends the line, unless it takes a candidate of the menu.
func (l *line) enter() {
	if l.menu.chosen() {
		l.menu = menu{} // made anew for what the line is now
		return
	}
	l.end()
}

// interrupt is Ctrl-C.
func (l *line) interrupt() {
	if l.search.active {
		l.searchOff()
		return
	}
	l.leave(ErrInterrupted)
	l.end()
}

// delete is Ctrl-D: the end of the input on an empty line.
func (l *line) delete() {
	if l.buffer.text() == "" {
		l.leave(io.EOF)
		l.end()
		return
	}
	l.buffer.delete()
}

func (l *line) backspace() {
	if l.search.active {
		_, size := utf8.DecodeLastRuneInString(l.search.query)
		l.searchAnew(l.search.query[:len(l.search.query)-size])
		return
	}
	l.buffer.backspace()
}

// up goes to the candidate, the line or the entry of the history above.
func (l *line) up() {
	switch {
	case l.menu.chosen():
		l.turn(-1)
	case l.buffer.up():
	default:
		l.remember(-1)
	}
}

func (l *line) down() {
	switch {
	case l.menu.chosen():
		l.turn(1)
	case l.buffer.down():
	default:
		l.remember(1)
	}
}

// cancel gives up what is going on: the search, or the menu.
func (l *line) cancel() {
	if l.search.active {
		l.searchOff()
		return
	}
	l.put(0)
	l.menu.hidden = true
}

// remember goes through the history. A menu would be in the way there.
func (l *line) remember(by int) {
	if text, ok := l.recall.move(by, l.buffer.text()); ok {
		l.buffer.set(text)
		l.menu = menu{line: text, cursor: len(text)}
	}
}

// These say how far something reaches from the cursor, in bytes: before it, or after it.
func lineStart(before string) int { return len(before) - strings.LastIndexByte(before, '\n') - 1 }
func wordStart(before string) int { return partStart(before, " \n") }
func stepStart(before string) int { return partStart(before, stepEnds) }

func lineEnd(after string) int {
	if end := strings.IndexByte(after, '\n'); end >= 0 {
		return end
	}
	return len(after)
}

func stepEnd(after string) int {
	rest := strings.TrimLeft(after, stepEnds)
	if end := strings.IndexAny(rest, stepEnds); end >= 0 {
		return len(after) - len(rest) + end
	}
	return len(after)
}

// stepEnds are what separates the words and the steps of a path.
const stepEnds = " \n/.:[]="

func partStart(before, ends string) int {
	return len(before) - strings.LastIndexAny(strings.TrimRight(before, ends), ends) - 1
}

func (l *line) left(reach func(before string) int) {
	before := l.buffer.beforeCursor()
	l.buffer.leftOver(before[len(before)-reach(before):])
}

func (l *line) right(reach func(after string) int) {
	after := l.buffer.afterCursor()
	l.buffer.rightOver(after[:reach(after)])
}

func (l *line) cutBefore(reach func(before string) int) {
	before := l.buffer.beforeCursor()
	l.cut(l.buffer.cutBefore(before[len(before)-reach(before):]))
}

func (l *line) cutAfter(reach func(after string) int) {
	after := l.buffer.afterCursor()
	l.cut(l.buffer.cutAfter(after[:reach(after)]))
}

// cut keeps what was cut.
func (l *line) cut(text string) {
	if text != "" {
		l.e.killed = text
	}
}

package lineedit

import (
	"io"
	"strings"
	"unicode/utf8"

	prompt "github.com/elk-language/go-prompt"
	istrings "github.com/elk-language/go-prompt/strings"
)

// ownKey is F24, which no keyboard has: it stands for a command.
const ownKey = "\x1b[$;2~"

// command is what a key of ours does.
type command func(*line)

// commandFor returns what a key does, if that is not left to go-prompt.
func commandFor(key string) command {
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
	return editing(key)
}

// editing returns what a key that moves or cuts does.
func editing(key string) command {
	switch key {
	case "\x01": // Ctrl-A
		return func(l *line) { l.left(lineStart) }
	case "\x05": // Ctrl-E
		return func(l *line) { l.right(lineEnd) }
	case "\x1bb", "\x1b\x1b[D", "\x1b[1;5D", "\x1b[1;3D": // Alt-B, Alt or Ctrl with the left arrow
		return func(l *line) { l.left(stepStart) }
	case "\x1bf", "\x1b\x1b[C", "\x1b[1;5C", "\x1b[1;3C": // Alt-F, Alt or Ctrl with the right arrow
		return func(l *line) { l.right(stepEnd) }
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
		return func(l *line) { l.insert(l.e.killed) }
	case "\x14": // Ctrl-T
		return func(l *line) { l.p.Buffer().SwapCharactersBeforeCursor(l.p.UserInputColumns(), l.p.TerminalRows()) }
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
		l.insert(text)
	}
}

func (l *line) insert(text string) { l.p.InsertTextMoveCursor(text, false) }

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
	if l.p.Buffer().Text() == "" {
		l.leave(io.EOF)
		l.end()
		return
	}
	l.p.Delete(1)
}

func (l *line) backspace() {
	if l.search.active {
		_, size := utf8.DecodeLastRuneInString(l.search.query)
		l.searchAnew(l.search.query[:len(l.search.query)-size])
		return
	}
	l.p.DeleteBeforeCursor(1)
}

// up goes to the candidate, the line or the entry of the history above.
func (l *line) up() {
	switch {
	case l.menu.chosen():
		l.turn(-1)
	case l.p.Buffer().Document().CursorPositionRow() > 0:
		l.p.CursorUp(1)
	default:
		l.remember(-1)
	}
}

func (l *line) down() {
	d := l.p.Buffer().Document()
	switch {
	case l.menu.chosen():
		l.turn(1)
	case d.CursorPositionRow() < d.TextEndPositionRow():
		l.p.CursorDown(1)
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
	if text, ok := l.recall.move(by, l.p.Buffer().Text()); ok {
		l.setText(text)
		l.menu = menu{line: text, cursor: len(text)}
	}
}

// setText makes the buffer hold text, with the cursor at its end.
func (l *line) setText(text string) {
	d := l.p.Buffer().Document()
	l.p.DeleteBeforeCursorRunes(runes(d.TextBeforeCursor()))
	l.p.DeleteRunes(runes(d.TextAfterCursor()))
	l.insert(text)
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
	before := l.p.Buffer().Document().TextBeforeCursor()
	l.p.CursorLeftRunes(runes(before[len(before)-reach(before):]))
}

func (l *line) right(reach func(after string) int) {
	after := l.p.Buffer().Document().TextAfterCursor()
	l.p.CursorRightRunes(runes(after[:reach(after)]))
}

func (l *line) cutBefore(reach func(before string) int) {
	before := l.p.Buffer().Document().TextBeforeCursor()
	l.cut(l.p.DeleteBeforeCursorRunes(runes(before[len(before)-reach(before):])))
}

func (l *line) cutAfter(reach func(after string) int) {
	after := l.p.Buffer().Document().TextAfterCursor()
	l.cut(l.p.DeleteRunes(runes(after[:reach(after)])))
}

// cut keeps what was cut.
func (l *line) cut(text string) {
	if text != "" {
		l.e.killed = text
	}
}

func runes(text string) istrings.RuneNumber { return istrings.RuneNumber(utf8.RuneCountInString(text)) }

// known returns the key as go-prompt knows it, or nil if it does not: it would take it for text.
func known(key []byte) []byte {
	if commandFor(string(key)) != nil {
		return key
	}
	switch string(key) {
	case ownKey:
		return nil
	case "\x1bOH":
		return []byte("\x1b[H")
	case "\x1bOF":
		return []byte("\x1b[F")
	}
	if (key[0] == esc || key[0] < ' ') && prompt.GetKey(key) == prompt.NotDefined {
		return nil
	}
	return key
}

package lineedit

import (
	"unicode/utf8"

	prompt "github.com/elk-language/go-prompt"
	istrings "github.com/elk-language/go-prompt/strings"
)

// buffer is text with a cursor in it. Characters are those that a person sees, whatever they are made of; lengths of text
// are given by that text.
type buffer struct{ b *prompt.Buffer }

// The buffer may scroll its text, and so asks for the size of a screen: on this one there is nothing to scroll.
const columns, rows = 1000, 1000

func newBuffer() buffer { return buffer{prompt.NewBuffer()} }

func (b buffer) text() string          { return b.b.Text() }
func (b buffer) beforeCursor() string  { return b.b.Document().TextBeforeCursor() }
func (b buffer) afterCursor() string   { return b.b.Document().TextAfterCursor() }
func (b buffer) insert(text string)    { b.b.InsertTextMoveCursor(text, columns, rows, false) }
func (b buffer) left()                 { b.b.CursorLeft(1, columns, rows) }
func (b buffer) right()                { b.b.CursorRight(1, columns, rows) }
func (b buffer) leftOver(text string)  { b.b.CursorLeftRunes(runes(text), columns, rows) }
func (b buffer) rightOver(text string) { b.b.CursorRightRunes(runes(text), columns, rows) }
func (b buffer) backspace()            { b.b.DeleteBeforeCursor(1, columns, rows) }
func (b buffer) delete()               { b.b.Delete(1, columns, rows) }
func (b buffer) cutBefore(text string) string {
	return b.b.DeleteBeforeCursorRunes(runes(text), columns, rows)
}
func (b buffer) cutAfter(text string) string { return b.b.DeleteRunes(runes(text), columns, rows) }
func (b buffer) swap()                       { b.b.SwapCharactersBeforeCursor(columns, rows) }

// up goes to the line above, and reports whether there is one.
func (b buffer) up() bool {
	above := b.b.Document().CursorPositionRow() > 0
	if above {
		b.b.CursorUp(1, columns, rows)
	}
	return above
}

// down goes to the line below, and reports whether there is one.
func (b buffer) down() bool {
	d := b.b.Document()
	below := d.CursorPositionRow() < d.TextEndPositionRow()
	if below {
		b.b.CursorDown(1, columns, rows)
	}
	return below
}

// set makes it hold text, with the cursor at its end.
func (b buffer) set(text string) {
	b.cutBefore(b.beforeCursor())
	b.cutAfter(b.afterCursor())
	b.insert(text)
}

func runes(text string) istrings.RuneNumber { return istrings.RuneNumber(utf8.RuneCountInString(text)) }

package lineedit

import (
	"io"
	"strings"
	"unicode/utf8"

	prompt "github.com/elk-language/go-prompt"
	istrings "github.com/elk-language/go-prompt/strings"
)

// Keys that no keyboard has: by them the reader tells what to do.
var (
	leaveKey  = []byte("\x1b[$;2~")    // F24: end without a line
	redrawKey = []byte("\x1b[#;2~")    // F23: draw the line anew
	searchKey = []byte("\x1b[!;2~")    // F22: show what the search found
	deleteKey = []byte("\x1b[ ;2~")    // F21: Ctrl-D
	offerKey  = []byte("\x1b[\x19;2~") // F20: show the menu
	altD      = []byte("\x1bd")
)

// isOwn reports whether a key is one that go-prompt knows by our bindings alone.
func isOwn(key []byte) bool { return string(key) == string(altD) }

// isPrivate reports whether a key is one of those that no keyboard has.
func isPrivate(key []byte) bool {
	for _, private := range [][]byte{leaveKey, redrawKey, searchKey, deleteKey, offerKey} {
		if string(key) == string(private) {
			return true
		}
	}
	return false
}

// bindings are the keys that go-prompt lacks, or that it treats otherwise than we do.
func (l *line) bindings() []prompt.KeyBind {
	return []prompt.KeyBind{
		{Key: prompt.F24, Fn: l.onLeave},
		{Key: prompt.F23, Fn: func(*prompt.Prompt) bool { return true }},
		{Key: prompt.F22, Fn: l.onSearch},
		{Key: prompt.F21, Fn: l.onDelete},
		{Key: prompt.F20, Fn: func(*prompt.Prompt) bool { l.menu.offer, l.menu.awaited = true, true; return true }},
		{Key: prompt.ControlK, Fn: l.onCut},
		{Key: prompt.ControlU, Fn: l.onCut},
		{Key: prompt.ControlW, Fn: l.onCut},
		{Key: prompt.AltBackspace, Fn: l.onCut},
		{Key: prompt.ControlY, Fn: func(p *prompt.Prompt) bool { p.InsertTextMoveCursor(l.e.killed, false); return true }},
		{Key: prompt.ControlT, Fn: func(p *prompt.Prompt) bool {
			p.Buffer().SwapCharactersBeforeCursor(p.UserInputColumns(), p.TerminalRows())
			return true
		}},
	}
}

func (l *line) alt() []prompt.ASCIICodeBind {
	return []prompt.ASCIICodeBind{{ASCIICode: altD, Fn: func(p *prompt.Prompt) bool {
		l.e.killed = p.DeleteRunes(p.Buffer().Document().FindRuneNumberUntilEndOfCurrentWord())
		return true
	}}}
}

// onLeave ends the editing. Nothing is drawn from here on.
func (l *line) onLeave(p *prompt.Prompt) bool {
	d := p.Buffer().Document()
	l.seen(d, false)
	l.row = p.Buffer().DisplayCursorPosition(p.UserInputColumns()).Y
	l.left, l.writer.muted = true, true
	return false
}

// onDelete is Ctrl-D: the end of the input on an empty line.
func (l *line) onDelete(p *prompt.Prompt) bool {
	if p.Buffer().Text() == "" {
		l.leave(io.EOF)
		return l.onLeave(p)
	}
	p.Delete(1)
	l.held.Store(false)
	return true
}

// onCut keeps what go-prompt has just deleted.
func (l *line) onCut(p *prompt.Prompt) bool {
	if cut := removed(l.text, p.Buffer().Text()); cut != "" {
		l.e.killed = cut
	}
	return true
}

// removed returns what is missing in after, in one piece.
func removed(before, after string) string {
	n := 0
	for n < len(after) && n < len(before) && before[n] == after[n] {
		n++
	}
	rest := after[n:]
	if !strings.HasSuffix(before[n:], rest) {
		return ""
	}
	return before[n : len(before)-len(rest)]
}

// setText makes the buffer hold text, with the cursor at its end.
func setText(p *prompt.Prompt, text string) {
	d := p.Buffer().Document()
	p.DeleteBeforeCursorRunes(istrings.RuneNumber(utf8.RuneCountInString(d.TextBeforeCursor())))
	p.DeleteRunes(istrings.RuneNumber(utf8.RuneCountInString(d.TextAfterCursor())))
	p.InsertTextMoveCursor(text, false)
}

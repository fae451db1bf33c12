package lineedit

import (
	"bytes"
	"fmt"
	"os"
	"strings"

	prompt "github.com/elk-language/go-prompt"
)

// writer draws for go-prompt. Text gets no control characters but line ends; the prompt and the candidates get their
// colours back, of which go-prompt knows nothing.
type writer struct {
	to            *os.File
	failed        func(error) // called when nothing can be drawn any more
	plain, styled string      // the prompt
	candidates    map[string]string
	background    prompt.Color
	muted         bool
	buffer        bytes.Buffer
}

// Write implements prompt.Writer.
func (w *writer) Write(text []byte) (int, error) { return w.WriteString(string(text)) }

// WriteString implements prompt.Writer. The terminal is raw, so line ends need a carriage return.
func (w *writer) WriteString(text string) (int, error) {
	switch style := w.candidates[strings.TrimSpace(text)]; {
	case text == w.plain && text != "":
		w.buffer.WriteString(w.styled)
	case style != "" && w.background == menuColor:
		w.buffer.WriteString("\x1b[" + style + "m" + text)
	default:
		w.buffer.WriteString(strings.ReplaceAll(strings.ReplaceAll(text, "\x1b", "?"), "\n", "\r\n"))
	}
	return len(text), nil
}

// WriteRaw implements prompt.Writer.
func (w *writer) WriteRaw(data []byte) { w.buffer.Write(data) }

// WriteRawString implements prompt.Writer.
func (w *writer) WriteRawString(data string) { w.buffer.WriteString(data) }

// Flush implements prompt.Writer. go-prompt panics on errors, so they are told otherwise.
func (w *writer) Flush() error {
	defer w.buffer.Reset()
	if w.muted {
		return nil
	}
	if _, err := w.to.Write(w.buffer.Bytes()); err != nil {
		w.failed(ended(err))
	}
	return nil
}

// code writes an escape sequence with a number, unless that is 0: it is the opposite's where it is negative.
func (w *writer) code(n int, letter, opposite byte) {
	if n < 0 {
		n, letter = -n, opposite
	}
	if n > 0 {
		fmt.Fprintf(&w.buffer, "\x1b[%d%c", n, letter)
	}
}

// These implement prompt.Writer.
func (w *writer) EraseScreen()          { w.WriteRawString("\x1b[2J") }
func (w *writer) EraseUp()              { w.WriteRawString("\x1b[1J") }
func (w *writer) EraseDown()            { w.WriteRawString("\x1b[J") }
func (w *writer) EraseStartOfLine()     { w.WriteRawString("\x1b[1K") }
func (w *writer) EraseEndOfLine()       { w.WriteRawString("\x1b[K") }
func (w *writer) EraseLine()            { w.WriteRawString("\x1b[2K") }
func (w *writer) ShowCursor()           { w.WriteRawString("\x1b[?25h") }
func (w *writer) HideCursor()           { w.WriteRawString("\x1b[?25l") }
func (w *writer) CursorGoTo(r, c int)   { fmt.Fprintf(&w.buffer, "\x1b[%d;%dH", max(1, r), max(1, c)) }
func (w *writer) CursorUp(n int)        { w.code(n, 'A', 'B') }
func (w *writer) CursorDown(n int)      { w.code(n, 'B', 'A') }
func (w *writer) CursorForward(n int)   { w.code(n, 'C', 'D') }
func (w *writer) CursorBackward(n int)  { w.code(n, 'D', 'C') }
func (w *writer) AskForCPR()            { w.WriteRawString("\x1b[6n") }
func (w *writer) SaveCursor()           { w.WriteRawString("\x1b[s") }
func (w *writer) UnSaveCursor()         { w.WriteRawString("\x1b[u") }
func (w *writer) ScrollDown()           { w.WriteRawString("\x1bD") }
func (w *writer) ScrollUp()             { w.WriteRawString("\x1bM") }
func (w *writer) SetTitle(title string) {}
func (w *writer) ClearTitle()           {} // it would take the title away that the terminal had

// SetColor implements prompt.Writer.
func (w *writer) SetColor(text, background prompt.Color, bold bool) {
	w.background = background
	weight := 0
	if bold {
		weight = 1
	}
	fmt.Fprintf(&w.buffer, "\x1b[%d;%d;%dm", weight, sgr(text), sgr(background)+10)
}

// SetDisplayAttributes implements prompt.Writer. It is called with a lexer only, and there is none.
func (w *writer) SetDisplayAttributes(text, background prompt.Color, _ ...prompt.DisplayAttribute) {
	w.SetColor(text, background, false)
}

// sgr returns the parameter for a colour of text.
func sgr(c prompt.Color) int {
	switch {
	case c == prompt.DefaultColor:
		return 39
	case c <= prompt.LightGray:
		return 30 + int(c-prompt.Black)
	}
	return 90 + int(c-prompt.DarkGray)
}

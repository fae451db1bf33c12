package ptytest

import (
	"strings"
	"time"
	"unicode/utf8"

	"deployer/pty"

	"github.com/hinshun/vt10x"
)

// drawing is what a terminal shows. It is wrong where characters are wide or combined: tmux knows better.
type drawing struct {
	terminal vt10x.Terminal
	rest     []byte // of a character that came in part
}

func newDrawing(size pty.Size) drawing {
	if size.Rows < 1 || size.Cols < 1 { // of an unknown size
		size = pty.Default
	}
	return drawing{terminal: vt10x.New(vt10x.WithSize(size.Cols, size.Rows))}
}

// add draws what is printed. The emulator would drop characters that come in parts.
func (d *drawing) add(text []byte) {
	text = append(d.rest, text...)
	whole := len(text)
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) && !utf8.FullRune(last) {
			whole -= n
			break
		}
	}
	d.rest = append([]byte{}, text[whole:]...)
	_, _ = d.terminal.Write(text[:whole]) // never fails
}

// Drawn returns what the window shows: its rows without the spaces at their ends, and without the empty rows below.
func (term *Terminal) Drawn() string {
	return term.rows(func(g vt10x.Glyph) rune { return max(g.Char, ' ') })
}

// Styles returns how what Drawn returns is shown: R is reversed, and otherwise the first letter of a colour stands for
// that, in capitals for the background. Everything else is a dot.
func (term *Terminal) Styles() string {
	return term.rows(func(g vt10x.Glyph) rune {
		const reverse = 1
		switch {
		case g.Mode&reverse != 0:
			return 'R'
		case g.FG < 16:
			return rune("krgybmcw"[g.FG%8])
		case g.BG < 16:
			return rune("KRGYBMCW"[g.BG%8])
		case g.Char == ' ' || g.Char == 0:
			return ' '
		}
		return '.'
	})
}

func (term *Terminal) rows(of func(vt10x.Glyph) rune) string {
	s := term.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	terminal := s.draw()
	cols, rows := terminal.Size()
	var lines []string
	for y := range rows {
		var line strings.Builder
		for x := range cols {
			line.WriteRune(of(terminal.Cell(x, y)))
		}
		lines = append(lines, strings.TrimRight(line.String(), " "))
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// Cursor returns the row and the column where the cursor is, from 0.
func (term *Terminal) Cursor() (row, col int) {
	s := term.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	at := s.draw().Cursor()
	return at.Y, at.X
}

// ExpectDrawn waits until the window shows exactly that, as Drawn returns it.
func (term *Terminal) ExpectDrawn(want string) {
	term.t.Helper()
	for deadline := time.Now().Add(patience); term.Drawn() != want; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			term.fatalf("drawn is\n%s\n--- want\n%s", term.Drawn(), want)
		}
	}
}

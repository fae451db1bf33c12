package lineedit

import (
	"fmt"
	"io"
	"strings"
	"sync"

	"deployer/pty"
)

// screen draws a line and its menu, each time over what it has drawn before. The size of the window is looked at each
// time, so that it may change at any time.
type screen struct {
	to pty.Terminal

	mu    sync.Mutex
	now   content
	shown bool // there is something on the screen
	drawn drawn
}

// content is what is drawn.
type content struct {
	prompt string // with colours
	text   string
	cursor int // in text, in bytes
	menu   menu
}

// drawn is what is on the screen.
type drawn struct {
	size   pty.Size
	widths []int // of the rows of the line
	cursor spot
	top    int // the first candidate of the menu
}

// show draws something else.
func (s *screen) show(c content) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now, s.shown = c, true
	s.draw(s.home())
}

// resized draws all anew.
func (s *screen) resized() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		s.draw(s.home())
	}
}

// resumed draws all where the cursor is: others have used the terminal.
func (s *screen) resumed() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shown {
		s.drawn = drawn{}
		s.write(pasteOn)
		s.draw(s.home())
	}
}

// clear empties the screen; the next show begins at its top.
func (s *screen) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.write("\x1b[H\x1b[2J")
	s.drawn = drawn{}
}

// finish draws the line a last time, as text that was never edited, and goes to the next row.
func (s *screen) finish(prompt string, mark string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(s.now.text, "\n")
	for i, text := range lines {
		lines[i] = plain(text)
	}
	s.write(s.home() + "\x1b[K" + eraseBelow + s.fitting(prompt) + strings.Join(lines, "\r\n") + mark + "\r\n")
	s.shown, s.drawn = false, drawn{}
}

// fitting is a prompt that leaves room for the text.
func (s *screen) fitting(prompt string) string { return shorten(prompt, 2*s.to.Size().Cols/3) }

// eraseBelow erases what is below a row that is empty. In the corner of the screen tmux would take that for a clearing
// of all of it, and keep what there was in its history: so it is done from the next column.
const eraseBelow = "\x1b[C\x1b[J\r"

// home leads from the cursor to where the line begins. A terminal that has become narrower has broken the rows.
func (s *screen) home() string {
	cols := s.to.Size().Cols
	up := s.drawn.cursor.row
	if cols < s.drawn.size.Cols {
		up = s.drawn.cursor.col / cols
		for _, width := range s.drawn.widths[:s.drawn.cursor.row] {
			up += max(1, (width+cols-1)/cols)
		}
	}
	return "\r" + move(up, 'A')
}

// move is the escape sequence that moves the cursor by so much; A is up, C to the right.
func move(by int, direction byte) string {
	if by <= 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%d%c", by, direction)
}

// draw draws from the first row of the line on. It never lets the terminal break a row: terminals differ in how wide
// some characters are.
func (s *screen) draw(home string) {
	size := s.to.Size()
	lay, word, cursor := s.now.layout(s.fitting(s.now.prompt), size.Cols)
	from := max(0, cursor.row-size.Rows+1)
	rows := lay.rows[from:min(len(lay.rows), from+size.Rows)]
	b := s.now.menu.arrange(size.Cols, word, size.Rows-len(rows), s.drawn.top)
	s.drawn = drawn{size: size, cursor: spot{cursor.row - from, cursor.col}, top: b.top}
	var lines []string
	for _, r := range rows {
		lines = append(lines, r.text.String())
		s.drawn.widths = append(s.drawn.widths, r.width)
	}
	for _, text := range s.now.menu.draw(b) {
		lines = append(lines, move(b.left, 'C')+text)
	}
	last := len(lines) - 1
	lines[last] = eraseBelow + lines[last]
	s.write("\x1b[?25l\x1b[?7l" + home + "\x1b[K" + strings.Join(lines, "\r\n\x1b[K") + "\r" +
		move(last-s.drawn.cursor.row, 'A') + move(cursor.col, 'C') + "\x1b[?7h\x1b[?25h")
}

// layout puts the line into rows. It says in which column the word begins that the menu completes, and where the cursor
// is.
func (c *content) layout(prompt string, cols int) (lay *layout, word int, cursor spot) {
	lay = newLayout(cols)
	lay.add(prompt)
	start := min(c.menu.start, c.cursor)
	lay.add(c.text[:start])
	word = lay.next(c.text[start:]).col
	lay.add(c.text[start:c.cursor])
	cursor = lay.next(c.text[c.cursor:])
	lay.add(c.text[c.cursor:])
	if cursor.row == len(lay.rows) {
		lay.rows = append(lay.rows, &row{})
	}
	return lay, word, cursor
}

// write writes to the terminal. When that is gone, reading it says so.
func (s *screen) write(text string) { _, _ = io.WriteString(s.to, text) }

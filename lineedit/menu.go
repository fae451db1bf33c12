package lineedit

import (
	"strings"
	"unicode/utf8"
)

// maxMenu is how many candidates are shown at a time.
const maxMenu = 10

// menu is what the word before the cursor may become.
type menu struct {
	all    []Candidate
	whole  bool   // the word is all that it may become
	start  int    // where the word begins in the line, in bytes
	typed  string // what it was when the menu was made
	at     int    // which candidate is in its place, from 1; 0 is what was typed
	hidden bool   // until the line changes
	line   string // that the menu is for, and where the cursor is in it
	cursor int
}

// open reports whether there is something to see.
func (m *menu) open() bool { return len(m.all) > 0 && !m.hidden }

// chosen reports whether a candidate is in the line.
func (m *menu) chosen() bool { return m.at > 0 }

// refresh makes the menu anew when the line is another one. An empty line has one only when it is asked for, and so has
// one in which only the cursor has moved.
func (m *menu) refresh(text string, cursor int, complete Completer) {
	if text == m.line && cursor == m.cursor {
		return
	}
	typed := text != "" && text != m.line
	*m = menu{line: text, cursor: cursor}
	if typed {
		m.fill(complete)
	}
}

// fill asks for candidates. Text of several lines has none.
func (m *menu) fill(complete Completer) {
	m.hidden = false
	if strings.Contains(m.line, "\n") {
		return
	}
	m.start, m.all = complete(m.line, m.cursor)
	m.typed = m.line[m.start:m.cursor]
	if m.whole = len(m.all) == 1 && m.all[0].Text == m.typed; m.whole {
		m.all = nil
	}
}

// word is what stands in the place of what was typed.
func (m *menu) word() string {
	if m.at == 0 {
		return m.typed
	}
	return m.all[m.at-1].Text
}

// common is how far all candidates agree.
func (m *menu) common() string {
	common := m.all[0].Text
	for _, c := range m.all[1:] {
		n := 0
		for n < len(common) && n < len(c.Text) && common[n] == c.Text[n] {
			n++
		}
		common = common[:n]
	}
	for !utf8.ValidString(common) {
		common = common[:len(common)-1]
	}
	return common
}

// tab completes as far as that is sure, and then goes through the candidates.
func (l *line) tab() {
	m := &l.menu
	if m.chosen() {
		l.turn(1)
		return
	}
	shown := m.open()
	if !shown {
		m.line, m.cursor = l.content()
		m.fill(l.e.o.Complete)
	}
	switch {
	case m.whole:
		l.space()
	case len(m.all) == 0:
	case len(m.all) == 1:
		l.put(1)
		*m = menu{}
	case len(m.common()) > len(m.typed) && strings.HasPrefix(m.common(), m.typed):
		l.buffer.insert(m.common()[len(m.typed):])
	case shown:
		l.turn(1)
	}
}

// space begins the next word after one that is complete, unless more of this one is expected.
func (l *line) space() {
	text, cursor := l.content()
	if cursor == len(text) && !strings.ContainsAny(text[cursor-1:], "=/ ") {
		l.buffer.insert(" ")
	}
}

// back goes through the candidates backwards.
func (l *line) back() { l.turn(-1) }

// turn puts another candidate into the line. What was typed comes between the last and the first, and in pages of it
// there is an end.
func (l *line) turn(by int) {
	m := &l.menu
	if !m.open() {
		return
	}
	if by == 1 || by == -1 {
		l.put((m.at + by + len(m.all) + 1) % (len(m.all) + 1))
		return
	}
	l.put(min(max(m.at+by, 1), len(m.all)))
}

// put puts a candidate into the line, and leaves the menu as it is.
func (l *line) put(at int) {
	m := &l.menu
	before := m.word()
	m.at = at
	if before != m.word() {
		l.buffer.cutBefore(before)
		l.buffer.insert(m.word())
	}
	m.line, m.cursor = l.content()
}

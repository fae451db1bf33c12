package lineedit

import "strings"

// box is how a menu is drawn in a window.
type box struct {
	top    int // the first candidate that is shown
	left   int // the column
	height int // rows; 0 if there is no room
	name   int // columns for the names
	text   int // columns for the descriptions, 0 if there are none
	bar    bool
}

// Each part has a space on either side.
const margin = 2

// arrange fits the menu into a window, below a word in some column, with so many rows to spare. top is the first
// candidate that was shown before.
func (m *menu) arrange(width, column, rows, top int) box {
	if !m.open() || rows < 1 || width < 4 {
		return box{}
	}
	b := box{height: min(maxMenu, rows, len(m.all))}
	if m.at > 0 {
		b.top = max(min(top, m.at-1, len(m.all)-b.height), m.at-b.height)
	}
	b.bar = b.height < len(m.all)
	for _, c := range m.all[b.top : b.top+b.height] {
		b.name = max(b.name, widthOf(c.name()))
		b.text = max(b.text, widthOf(c.Description))
	}
	if b.bar {
		width--
	}
	b.fit(width, column+m.lead())
	return b
}

// lead is how much of the word is not shown in the menu, in columns: what leads to the step that is completed.
func (m *menu) lead() int {
	first := m.all[0]
	if !strings.HasSuffix(first.Text, first.name()) {
		return 0
	}
	return widthOf(strings.TrimSuffix(first.Text, first.name()))
}

// leastText is the narrowest room in which a name or a description still says something, in columns.
const leastText = 12

// fit divides the columns among the names and the descriptions, which are left out where there is no room for both.
func (b *box) fit(width, column int) {
	least := min(b.text, leastText)
	room := width - 2*margin - least // for names
	if b.text == 0 || room < min(b.name, leastText) {
		b.text = 0
		b.name = min(b.name, width-margin)
		b.left = max(0, min(column-1, width-margin-b.name))
		return
	}
	b.name = min(b.name, room)
	b.text = min(b.text, width-2*margin-b.name)
	b.left = max(0, min(column-1, width-2*margin-b.name-b.text))
}

// name is what the menu calls a candidate.
func (c Candidate) name() string {
	if c.Shown != "" {
		return c.Shown
	}
	return c.Text
}

// Escape sequences of the menu, which are no colours: those belong to the candidates.
const (
	reverse = "\x1b[7m"
	faint   = "\x1b[2m"
	normal  = "\x1b[0m"
)

// draw returns the rows of the menu.
func (m *menu) draw(b box) []string {
	var rows []string
	for i := b.top; i < b.top+b.height; i++ {
		rows = append(rows, b.row(m.all[i], i+1 == m.at)+b.thumb(i-b.top, len(m.all)))
	}
	return rows
}

// row draws a candidate.
func (b box) row(c Candidate, chosen bool) string {
	name := " " + fit(c.name(), b.name) + " "
	if c.Style != "" {
		name = "\x1b[" + c.Style + "m" + name + normal
	}
	if chosen {
		name = reverse + name + normal
	}
	if b.text > 0 {
		style := faint
		if chosen {
			style = ""
		}
		name += style + " " + fit(c.Description, b.text) + " " + normal
	}
	return name
}

// thumb draws the scroll bar in a row, if there is one.
func (b box) thumb(row, candidates int) string {
	if !b.bar {
		return ""
	}
	length := max(1, b.height*b.height/candidates)
	first := b.top * (b.height - length) / max(1, candidates-b.height)
	if row >= first && row < first+length {
		return reverse + " " + normal
	}
	return " "
}

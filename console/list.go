package console

import (
	"strconv"
	"strings"

	"github.com/fatih/color"
)

// Row is a line of a list: a name and what it is.
type Row struct {
	Name   string
	Colour string // of the name: grey, red, green, yellow, blue, magenta, cyan, white; "" for none
	Text   string
}

// The columns of a list: what is before a name, what is at least between it and its text, and the fewest for a text.
const (
	margin   = 2
	distance = 3
	leastFor = 20
)

// List returns rows under a title, with an empty line before it, or "" if there are none. A text that is too long for
// the terminal goes on below itself, and below the name of its row where that takes too much of the line.
func (l Layout) List(title string, rows []Row) string {
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n" + title + "\n")
	indent := l.indent(rows)
	for _, r := range rows {
		b.WriteString(strings.Repeat(" ", margin) + FormatName(r.Name, r.Colour, l.Colour))
		if r.Text != "" {
			b.WriteString(l.beside(margin+Width(r.Name), indent, r.Text))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// indent is the column in which the texts of rows begin.
func (l Layout) indent(rows []Row) int {
	longest := 0
	for _, r := range rows {
		size := Width(r.Name)
		if r.Text != "" && (l.Columns <= 0 || margin+size+distance+leastFor <= l.Columns) {
			longest = max(longest, size)
		}
	}
	return margin + longest + distance
}

// beside returns a text as it follows on what takes the first columns of a line.
func (l Layout) beside(used, indent int, text string) string {
	begin := "\n" + strings.Repeat(" ", indent)
	if l.Columns > 0 {
		text = strings.ReplaceAll(Wrap(text, max(1, l.Columns-indent)), "\n", begin)
	}
	if used+distance > indent {
		return begin + text
	}
	return strings.Repeat(" ", indent-used) + text
}

// FormatName returns a name in a colour that [Row] knows, if colour is wanted.
func FormatName(name, in string, colour bool) string {
	attribute, known := attributes()[in]
	if !known {
		return name
	}
	return palette{colour}.paint(name, attribute)
}

// Style returns a colour that [Row] knows as the parameters of the escape sequence SGR; "" for none.
func Style(colour string) string {
	attribute, known := attributes()[colour]
	if !known {
		return ""
	}
	return strconv.Itoa(int(attribute))
}

func attributes() map[string]color.Attribute {
	return map[string]color.Attribute{
		"grey": color.FgHiBlack, "red": color.FgRed, "green": color.FgGreen, "yellow": color.FgYellow, "blue": color.FgBlue,
		"magenta": color.FgMagenta, "cyan": color.FgCyan, "white": color.FgWhite,
	}
}

package lineedit

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// row is one of the screen.
type row struct {
	text  strings.Builder // with colours
	width int             // in columns
}

// spot is a place on the screen: a row and a column, from 0.
type spot struct{ row, col int }

// layout puts text into rows of a width. No character is split at the edge.
type layout struct {
	width int
	rows  []*row
}

func newLayout(width int) *layout { return &layout{width: width, rows: []*row{{}}} }

// styles matches the escape sequences for colours.
var styles = regexp.MustCompile("\x1b\\[[0-9;]*m")

// add appends text, which may have colours.
func (l *layout) add(text string) {
	for text != "" {
		if at := styles.FindStringIndex(text); at != nil && at[0] == 0 {
			l.last().text.WriteString(text[:at[1]])
			text = text[at[1]:]
			continue
		}
		var c string
		c, text = character(text)
		if c == "\n" {
			l.rows = append(l.rows, &row{})
			continue
		}
		l.put(visible(c))
	}
}

// put appends a character, in the next row if it does not fit into this one.
func (l *layout) put(c string, width int) {
	if l.last().width+width > l.width {
		l.rows = append(l.rows, &row{})
	}
	l.last().text.WriteString(c)
	l.last().width += width
}

func (l *layout) last() *row { return l.rows[len(l.rows)-1] }

// next is where the first character of text comes, or the cursor after all.
func (l *layout) next(text string) spot {
	width := 1
	if c, _ := character(text); c == "\n" {
		width = 0
	} else if c != "" {
		_, width = visible(c)
	}
	if l.last().width+width > l.width {
		return spot{len(l.rows), 0}
	}
	return spot{len(l.rows) - 1, min(l.last().width, l.width-1)}
}

// character splits the first character off, with all that is drawn in the same place.
func character(text string) (first, rest string) {
	first, rest, _, _ = uniseg.FirstGraphemeClusterInString(text, -1)
	return first, rest
}

// visible is what is shown of a character, and how wide that is.
func visible(c string) (shown string, width int) {
	r, _ := utf8.DecodeRuneInString(c)
	switch {
	case c == "\t":
		return " ", 1
	case r == utf8.RuneError:
		return string(utf8.RuneError), 1
	case r < ' ' || r >= 0x7f && r < 0xa0:
		return "?", 1
	}
	width = uniseg.StringWidth(c)
	return c, width
}

// widthOf is how many columns a text takes that has no line ends.
func widthOf(text string) int {
	sum := 0
	for text != "" {
		var c string
		c, text = character(text)
		_, width := visible(c)
		sum += width
	}
	return sum
}

// fit makes a text exactly so wide: with spaces, or with an end that says that there is more.
func fit(text string, width int) string {
	if w := widthOf(text); w <= width {
		return plain(text) + strings.Repeat(" ", width-w)
	}
	const more = "..."
	room := max(0, width-len(more))
	var b strings.Builder
	for text != "" {
		var c string
		c, text = character(text)
		shown, w := visible(c)
		if w > room {
			break
		}
		b.WriteString(shown)
		room -= w
	}
	return b.String() + strings.Repeat(" ", room) + more[:min(len(more), width)]
}

// plain is text without anything that would move the cursor.
func plain(text string) string {
	var b strings.Builder
	for text != "" {
		var c string
		c, text = character(text)
		shown, _ := visible(c)
		b.WriteString(shown)
	}
	return b.String()
}

// shorten takes from the beginning of a prompt what makes it wider than that.
func shorten(prompt string, width int) string {
	tooWide := widthOf(styles.ReplaceAllString(prompt, "")) - width
	if tooWide <= 0 {
		return prompt
	}
	const left = "..."
	tooWide += len(left)
	var colours strings.Builder
	for prompt != "" && tooWide > 0 {
		if at := styles.FindStringIndex(prompt); at != nil && at[0] == 0 {
			colours.WriteString(prompt[:at[1]])
			prompt = prompt[at[1]:]
			continue
		}
		var c string
		c, prompt = character(prompt)
		_, w := visible(c)
		tooWide -= w
	}
	return left + colours.String() + prompt
}

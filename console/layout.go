package console

import "strings"

// Layout is how text is laid out for whoever reads it.
type Layout struct {
	Colour  bool
	Columns int // of the terminal; 0: it is for no terminal, and lines are as long as they are
}

// LayoutOf is the layout for a window, whose width columns returns; nil where there is none.
func LayoutOf(colour bool, columns func() int) Layout {
	l := Layout{Colour: colour}
	if columns != nil {
		l.Columns = columns()
	}
	return l
}

// Layout is how text is laid out on the output.
func (o Output) Layout() Layout {
	l := Layout{Colour: o.Colour}
	if o.Terminal {
		l.Columns = o.size().Cols
	}
	return l
}

// Paragraph returns a text in lines that the terminal has the columns for.
func (l Layout) Paragraph(text string) string {
	if l.Columns <= 0 {
		return text
	}
	return Wrap(text, l.Columns)
}

// Wrap breaks a text into lines of so many columns: at spaces, and in a word that is longer, as a set of hosts may be,
// after commas. What is between brackets stays with the word before it.
func Wrap(text string, columns int) string {
	var b strings.Builder
	used := 0
	for _, word := range wordsOf(text, columns) {
		size := Width(word.text)
		switch {
		case used == 0:
		case used+len(word.before)+size > columns:
			b.WriteByte('\n')
			used = 0
		default:
			b.WriteString(word.before)
			used += len(word.before)
		}
		b.WriteString(word.text)
		used += size
	}
	return b.String()
}

// unbroken is a part of a text that stays in one line.
type unbroken struct{ before, text string } // before is what stands between it and the part before, if no line ends there

// wordsOf are the parts of a text.
func wordsOf(text string, columns int) []unbroken {
	var all []unbroken
	for _, word := range strings.Fields(text) {
		if last := len(all) - 1; last >= 0 && word[0] == '(' && Width(all[last].text+" "+word) <= columns {
			all[last].text += " " + word
			continue
		}
		before := " "
		for wider(word, columns) {
			end := comma(word, columns)
			if end == 0 {
				break // the terminal breaks it
			}
			all = append(all, unbroken{before, word[:end]})
			before, word = "", word[end:]
		}
		all = append(all, unbroken{before, word})
	}
	return all
}

// comma is the end of the last comma that lies in the first columns of a word, or else of the first one; 0 without one
// before the end of the word.
func comma(word string, columns int) int {
	end := 0
	for i, r := range word[:len(word)-1] {
		if columns -= Width(string(r)); columns < 0 && end > 0 {
			break
		}
		if r == ',' {
			end = i + 1
		}
	}
	return end
}

// wider reports whether a text takes more than so many columns.
func wider(text string, columns int) bool {
	for _, r := range text {
		if columns -= Width(string(r)); columns < 0 {
			return true
		}
	}
	return false
}

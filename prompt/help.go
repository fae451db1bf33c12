package prompt

import (
	"fmt"
	"iter"
	"strings"

	"deployer/console"
)

// ClearScreen moves to the top of a terminal and erases it.
const ClearScreen = "\x1b[H\x1b[2J"

// helpColumns are the most columns of a line of help that read well.
const helpColumns = 80

// Help is all the help on a command. short and long are what it does in a line, and more of that.
func Help(usage, short, long string, l console.Layout) string {
	if l.Columns <= 0 || l.Columns > helpColumns {
		l.Columns = helpColumns
	}
	text := l.Paragraph(usage) + "\n\n" + l.Paragraph(Sentence(short)) + "\n"
	if long != "" {
		text += l.Paragraph(long) + "\n"
	}
	return text
}

// Sentence makes one of a line of a table.
func Sentence(line string) string { return strings.ToUpper(line[:1]) + line[1:] + "." }

// Numbered are the lines of a history, with their numbers.
func Numbered(history []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i, line := range history {
			if !yield(fmt.Sprintf("%5d  %s", i+1, strings.ReplaceAll(line, "\n", "\n       "))) {
				return
			}
		}
	}
}

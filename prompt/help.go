package prompt

import (
	"fmt"
	"iter"
	"strings"
)

// ClearScreen moves to the top of a terminal and erases it.
const ClearScreen = "\x1b[H\x1b[2J"

// Help is all the help on a command, in lines of so many columns, or of the most that read well. short and long are
// what it does in a line, and more of that.
func Help(usage, short, long string, columns int) string {
	text := strings.TrimSpace(usage) + "\n\n" + Sentence(short) + "\n"
	if long != "" {
		text += Wrap(long, min(columns, 80)) + "\n"
	}
	return text
}

// Sentence makes one of a line of a table.
func Sentence(line string) string { return strings.ToUpper(line[:1]) + line[1:] + "." }

// Wrap breaks a text into lines of so many bytes.
func Wrap(text string, width int) string {
	var b strings.Builder
	column := 0
	for _, word := range strings.Fields(text) {
		switch {
		case column == 0:
		case column+1+len(word) > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

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

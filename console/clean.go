package console

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// colours is an escape sequence that sets colours and attributes of text (SGR), at the start of a text.
var colours = regexp.MustCompile(`^\x1b\[[0-9;:]{0,32}m`)

const reset = "\x1b[m"

// clean returns a line with its control characters shown as text, so that it cannot move the cursor, hide other text or
// speak to the terminal. With sgr, colours pass and are reset at the end; else they are left out.
func clean(line string, sgr bool) string {
	if isPlain(line) {
		return line
	}
	var b strings.Builder
	coloured := false
	for len(line) > 0 {
		if seq := colours.FindString(line); seq != "" {
			if sgr {
				b.WriteString(seq)
				coloured = true
			}
			line = line[len(seq):]
			continue
		}
		r, size := utf8.DecodeRuneInString(line)
		writeRune(&b, r, line[:size])
		line = line[size:]
	}
	if coloured {
		b.WriteString(reset)
	}
	return b.String()
}

// Clean returns a line with its control characters shown as text, and without colours: it says nothing to a terminal.
func Clean(line string) string { return clean(line, false) }

// OneLine returns a text as one line, with newlines written as \n, that says nothing to a terminal.
func OneLine(text string) string { return oneLine(text, len(text)) }

func isPlain(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < ' ' && c != '\t') || c >= 0x7f {
			return false
		}
	}
	return true
}

func writeRune(b *strings.Builder, r rune, bytes string) {
	switch {
	case r == utf8.RuneError && len(bytes) == 1:
		fmt.Fprintf(b, `\x%02x`, bytes[0])
	case r == '\t' || r >= ' ' && r < 0x7f:
		b.WriteString(bytes)
	case r < ' ', r == 0x7f:
		b.WriteByte('^')
		b.WriteByte(byte(r) ^ 0x40)
	case r < 0xa0, isDirection(r):
		fmt.Fprintf(b, `\u%04x`, r)
	default:
		b.WriteString(bytes)
	}
}

// isDirection reports whether a character changes the direction of the text after it, which can make a line look like
// another.
func isDirection(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == 0x2028 || r == 0x2029
}

// maxCommand is how many characters of a command are shown in one line of the log.
const maxCommand = 200

// oneLine returns text of several lines as one, with at most limit characters, newlines written as \n.
func oneLine(s string, limit int) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "\n", `\n`)
	if utf8.RuneCountInString(s) > limit {
		s = string([]rune(s)[:limit]) + "…"
	}
	return clean(s, false)
}

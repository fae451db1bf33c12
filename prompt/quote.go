package prompt

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Quote returns a text as a word of a line that Split gives back as it was. It can be shown: what would speak to the
// terminal, or look like something else, is written as an escape.
func Quote(text string) string {
	if !printable(text) {
		return "$'" + escapes(text) + "'"
	}
	if text == "" || strings.ContainsAny(text, Blanks+"'\"\\$`*?[]{}();<>|&") || strings.ContainsRune("-~#!", rune(text[0])) {
		return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return text
}

// printable reports whether a text shows as what it is.
func printable(text string) bool {
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// escapes writes what is not printable as in C. What follows an escape is never taken for a part of it.
func escapes(text string) string {
	var b strings.Builder
	for len(text) > 0 {
		r, size := utf8.DecodeRuneInString(text)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, text[0])
		case r == '\'' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r < 0x80:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
		text = text[size:]
	}
	return b.String()
}

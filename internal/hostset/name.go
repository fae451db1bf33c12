package hostset

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ReplaceName replaces the name of a host in a text, as of a command that each host has of its own, where it is a word: web1
// is not in web10, nor a in cat.
func ReplaceName(text, name, by string) string {
	if name == "" {
		return text
	}
	var b strings.Builder
	for from := 0; ; {
		at := strings.Index(text[from:], name)
		if at < 0 {
			b.WriteString(text[from:])
			return b.String()
		}
		at += from
		end := at + len(name)
		before, _ := utf8.DecodeLastRuneInString(text[:at])
		after, _ := utf8.DecodeRuneInString(text[end:])
		b.WriteString(text[from:at])
		if inWord(before) || inWord(after) {
			b.WriteString(name)
		} else {
			b.WriteString(by)
		}
		from = end
	}
}

// inWord reports whether a character next to a name makes it another one. None is utf8.RuneError.
func inWord(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '-' }

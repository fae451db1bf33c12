package nodes

import (
	"strings"
	"unicode"
)

// snake is a name of Go as trees write it: HTTPServer is http_server.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && startsWord(runes, i) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// startsWord reports whether a new word starts at a capital: after a small letter or a digit, or as the last of several
// capitals before a small letter.
func startsWord(name []rune, i int) bool {
	if !unicode.IsUpper(name[i]) || name[i-1] == '_' {
		return false
	}
	return !unicode.IsUpper(name[i-1]) || i+1 < len(name) && unicode.IsLower(name[i+1])
}

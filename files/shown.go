package files

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Shown is a path as messages show it: as it is, or quoted if it would not be one plain line of text.
func Shown(path string) string {
	plain := func(r rune) bool { return unicode.IsPrint(r) && r != utf8.RuneError }
	if strings.ContainsFunc(path, func(r rune) bool { return !plain(r) }) {
		return strconv.Quote(path)
	}
	return path
}

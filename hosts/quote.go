package hosts

import (
	"fmt"
	"strings"
)

// Quote returns s as one word of a command line for any POSIX shell.
func Quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// octal returns text in the notation of printf's %b, such that sh, bash, fish and csh all take it between single quotes
// as it is. fish gives a meaning to \' and \\ there, csh to ! and to line ends, so none of these are left.
func octal(text string) string {
	var b strings.Builder
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '\'', c == '\\', c == '!':
			fmt.Fprintf(&b, `\0%03o`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

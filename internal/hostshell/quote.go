package hostshell

import "strings"

// Quote returns s as one word of a command line for any POSIX shell.
func Quote(s string) string {
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// encode returns text in the notation of printf's %b, such that sh, bash, fish and csh all take it between single quotes
// as it is. fish gives a meaning to \' and \\ there, csh to ! and to line ends, so none of these are left.
func encode(text string) string {
	var b strings.Builder
	b.Grow(2 * len(text))
	for i := range len(text) {
		switch c := text[i]; {
		case c < ' ', c > '~', c == '\'', c == '\\', c == '!':
			b.Write([]byte{'\\', '0', '0' + c>>6, '0' + c>>3&7, '0' + c&7})
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

package shell

import (
	"slices"
	"strings"

	"deployer/console"
)

// language is what there is to tell apart in the text of a program.
type language struct {
	comments []delimited
	strings  []delimited // a longer beginning before a shorter one
	keywords []string
}

// delimited is a comment or a string, from its beginning to its end.
type delimited struct {
	begin, end string
	escapes    bool // a backslash takes the character after it along
	lines      bool // it may go over several lines
}

var starlark = language{
	comments: []delimited{{begin: "#", end: "\n"}},
	strings: []delimited{
		{`"""`, `"""`, true, true}, {"'''", "'''", true, true}, {`"`, `"`, true, false}, {"'", "'", true, false},
	},
	keywords: []string{
		"and", "break", "continue", "def", "elif", "else", "for", "if", "in", "lambda", "load", "not", "or", "pass", "return",
		"while", "None", "True", "False",
	},
}

var golang = language{
	comments: []delimited{{begin: "//", end: "\n"}, {begin: "/*", end: "*/", lines: true}},
	strings:  []delimited{{`"`, `"`, true, false}, {"'", "'", true, false}, {"`", "`", false, true}},
	keywords: []string{
		"break", "case", "chan", "const", "continue", "default", "defer", "else", "fallthrough", "for", "func", "go", "goto",
		"if", "import", "interface", "map", "package", "range", "return", "select", "struct", "switch", "type", "var",
		"nil", "true", "false",
	},
}

// languageOf is that of a file.
func languageOf(file string) language {
	if strings.HasSuffix(file, ".go") {
		return golang
	}
	return starlark
}

// The colours of a program.
const (
	commentColour = "grey"
	stringColour  = "green"
	keywordColour = "magenta"
)

// highlight colours a program. No colour goes over the end of a line.
func (l language) highlight(code string) string {
	var b strings.Builder
	for code != "" {
		n, colour := l.next(code)
		for i, line := range strings.Split(code[:n], "\n") {
			if i > 0 {
				b.WriteByte('\n')
			}
			if line != "" {
				b.WriteString(console.FormatName(line, colour, true))
			}
		}
		code = code[n:]
	}
	return b.String()
}

// next is how long the part is that the code begins with, and its colour.
func (l language) next(code string) (n int, colour string) {
	for _, d := range l.comments {
		if strings.HasPrefix(code, d.begin) {
			return d.length(code), commentColour
		}
	}
	for _, d := range l.strings {
		if strings.HasPrefix(code, d.begin) {
			return d.length(code), stringColour
		}
	}
	for n < len(code) && isWord(code[n]) {
		n++
	}
	if slices.Contains(l.keywords, code[:n]) {
		return n, keywordColour
	}
	return max(n, 1), ""
}

// isWord reports whether a byte can be part of a name; all of a character that is not ASCII can.
func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= 0x80
}

// length is how long a comment or a string is that the code begins with. One without an end ends with the line, or, if it
// may have several, with the code.
func (d delimited) length(code string) int {
	for i := len(d.begin); i < len(code); i++ {
		switch {
		case strings.HasPrefix(code[i:], d.end) && d.end != "\n":
			return i + len(d.end)
		case code[i] == '\n' && !d.lines:
			return i
		case code[i] == '\\' && d.escapes:
			i++
		}
	}
	return len(code)
}

package nodes

import (
	"fmt"
	"strings"
)

// lexPath takes the quotes away and remembers what they and the brackets made literal.
func lexPath(raw string) (Path, error) {
	l := pathLexer{Path: Path{raw: strings.Trim(raw, space)}}
	for rest := strings.TrimLeft(raw, space); rest != ""; {
		size, err := l.piece(rest)
		if err != nil {
			return l.Path, err
		}
		rest = rest[size:]
	}
	for end := len(l.text) - 1; end >= 0 && l.class[end] == bare && strings.IndexByte(space, l.text[end]) >= 0; end-- {
		l.text, l.class = l.text[:end], l.class[:end]
	}
	l.absolute = strings.HasPrefix(l.text, "/") && l.class[0] == bare
	return l.Path, nil
}

// pathLexer is a path as far as it is read.
type pathLexer struct{ Path }

func (l *pathLexer) add(text string, class byte) {
	l.text += text
	l.class += strings.Repeat(string(class), len(text))
}

// piece takes what is in quotes or brackets, what follows a backslash, or one byte. It returns how long that is in rest.
func (l *pathLexer) piece(rest string) (size int, err error) {
	switch rest[0] {
	case '\'', '[':
		closing := map[byte]string{'\'': "'", '[': "]"}[rest[0]]
		inside, _, found := strings.Cut(rest[1:], closing)
		if !found {
			return 0, l.notClosed(rest, closing)
		}
		if rest[0] == '[' {
			l.add("[", bare)
			l.add(inside, inBracket)
			l.add("]", bare)
		} else {
			l.add(inside, quoted)
		}
		return len(inside) + 2, nil
	case '"':
		return l.doubleQuoted(rest)
	case '\\':
		if len(rest) == 1 {
			return 0, l.wrong(`it ends in a \`, "put the character that it is to quote after it")
		}
		l.add(rest[1:2], quoted)
		return 2, nil
	}
	l.add(rest[:1], bare)
	return 1, nil
}

// doubleQuoted takes what is in double quotes, where a backslash quotes only what would be special there.
func (l *pathLexer) doubleQuoted(rest string) (size int, err error) {
	for i := 1; i < len(rest); i++ {
		switch {
		case rest[i] == '"':
			return i + 1, nil
		case rest[i] == '\\' && i+1 < len(rest) && strings.IndexByte("\"\\$`", rest[i+1]) >= 0:
			i++
		}
		l.add(rest[i:i+1], quoted)
	}
	return 0, l.notClosed(rest, `"`)
}

func (l *pathLexer) notClosed(rest, closing string) *PathError {
	return l.wrong(fmt.Sprintf("%q is not closed by %q", rest, closing), "")
}

// FormatStep returns a name as a step of a path. siblings are the names of the same place, among which it may be the
// beginning of a longer one.
func FormatStep(name string, siblings ...string) string {
	if strings.ContainsAny(name, boundary+`]'"\`) || name == "" {
		return quoteStep(name)
	}
	for _, other := range siblings {
		if rest, ok := strings.CutPrefix(other, name); ok && rest != "" && strings.IndexByte(boundary, rest[0]) >= 0 {
			return quoteStep(name)
		}
	}
	return name
}

// FormatCell returns a host's slug as a cell of a path.
func FormatCell(slug string) string {
	if strings.Contains(slug, "]") {
		return ":" + quoteStep(slug)
	}
	return "[" + slug + "]"
}

// quoteStep puts a name into quotes. One with both kinds of quotes is quoted in pieces.
func quoteStep(name string) string {
	if !strings.Contains(name, "'") {
		return "'" + name + "'"
	}
	pieces := strings.Split(name, "'")
	var b strings.Builder
	for i, piece := range pieces {
		if i > 0 {
			b.WriteString(`"'"`)
		}
		if piece != "" {
			b.WriteString("'" + piece + "'")
		}
	}
	return b.String()
}

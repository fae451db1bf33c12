package script

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The library's scanner stops at its first error and reports most of them at the end of a token. To name Python's
// constructs at the right place, all of them at once, this file has a scanner that cuts any text whatever into tokens
// and never fails.

type tokenKind int

const (
	wordToken tokenKind = iota
	stringToken
	numberToken
	signToken // an operator or a bracket
	lineToken // the end of a logical line
)

// token is a piece of a source text. Lines and columns count from 1, columns in characters.
type token struct {
	kind            tokenKind
	text            string
	line, col       int
	endLine, endCol int  // of the first character after it
	spaced          bool // white space or a line's end stands before it
	open            bool // a string that does not end
}

// is reports whether the token is this word or sign.
func (t token) is(text string) bool {
	return (t.kind == wordToken || t.kind == signToken) && t.text == text
}

type lexer struct {
	rest      string
	line, col int
	depth     int // of brackets
	spaced    bool
	inLine    bool             // the logical line has a token
	take      func(token) bool // false: it wants no more
	ended     bool
}

// scan cuts a source text into tokens.
func scan(text string) iter.Seq[token] {
	return func(yield func(token) bool) {
		lx := &lexer{rest: text, line: 1, col: 1, take: yield}
		for lx.rest != "" && !lx.ended {
			lx.next()
		}
		lx.endLine()
	}
}

func (lx *lexer) next() {
	r, size := utf8.DecodeRuneInString(lx.rest)
	switch {
	case r == '\n' || r == '\r':
		if lx.depth == 0 {
			lx.endLine()
		}
		lx.blank(newlineSize(lx.rest))
	case r == ' ' || r == '\t':
		lx.blank(1)
	case r == '\\' && newlineSize(lx.rest[1:]) > 0:
		lx.blank(1 + newlineSize(lx.rest[1:]))
	case r == '#':
		lx.advance(lineSize(lx.rest))
	case isWordRune(r) && !unicode.IsDigit(r):
		lx.word()
	case unicode.IsDigit(r) || r == '.' && len(lx.rest) > 1 && unicode.IsDigit(rune(lx.rest[1])):
		lx.add(numberToken, wordSize(lx.rest))
	case r == '"' || r == '\'':
		lx.str(0)
	default:
		lx.sign(size)
	}
}

// endLine ends a logical line that is not empty.
func (lx *lexer) endLine() {
	if lx.inLine {
		lx.add(lineToken, 0)
	}
}

func (lx *lexer) blank(size int) {
	lx.advance(size)
	lx.spaced = true
}

// word takes a word, or a string that begins with letters such as r"…".
func (lx *lexer) word() {
	size := wordSize(lx.rest)
	if size <= 2 && size < len(lx.rest) && strings.Contains("\"'", lx.rest[size:size+1]) {
		if strings.Trim(strings.ToLower(lx.rest[:size]), "rbfu") == "" {
			lx.str(size)
			return
		}
	}
	lx.add(wordToken, size)
}

// str takes a string whose quote stands after prefix bytes.
func (lx *lexer) str(prefix int) {
	quote := lx.rest[prefix : prefix+1]
	if triple := strings.Repeat(quote, 3); strings.HasPrefix(lx.rest[prefix:], triple) {
		quote = triple
	}
	size, closed := stringSize(lx.rest, prefix+len(quote), quote)
	lx.give(token{kind: stringToken, open: !closed}, size)
}

// stringSize returns the length of the string that ends with quote, whose text begins at from.
func stringSize(text string, from int, quote string) (size int, closed bool) {
	for i := from; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], quote):
			return i + len(quote), true
		case text[i] == '\\':
			i += max(1, newlineSize(text[i+1:]))
		case len(quote) == 1 && newlineSize(text[i:]) > 0:
			return i, false
		}
	}
	return len(text), false
}

var longSigns = []string{"**=", "//=", ">>=", "<<=", ":=", "->", "++", "--", "&&", "||", "==", "!=", "<=", ">=",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "//", "**", "<<", ">>"}

func (lx *lexer) sign(size int) {
	for _, sign := range longSigns {
		if len(lx.rest) > 1 && lx.rest[1] == sign[1] && strings.HasPrefix(lx.rest, sign) {
			size = len(sign)
			break
		}
	}
	switch lx.rest[:size] {
	case "(", "[", "{":
		lx.depth++
	case ")", "]", "}":
		lx.depth = max(0, lx.depth-1)
	}
	lx.add(signToken, size)
}

// add takes the next size bytes as a token.
func (lx *lexer) add(kind tokenKind, size int) {
	lx.give(token{kind: kind}, size)
}

// give fills in the rest of a token of the next size bytes, and gives it away.
func (lx *lexer) give(t token, size int) {
	t.text, t.line, t.col, t.spaced = lx.rest[:size], lx.line, lx.col, lx.spaced
	lx.advance(size)
	t.endLine, t.endCol = lx.line, lx.col
	lx.spaced, lx.inLine = false, t.kind != lineToken
	lx.ended = lx.ended || !lx.take(t)
}

// advance passes size bytes, counting lines and columns.
func (lx *lexer) advance(size int) {
	for text := lx.rest[:size]; text != ""; {
		n := 1
		switch b := text[0]; {
		case b == '\n' || b == '\r':
			n = newlineSize(text)
			lx.line, lx.col = lx.line+1, 0
		case b >= utf8.RuneSelf:
			_, n = utf8.DecodeRuneInString(text)
		}
		lx.col, text = lx.col+1, text[n:]
	}
	lx.rest = lx.rest[size:]
}

// newlineSize is the length of the line end that text begins with, or 0.
func newlineSize(text string) int {
	switch {
	case strings.HasPrefix(text, "\r\n"):
		return 2
	case strings.HasPrefix(text, "\n"), strings.HasPrefix(text, "\r"):
		return 1
	}
	return 0
}

// lineSize is how many bytes stand before the line's end.
func lineSize(text string) int {
	if i := strings.IndexAny(text, "\r\n"); i >= 0 {
		return i
	}
	return len(text)
}

func isWordRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// wordSize is the length of the word or number that text begins with, at least 1.
func wordSize(text string) int {
	for i, r := range text {
		if i > 0 && !isWordRune(r) && (r != '.' || !unicode.IsDigit(rune(text[0]))) {
			return i
		}
	}
	return len(text)
}

package expr

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxSize is how many parts an expression may have. Its text has at most that many words and signs.
const MaxSize = 10_000

// SyntaxError says what is wrong with the text of an expression.
type SyntaxError struct {
	Offset  int // of the place in the text, in bytes
	Message string
	Hint    string // what to do; may be ""
}

func (e *SyntaxError) Error() string {
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + ": " + e.Hint
}

// token is a word or a sign.
type token struct {
	kind  tokenKind
	text  string // as it is written; of the end ""
	at    int    // offset of its first byte
	value any    // of a number or a string
}

type tokenKind int

const (
	endToken tokenKind = iota
	nameToken
	literalToken // a number or a string
	signToken
)

// is reports whether the token is this word or sign. A string is none.
func (t token) is(text string) bool {
	return t.text == text && (t.kind == signToken || t.kind == nameToken)
}

// signs are the signs of the language, the longer ones first.
var signs = []string{
	"==", "!=", "<=", ">=", "//", "+", "-", "*", "/", "%", "<", ">", "&", "|", "~", "(", ")", "[", "]", "{", "}", ",",
	".", ":", "=",
}

// strangeSigns are signs of other languages, and what to write instead. They are looked for before signs.
var strangeSigns = []struct{ sign, hint string }{
	{"**", "multiply"}, {"&&", "write and"}, {"||", "write or"}, {":=", "a query sets nothing"},
	{"<<", "multiply"}, {">>", "divide with //"}, {"^", "write a != b"}, {"->", ""}, {"=>", ""},
	{"?", "write a if condition else b"}, {"$", "an attribute is written by its name alone"}, {"`", "quotes are ' or \""},
	{";", "a query is one expression"}, {"#", "a query has no comments"}, {"@", ""},
	{"\\", "a query may go over several lines as it is"},
}

// lexer reads the tokens of a text.
type lexer struct {
	text string
	at   int
}

func (l *lexer) wrong(at int, hint, format string, args ...any) error {
	return &SyntaxError{Offset: at, Message: fmt.Sprintf(format, args...), Hint: hint}
}

// tokens reads all of a text; the last token is an endToken.
func tokens(text string) ([]token, error) {
	l := &lexer{text: text}
	if valid := len(strings.ToValidUTF8(text, "")); valid < len(text) {
		at := strings.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError })
		return nil, l.wrong(at, "save the file as UTF-8", "this is not text")
	}
	var all []token
	for {
		l.at += len(l.rest()) - len(strings.TrimLeft(l.rest(), " \t\r\n"))
		if l.at == len(text) {
			return append(all, token{at: l.at}), nil
		}
		t, err := l.next()
		if err != nil {
			return nil, err
		}
		if all = append(all, t); len(all) > MaxSize {
			return nil, l.wrong(t.at, "", "this goes on for too long")
		}
	}
}

func (l *lexer) rest() string { return l.text[l.at:] }

// take is a token of the next size bytes.
func (l *lexer) take(kind tokenKind, size int, value any) token {
	t := token{kind: kind, text: l.rest()[:size], at: l.at, value: value}
	l.at += size
	return t
}

func (l *lexer) next() (token, error) {
	rest := l.rest()
	first, _ := utf8.DecodeRuneInString(rest)
	switch {
	case isDigit(rest[0]) || rest[0] == '.' && len(rest) > 1 && isDigit(rest[1]):
		return l.number()
	case first == '"' || first == '\'':
		return l.string()
	case isNameRune(first):
		return l.name()
	}
	for _, s := range strangeSigns {
		if strings.HasPrefix(rest, s.sign) {
			return token{}, l.wrong(l.at, s.hint, "there is no %s in a query", s.sign)
		}
	}
	for _, s := range signs {
		if strings.HasPrefix(rest, s) {
			return l.take(signToken, len(s), nil), nil
		}
	}
	if first == '!' {
		return token{}, l.wrong(l.at, "write not", "there is no ! in a query")
	}
	return token{}, l.wrong(l.at, "", "there is no %q in a query", first)
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

func isNameRune(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// IsName reports whether a text can be written as the name of an attribute.
func IsName(text string) bool {
	return text != "" && !isDigit(text[0]) && !strings.ContainsFunc(text, func(r rune) bool { return !isNameRune(r) })
}

func (l *lexer) name() (token, error) {
	size := len(l.rest()) - len(strings.TrimLeftFunc(l.rest(), isNameRune))
	t := l.take(nameToken, size, nil)
	if next := l.rest(); next != "" && (next[0] == '"' || next[0] == '\'') {
		hint := "every string is text: leave out the " + t.text
		switch {
		case strings.ContainsAny(t.text, "fF"):
			hint = `write "…%s…" % x`
		case strings.ContainsAny(t.text, "rRbB"):
			hint = `write \\ for a backslash`
		}
		return t, l.wrong(t.at, hint, "there are no %s-strings in a query", t.text)
	}
	return t, nil
}

// number reads an integer or a float.
func (l *lexer) number() (token, error) {
	size := l.numberSize()
	word := l.rest()[:size]
	if n, ok := integer(word); ok {
		return l.take(literalToken, size, n), nil
	}
	f, err := strconv.ParseFloat(word, 64)
	if strings.ContainsAny(word, "_xXpP") || err != nil || math.IsInf(f, 0) || !strings.ContainsAny(word, ".eE") {
		return token{}, l.wrong(l.at, "", "%s is not a number", word)
	}
	return l.take(literalToken, size, f), nil
}

// integer reads an integer. 010 is none: some would take it for 8.
func integer(word string) (*big.Int, bool) {
	n, ok := new(big.Int).SetString(word, 0)
	octal := len(word) > 1 && word[0] == '0' && isDigit(word[1]) && ok && n.Sign() != 0
	return n, ok && !octal && !strings.Contains(word, "_")
}

// numberSize is how far a number goes, with all letters and digits that are written together with it.
func (l *lexer) numberSize() int {
	rest := l.rest()
	hex := len(rest) > 1 && (rest[1] == 'x' || rest[1] == 'X')
	for i, r := range rest {
		sign := (r == '+' || r == '-') && !hex && i > 0 && (rest[i-1] == 'e' || rest[i-1] == 'E')
		if !isNameRune(r) && r != '.' && !sign {
			return i
		}
	}
	return len(rest)
}

// string reads a string between quotes.
func (l *lexer) string() (token, error) {
	rest := l.rest()
	quote := rest[0]
	var value strings.Builder
	for i := 1; i < len(rest); {
		switch rest[i] {
		case quote:
			if i == 1 && len(rest) > 2 && rest[2] == quote {
				return token{}, l.wrong(l.at, `write \n for the end of a line`, "a string stands between two quotes in a query")
			}
			return l.take(literalToken, i+1, value.String()), nil
		case '\n', '\r':
			return token{}, l.wrong(l.at, `write \n for the end of a line`, "the string does not end on this line")
		case '\\':
			r, size := escaped(rest[i:])
			if size == 0 {
				return token{}, l.wrong(l.at+i, `a backslash is written \\`, "this is no escape")
			}
			value.WriteRune(r)
			i += size
		default:
			value.WriteByte(rest[i])
			i++
		}
	}
	return token{}, l.wrong(l.at, "", "the string does not end")
}

// escaped reads the escape that a text begins with. The size is 0 if it is none.
func escaped(text string) (r rune, size int) {
	if len(text) < 2 {
		return 0, 0
	}
	for r, escape := range escapes {
		if strings.HasPrefix(text, escape) {
			return r, 2
		}
	}
	if text[1] == '\'' {
		return '\'', 2
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[1]]
	if digits == 0 || len(text) < 2+digits {
		return 0, 0
	}
	n, err := strconv.ParseUint(text[2:2+digits], 16, 32)
	if err != nil || text[1] == 'x' && n > 127 || !utf8.ValidRune(rune(n)) {
		return 0, 0
	}
	return rune(n), 2 + digits
}

package expr

import (
	"math/big"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func (e Self) String() string     { return text(e) }
func (e *Name) String() string    { return text(e) }
func (e *Literal) String() string { return text(e) }
func (e *Wrapped) String() string { return text(e) }
func (e *Attr) String() string    { return text(e) }
func (e *Index) String() string   { return text(e) }
func (e *Call) String() string    { return text(e) }
func (e *Unary) String() string   { return text(e) }
func (e *Binary) String() string  { return text(e) }
func (e *Cond) String() string    { return text(e) }
func (e *List) String() string    { return text(e) }
func (e *Tuple) String() string   { return text(e) }
func (e *Dict) String() string    { return text(e) }

func text(e Expr) string {
	var w writer
	e.write(&w)
	return w.String()
}

// writer writes expressions.
type writer struct{ strings.Builder }

// operand writes an expression where one of at least that level is needed.
func (w *writer) operand(e Expr, needs level) {
	if e.level() >= needs {
		e.write(w)
		return
	}
	w.WriteByte('(')
	e.write(w)
	w.WriteByte(')')
}

// base writes what a dot, a bracket or a call follows. 1.x would be read as a number.
func (w *writer) base(e Expr) {
	if l, ok := e.(*Literal); ok && isNumber(l.Value) {
		w.operand(e, primaryLevel+1)
		return
	}
	w.operand(e, primaryLevel)
}

func (w *writer) list(open string, elems []Expr, end string) {
	w.WriteString(open)
	for i, e := range elems {
		w.comma(i)
		e.write(w)
	}
	w.WriteString(end)
}

func (w *writer) comma(i int) {
	if i > 0 {
		w.WriteString(", ")
	}
}

func (Self) write(w *writer)       { w.WriteString("Q") }
func (e *Name) write(w *writer)    { w.WriteString(e.Name) }
func (e *List) write(w *writer)    { w.list("[", e.Elems, "]") }
func (e *Literal) write(w *writer) { w.WriteString(literal(e.Value)) }

func (e *Wrapped) write(w *writer) { w.list("Q(", []Expr{e.X}, ")") }

func (e *Attr) write(w *writer) {
	w.base(e.X)
	w.WriteString("." + e.Name)
}

func (e *Index) write(w *writer) {
	w.base(e.X)
	w.list("[", []Expr{e.Key}, "]")
}

func (e *Call) write(w *writer) {
	w.base(e.Fn)
	w.list("(", e.Args, "")
	for i, n := range e.Named {
		w.comma(len(e.Args) + i)
		w.WriteString(n.Name + " = ")
		n.Value.write(w)
	}
	w.WriteByte(')')
}

func (e *Unary) write(w *writer) {
	w.WriteString(string(e.Op))
	if e.Op == Not {
		w.WriteByte(' ')
	}
	w.operand(e.X, e.level())
}

func (e *Binary) write(w *writer) {
	left := e.level()
	if left == compareLevel {
		left++ // a < b < c is not allowed
	}
	w.operand(e.X, left)
	w.WriteString(" " + string(e.Op) + " ")
	w.operand(e.Y, e.level()+1)
}

func (e *Cond) write(w *writer) {
	w.operand(e.Then, orLevel)
	w.WriteString(" if ")
	w.operand(e.If, orLevel)
	w.WriteString(" else ")
	e.Else.write(w)
}

func (e *Tuple) write(w *writer) {
	if len(e.Elems) == 1 {
		w.list("(", e.Elems, ",)")
		return
	}
	w.list("(", e.Elems, ")")
}

func (e *Dict) write(w *writer) {
	w.WriteByte('{')
	for i, entry := range e.Entries {
		w.comma(i)
		entry.Key.write(w)
		w.WriteString(": ")
		entry.Value.write(w)
	}
	w.WriteByte('}')
}

func isNumber(v any) bool {
	switch v.(type) {
	case *big.Int, float64:
		return true
	}
	return false
}

// literal is a constant as it is written.
func literal(v any) string {
	switch v := v.(type) {
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return Quote(v)
	case *big.Int:
		return v.String()
	case float64:
		return FormatFloat(v)
	}
	return "None"
}

// FormatFloat writes a finite float so that it is read as a float.
func FormatFloat(f float64) string {
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if strings.ContainsAny(s, ".e") {
		return s
	}
	return s + ".0"
}

// escapes are the characters that have an escape of one letter.
var escapes = map[rune]string{'\a': `\a`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`, '\v': `\v`,
	'"': `\"`, '\\': `\\`}

// Quote writes a string as a literal, on one line. A byte that is not UTF-8 becomes U+FFFD.
func Quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case escapes[r] != "":
			b.WriteString(escapes[r])
		case r < utf8.RuneSelf && !unicode.IsPrint(r):
			b.WriteString(`\x` + hex(r, 2))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case r <= 0xFFFF:
			b.WriteString(`\u` + hex(r, 4))
		default:
			b.WriteString(`\U` + hex(r, 8))
		}
	}
	b.WriteByte('"')
	return b.String()
}

func hex(r rune, width int) string {
	s := strconv.FormatInt(int64(r), 16)
	return strings.Repeat("0", width-len(s)) + s
}

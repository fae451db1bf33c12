package hostset

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// operators stand between terms; special are the characters that mean something in a term.
const (
	operators = ",!&^"
	special   = operators + `[]*?"'\`
)

// MaxHosts is how many slugs a term may stand for.
const MaxHosts = 100_000

// Error says what is wrong with an expression, and where.
type Error struct {
	Text   string // the whole expression
	Column int    // of the place, in characters from 1
	What   string
	Hint   string // what to do; may be ""
}

func (e *Error) Error() string {
	text := fmt.Sprintf("host set %q: column %d: %s", e.Text, e.Column, e.What)
	if e.Hint != "" {
		text += ": " + e.Hint
	}
	return text
}

// Expr is an expression that names hosts.
type Expr struct {
	text  string
	steps []step
}

// step is an operator and the term after it; the first has the operator ','.
type step struct {
	operator byte
	word     word
}

// kind says what a word is.
type kind int

const (
	slugs    kind = iota // slugs, also as ranges and patterns
	named                // @name: a role or a group
	treePath             // /production/web
)

// word is a term as it is written.
type word struct {
	kind   kind
	at     int     // offset of its first byte
	text   string  // as it is written
	pieces []piece // of anything but a path
}

// piece is a part of a word.
type piece struct {
	text    string   // that stands here; of a range ""
	pattern bool     // it is * or ?
	numbers []string // of a range
}

// Parse reads an expression; an error is an *Error.
func Parse(text string) (*Expr, error) {
	p := &parser{text: text}
	e := &Expr{text: text}
	operator := byte(',')
	for {
		p.spaces()
		w, err := p.word()
		if err != nil {
			return nil, err
		}
		e.steps = append(e.steps, step{operator, w})
		p.spaces()
		if p.done() {
			return e, nil
		}
		if operator = p.text[p.at]; !strings.ContainsRune(operators, rune(operator)) {
			return nil, p.fail(p.at, "an operator is missing before this",
				"a,b are both, a!b is a without b, a&b what is in both, a^b what is in one of them")
		}
		p.at++
	}
}

// String is the expression as it was written.
func (e *Expr) String() string { return e.text }

// parser reads an expression from left to right.
type parser struct {
	text string
	at   int // the next byte
}

func (p *parser) done() bool { return p.at == len(p.text) }

// fail returns the error about the place of a byte.
func (p *parser) fail(at int, what, hint string) error { return failAt(p.text, at, what, hint) }

func failAt(text string, at int, what, hint string) error {
	return &Error{Text: text, Column: utf8.RuneCountInString(text[:at]) + 1, What: what, Hint: hint}
}

func (p *parser) spaces() {
	p.at += len(p.text[p.at:]) - len(strings.TrimLeftFunc(p.text[p.at:], unicode.IsSpace))
}

// word reads a term.
func (p *parser) word() (word, error) {
	w := word{at: p.at}
	var err error
	switch {
	case p.done() && strings.TrimSpace(p.text) == "":
		return w, p.fail(p.at, "it is empty", "name hosts, as in web[1-3],db1, or * for all")
	case p.done() || strings.ContainsRune(operators, rune(p.text[p.at])):
		return w, p.missing()
	case p.text[p.at] == '/':
		w.kind = treePath
		err = p.path()
	case p.text[p.at] == '@':
		p.at++
		w.kind = named
		w.pieces, err = p.pieces()
		if err == nil && len(w.pieces) == 0 {
			err = p.fail(w.at, "after @ the name of a role or a group is missing", "")
		}
	default:
		w.pieces, err = p.pieces()
	}
	w.text = p.text[w.at:p.at]
	return w, err
}

// missing is the error about a term that is not there.
func (p *parser) missing() error {
	switch before := strings.TrimRightFunc(p.text[:p.at], unicode.IsSpace); {
	case before != "":
		return p.fail(p.at, fmt.Sprintf("after %q hosts are missing", before[len(before)-1:]), "")
	case p.text[p.at] == '!':
		return p.fail(p.at, "before ! hosts are missing", "all but web1 are *!web1")
	}
	return p.fail(p.at, fmt.Sprintf("before %q hosts are missing", p.text[p.at:p.at+1]), "")
}

// ends reports whether a term ends here.
func (p *parser) ends() bool {
	if p.done() {
		return true
	}
	r, _ := utf8.DecodeRuneInString(p.text[p.at:])
	return unicode.IsSpace(r) || strings.ContainsRune(operators, r)
}

// path reads a path of the tree. What is between brackets or quotes belongs to it.
func (p *parser) path() error {
	for !p.ends() {
		at := p.at
		end := p.text[at]
		switch end {
		default:
			p.at++
			continue
		case '[':
			end = ']'
		case '"', '\'':
		}
		n := strings.IndexByte(p.text[at+1:], end)
		if n < 0 {
			return p.fail(at, fmt.Sprintf("%q has no end", p.text[at:at+1]), fmt.Sprintf("close it with %c", end))
		}
		p.at = at + 1 + n + 1
	}
	return nil
}

// pieces reads the parts of a term that is no path.
func (p *parser) pieces() ([]piece, error) {
	var all []piece
	for !p.ends() {
		switch c := p.text[p.at]; c {
		case '"', '\'':
			text, err := p.quoted()
			if err != nil {
				return nil, err
			}
			all = append(all, piece{text: text})
		case '[':
			numbers, err := p.numbers()
			if err != nil {
				return nil, err
			}
			all = append(all, piece{numbers: numbers})
		case ']', '\\':
			return nil, p.fail(p.at, fmt.Sprintf("%q stands alone", c), "put a name with odd characters between quotes")
		case '*', '?':
			all = append(all, piece{text: string(c), pattern: true})
			p.at++
		default:
			all = append(all, piece{text: p.plain()})
		}
	}
	return all, nil
}

// plain reads characters that mean nothing but themselves.
func (p *parser) plain() string {
	begin := p.at
	for !p.ends() && !strings.ContainsRune(special, rune(p.text[p.at])) {
		_, n := utf8.DecodeRuneInString(p.text[p.at:])
		p.at += n
	}
	return p.text[begin:p.at]
}

// quoted reads what is between quotes.
func (p *parser) quoted() (string, error) {
	begin := p.at
	var b strings.Builder
	for p.at++; !p.done(); p.at++ {
		switch c := p.text[p.at]; {
		case c == p.text[begin]:
			p.at++
			return b.String(), nil
		case c == '\\' && p.at+1 < len(p.text):
			p.at++
			b.WriteByte(p.text[p.at])
		default:
			b.WriteByte(c)
		}
	}
	return "", p.fail(begin, "the quote has no end", "")
}

// LastWord is where the last word of a text begins, which may be the begin of an expression, in bytes.
func LastWord(text string) int {
	p := &parser{text: text}
	for {
		p.spaces()
		begin := p.at
		if _, err := p.word(); err != nil || p.done() {
			return begin
		}
		p.spaces()
		if p.done() || !strings.ContainsRune(operators, rune(text[p.at])) {
			return begin
		}
		p.at++
	}
}

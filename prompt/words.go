package prompt

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Word is a word of a line, as sh would split it.
type Word struct {
	Text    string // without quotes
	Raw     string // as it was typed
	Start   int    // where it begins in the line
	Plain   int    // how much of Text, from its start, was not quoted
	Pattern string // Text as a pattern for path.Match, in which what was quoted stands for itself, and [^ for the [! of sh
	Given   bool   // a program gave it, and nobody could quote what is in it
}

// Literal is a word of which nothing is quoted, as a program gets it.
func Literal(text string) Word {
	pattern := strings.NewReplacer(`\`, `\\`, "[!", "[^").Replace(text)
	return Word{Text: text, Raw: text, Plain: len(text), Pattern: pattern, Given: true}
}

// End is where the word ends in the line.
func (w Word) End() int { return w.Start + len(w.Raw) }

// Quoted reports whether any of it was quoted.
func (w Word) Quoted() bool { return w.Plain < len(w.Text) || w.Text == "" }

// Split splits a line as sh does: spaces separate words, ' and " and \ quote, $'…' has escapes as in C, # begins a
// comment. open says what the line lacks at its end to be complete: a quote, or what a backslash quotes; 0 if nothing.
func Split(line string) (words []Word, open byte) {
	s := splitter{line: line}
	for s.skipSpace() {
		words = append(words, s.word())
	}
	return words, s.open
}

// splitter goes through a line.
type splitter struct {
	line    string
	pos     int
	text    []byte // of the word so far
	pattern []byte
	open    byte
	// unquoted is whether everything in the word so far was; then plain is how much that is.
	unquoted bool
	plain    int
}

// Blanks are what separates words.
const Blanks = " \t\r\n"

// skipSpace goes to the next word, and reports whether there is one.
func (s *splitter) skipSpace() bool {
	for s.pos < len(s.line) && strings.IndexByte(Blanks, s.line[s.pos]) >= 0 {
		s.pos++
	}
	if strings.HasPrefix(s.line[s.pos:], "\\\n") { // the line goes on
		s.pos += 2
		return s.skipSpace()
	}
	if s.pos == len(s.line) {
		return false
	}
	if s.line[s.pos] != '#' {
		return true
	}
	end := strings.IndexByte(s.line[s.pos:], '\n')
	if end < 0 {
		s.pos = len(s.line)
		return false
	}
	s.pos += end
	return s.skipSpace()
}

// word takes a word.
func (s *splitter) word() Word {
	start := s.pos
	s.text, s.pattern, s.unquoted, s.plain = nil, nil, true, 0
	for s.pos < len(s.line) && strings.IndexByte(Blanks, s.line[s.pos]) < 0 {
		c := s.line[s.pos]
		s.pos++
		switch {
		case c == '\'':
			s.quote()
			s.until('\'')
		case c == '"':
			s.quote()
			s.double()
		case c == '\\':
			s.backslash()
		case c == '$' && s.pos < len(s.line) && s.line[s.pos] == '\'':
			s.pos++
			s.quote()
			s.escaped()
		case c == '!' && bytes.HasSuffix(s.pattern, []byte("[")) && !bytes.HasSuffix(s.pattern, []byte(`\[`)):
			s.text, s.pattern = append(s.text, c), append(s.pattern, '^')
		default:
			s.text, s.pattern = append(s.text, c), append(s.pattern, c)
		}
	}
	if s.unquoted {
		s.plain = len(s.text)
	}
	return Word{Text: string(s.text), Raw: s.line[start:s.pos], Start: start, Plain: s.plain, Pattern: string(s.pattern)}
}

// quote notes that what follows in the word is not all unquoted.
func (s *splitter) quote() {
	if s.unquoted {
		s.unquoted, s.plain = false, len(s.text)
	}
}

// add adds something that is quoted.
func (s *splitter) add(text ...byte) {
	s.text = append(s.text, text...)
	for _, c := range text {
		if strings.IndexByte(special, c) >= 0 {
			s.pattern = append(s.pattern, '\\')
		}
		s.pattern = append(s.pattern, c)
	}
}

// special are the characters that mean something in a pattern.
const special = `*?[]\-^`

// until takes everything up to a closing quote.
func (s *splitter) until(closing byte) {
	rest := s.line[s.pos:]
	end := strings.IndexByte(rest, closing)
	if end < 0 {
		s.add([]byte(rest)...)
		s.pos, s.open = len(s.line), closing
		return
	}
	s.add([]byte(rest[:end])...)
	s.pos += end + 1
}

// double takes what is in double quotes, where a backslash quotes only what would be special there.
func (s *splitter) double() {
	for ; s.pos < len(s.line); s.pos++ {
		c := s.line[s.pos]
		switch {
		case c == '"':
			s.pos++
			return
		case c == '\\' && s.pos+1 < len(s.line) && strings.IndexByte("\"\\$`\n", s.line[s.pos+1]) >= 0:
			s.pos++
			if s.line[s.pos] != '\n' {
				s.add(s.line[s.pos])
			}
		default:
			s.add(c)
		}
	}
	s.open = '"'
}

// escaped takes what is in $'…'.
func (s *splitter) escaped() {
	for ; s.pos < len(s.line); s.pos++ {
		c := s.line[s.pos]
		switch {
		case c == '\'':
			s.pos++
			return
		case c == '\\' && s.pos+1 < len(s.line):
			s.pos++
			s.escape(s.line[s.pos])
		default:
			s.add(c)
		}
	}
	s.open = '\''
}

// escape takes what an escape stands for, of which the first character was seen.
func (s *splitter) escape(c byte) {
	if i := strings.IndexByte("abefnrtv", c); i >= 0 {
		s.add("\a\b\x1b\f\n\r\t\v"[i])
		return
	}
	switch most := map[byte]int{'x': 2, 'u': 4, 'U': 8}[c]; {
	case most == 0:
		s.add(c)
	case c == 'x':
		s.add(byte(s.hex(most)))
	default:
		s.add(utf8.AppendRune(nil, rune(s.hex(most)))...)
	}
}

// hex takes a number of at most so many digits.
func (s *splitter) hex(most int) (n uint32) {
	for ; most > 0 && s.pos+1 < len(s.line); most-- {
		digit := strings.IndexByte("0123456789abcdefABCDEF", s.line[s.pos+1])
		if digit < 0 {
			break
		}
		if digit >= 16 {
			digit -= 6
		}
		n, s.pos = n<<4|uint32(digit), s.pos+1
	}
	return n
}

// backslash takes the character after a backslash, which joins two lines where there is none.
func (s *splitter) backslash() {
	if s.pos == len(s.line) {
		s.open = '\\'
		return
	}
	if s.line[s.pos] != '\n' {
		s.quote()
		s.add(s.line[s.pos])
	}
	s.pos++
}

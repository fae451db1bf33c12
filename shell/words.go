package shell

import "strings"

// word is a word of a line, as sh would split it.
type word struct {
	text  string // without quotes
	raw   string // as it was typed
	start int    // where it begins in the line
	plain int    // how much of text, from its start, was not quoted
}

// end is where the word ends in the line.
func (w word) end() int { return w.start + len(w.raw) }

// quoted reports whether any of it was quoted.
func (w word) quoted() bool { return w.plain < len(w.text) || w.text == "" }

// splitWords splits a line as sh does: spaces separate words, ' and " and \ quote, # begins a comment. open says what
// the line lacks at its end to be complete: a quote, or what a backslash quotes; 0 if nothing.
func splitWords(line string) (words []word, open byte) {
	s := splitter{line: line}
	for s.skipSpace() {
		words = append(words, s.word())
	}
	return words, s.open
}

// splitter goes through a line.
type splitter struct {
	line string
	pos  int
	text []byte // of the word so far
	open byte
	// unquoted is whether everything in the word so far was; then plain is how much that is.
	unquoted bool
	plain    int
}

const blanks = " \t\r\n"

// skipSpace goes to the next word, and reports whether there is one.
func (s *splitter) skipSpace() bool {
	for s.pos < len(s.line) && strings.IndexByte(blanks, s.line[s.pos]) >= 0 {
		s.pos++
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
func (s *splitter) word() word {
	start := s.pos
	s.text, s.unquoted, s.plain = nil, true, 0
	for s.pos < len(s.line) && strings.IndexByte(blanks, s.line[s.pos]) < 0 {
		c := s.line[s.pos]
		s.pos++
		switch c {
		case '\'':
			s.quote()
			s.until('\'')
		case '"':
			s.quote()
			s.double()
		case '\\':
			s.backslash()
		default:
			s.text = append(s.text, c)
		}
	}
	if s.unquoted {
		s.plain = len(s.text)
	}
	return word{text: string(s.text), raw: s.line[start:s.pos], start: start, plain: s.plain}
}

// quote notes that what follows in the word is not all unquoted.
func (s *splitter) quote() {
	if s.unquoted {
		s.unquoted, s.plain = false, len(s.text)
	}
}

// until takes everything up to a closing quote.
func (s *splitter) until(closing byte) {
	rest := s.line[s.pos:]
	end := strings.IndexByte(rest, closing)
	if end < 0 {
		s.text, s.pos, s.open = append(s.text, rest...), len(s.line), closing
		return
	}
	s.text, s.pos = append(s.text, rest[:end]...), s.pos+end+1
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
				s.text = append(s.text, s.line[s.pos])
			}
		default:
			s.text = append(s.text, c)
		}
	}
	s.open = '"'
}

// backslash takes the character after a backslash, which joins two lines where there is none.
func (s *splitter) backslash() {
	if s.pos == len(s.line) {
		s.open = '\\'
		return
	}
	if s.line[s.pos] != '\n' {
		s.quote()
		s.text = append(s.text, s.line[s.pos])
	}
	s.pos++
}

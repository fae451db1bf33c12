package lineedit

import (
	"strings"
	"unicode/utf8"

	prompt "github.com/elk-language/go-prompt"
)

// search is the search backwards in the history, by Ctrl-R. The reader changes it, since it takes the keys.
type search struct {
	lines   []string
	active  bool
	query   string
	at      int    // the line that was found; len(lines) before the first
	found   string // the text to show; "" leaves what is there
	failed  bool   // nothing was found
	givenUp bool   // the line shall be as it was before
}

// key takes a key. It returns what to deliver in its place.
func (s *search) key(key []byte) [][]byte {
	switch c := string(key); c {
	case "\x12": // Ctrl-R
		s.find(s.at - 1)
	case "\x7f", "\x08":
		_, size := utf8.DecodeLastRuneInString(s.query)
		s.query = s.query[:len(s.query)-size]
		s.find(len(s.lines) - 1)
	case "\x07", "\x1b", "\x03": // Ctrl-G, Esc, Ctrl-C
		s.active, s.givenUp = false, true
	default:
		if key[0] >= ' ' {
			s.query += c
			s.find(min(s.at, len(s.lines)-1))
			break
		}
		s.active = false
		return [][]byte{searchKey, key}
	}
	return [][]byte{searchKey}
}

// begin starts a search.
func (s *search) begin() { *s = search{lines: s.lines, active: true, at: len(s.lines)} }

// find looks for the query from a line on, backwards. Where it is nowhere, what was found before stays.
func (s *search) find(from int) {
	s.failed = s.query != ""
	for i := from; i >= 0 && s.query != ""; i-- {
		if strings.Contains(s.lines[i], s.query) {
			s.at, s.found, s.failed = i, s.lines[i], false
			return
		}
	}
}

// prefix is shown before the line.
func (s *search) prefix() string {
	if s.failed {
		return "(search failed: " + s.query + ") "
	}
	return "(search: " + s.query + ") "
}

// onSearch shows what the search found.
func (l *line) onSearch(p *prompt.Prompt) bool {
	l.mu.Lock()
	s := l.search
	l.mu.Unlock()
	if !l.searching {
		l.before = p.Buffer().Text()
	}
	l.prefix, l.searching = plain(l.prompt), s.active
	if s.active {
		l.prefix = s.prefix()
	}
	switch {
	case s.givenUp:
		setText(p, l.before)
	case s.found != "":
		setText(p, s.found)
	}
	return true
}

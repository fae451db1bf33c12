package lineedit

import "strings"

// search is the search backwards in the history, by Ctrl-R. It ends with the first key that is not part of it.
type search struct {
	active bool
	query  string
	at     int    // the line that was found; how many there are before the first
	failed bool   // nothing was found
	before string // the line as it was
	went   bool   // the last command was part of it
	text   string // the line as it is, and where the cursor is in it: when that has changed, it ends, too
	cursor int
}

// prompt is shown in place of that of the line.
func (s *search) prompt() string {
	if s.failed {
		return "(search failed: " + s.query + ") "
	}
	return "(search: " + s.query + ") "
}

// searchOn begins to search, or goes on to the line found before.
func (l *line) searchOn() {
	if l.search.active {
		l.searchFrom(l.search.at - 1)
		return
	}
	text, _ := l.content()
	l.search = search{active: true, at: len(l.recall.lines), before: text}
	l.searched()
}

// searchFor looks for more than before.
func (l *line) searchFor(query string) {
	l.search.query = query
	l.searchFrom(min(l.search.at, len(l.recall.lines)-1))
}

// searchAnew looks for less than before.
func (l *line) searchAnew(query string) {
	l.search.query = query
	l.searchFrom(len(l.recall.lines) - 1)
}

// searchFrom looks for the query from a line on, backwards. Where it is nowhere, what was found before stays.
func (l *line) searchFrom(from int) {
	s := &l.search
	s.failed = s.query != ""
	for i := from; i >= 0 && s.query != ""; i-- {
		if strings.Contains(l.recall.lines[i], s.query) {
			s.at, s.failed = i, false
			l.buffer.set(l.recall.lines[i])
			break
		}
	}
	l.searched()
}

// searched notes what the search has left.
func (l *line) searched() {
	l.search.went = true
	l.search.text, l.search.cursor = l.content()
}

// searchOff gives the search up.
func (l *line) searchOff() {
	l.buffer.set(l.search.before)
	l.search = search{}
}

package prompt

// Candidate is what could stand in a line before the cursor.
type Candidate struct {
	Text        string // what takes the place of the line from the start of the completion to the cursor
	Shown       string // what a menu calls it
	Description string // in a line; may be ""
	Kind        string // what it is, as the shell calls that
	Group       string // of nodes, that it is in; "" for none
	Colour      string // as [console.FormatName] knows it; "" for none
}

// At returns the word before the cursor, a number of bytes, and the words before that one.
func At(line string, cursor int) (before []Word, now Word) {
	words, open := Split(line[:cursor])
	now = Word{Start: cursor}
	if last := len(words) - 1; last >= 0 && (open != 0 || words[last].End() == cursor) {
		now, words = words[last], words[:last]
	}
	return words, now
}

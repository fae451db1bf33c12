package lineedit

import (
	"strings"
	"unicode/utf8"

	prompt "github.com/elk-language/go-prompt"
	istrings "github.com/elk-language/go-prompt/strings"
)

const (
	maxCandidates = 200 // more would take long to draw
	maxMenu       = 10  // lines
	menuColor     = prompt.DarkGray
)

// menu is what go-prompt offers as completions. It asks anew after every key; while one goes through the menu, the
// line has the chosen candidate in it, and the menu must stay as it was.
type menu struct {
	offer      bool // also on an empty line
	awaited    bool // the reader waits for it
	offered    []prompt.Suggest
	start, end istrings.RuneNumber
}

// nbsp stands for a space within a candidate: go-prompt replaces the word before the cursor, and words end at spaces.
const nbsp = "\u00a0"

func unbreak(text string) string { return strings.ReplaceAll(text, nbsp, " ") }

// complete is go-prompt's completer. An empty document comes in between, whatever the line is.
func (l *line) complete(d prompt.Document) ([]prompt.Suggest, istrings.RuneNumber, istrings.RuneNumber) {
	if d.Text == "" && d.LastKeyStroke() == prompt.NewDocument().LastKeyStroke() {
		return nil, 0, 0
	}
	defer func() {
		l.seen(&d, len(l.menu.offered) > 0)
		if l.menu.awaited {
			l.menu.awaited = false
			l.held.Store(false)
		}
	}()
	switch d.LastKeyStroke() {
	case prompt.Tab, prompt.BackTab, prompt.Up, prompt.Down:
		return l.menu.offered, l.menu.start, l.menu.end
	}
	l.menu.offered = nil
	l.writer.candidates = nil
	if l.searching || d.Text == "" && !l.menu.offer || strings.Contains(d.Text, "\n") {
		return nil, 0, 0
	}
	l.menu.offer = false
	before := d.TextBeforeCursor()
	start, candidates := l.e.o.Complete(unbreak(d.Text), len(unbreak(before)))
	l.show(before, start, candidates)
	return l.menu.offered, l.menu.start, l.menu.end
}

// show makes the menu. Each entry is the whole word up to the cursor, in which go-prompt puts it.
func (l *line) show(before string, start int, candidates []Candidate) {
	start = byteOf(before, start)
	word := start
	if space := strings.LastIndexByte(before[:start], ' '); space >= 0 {
		word = space + 1
	} else {
		word = 0
	}
	l.menu.start = istrings.RuneNumber(utf8.RuneCountInString(before[:word]))
	l.menu.end = istrings.RuneNumber(utf8.RuneCountInString(before))
	l.writer.candidates = map[string]string{}
	for _, c := range candidates[:min(len(candidates), maxCandidates)] {
		text := before[word:start] + strings.ReplaceAll(c.Text, " ", nbsp)
		if text == before[word:] && len(candidates) == 1 {
			break // there is nothing left to complete
		}
		l.menu.offered = append(l.menu.offered, prompt.Suggest{Text: text, Description: c.Description})
		if c.Style != "" {
			l.writer.candidates[text] = c.Style
		}
	}
}

// byteOf returns where the byte of the text without nbsp is in the text with them.
func byteOf(text string, at int) int {
	for i, r := range text {
		if at <= 0 {
			return i
		}
		at -= utf8.RuneLen(r)
		if r == '\u00a0' {
			at += len(nbsp) - 1
		}
	}
	return len(text)
}

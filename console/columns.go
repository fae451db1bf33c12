package console

import (
	"strings"

	"deployer/journal"
)

// Columns prints a list in columns of the terminal's width, from top to bottom, as ls does, each line after margin
// spaces. Items may have colours. Where standard output is no terminal every item is a line.
func (c Console) Columns(items []string, margin int) {
	rows := inColumns(items, c.room()-margin)
	if len(rows) == 0 {
		return
	}
	indent := strings.Repeat(" ", max(0, margin))
	c.print(indent + strings.Join(rows, "\n"+indent))
}

// print writes lines to standard output.
func (c Console) print(text string) {
	at := c.at()
	c.record(journal.Event{Kind: journal.Message, Host: at.Host, Stream: journal.Stdout, Message: text})
}

// room is how many columns a line that is printed may have; 0 where there is no terminal.
func (c Console) room() int {
	if c.of.Screen == nil {
		return 0
	}
	return c.of.Screen.room(c.at())
}

// room is how many columns a line may have that is printed at a place in the run; 0 where there is no terminal.
func (s *Screen) room(at journal.Event) int {
	if !s.stdout.Terminal || s.logOnly {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	columns := s.stdout.size().Cols
	tree, isTree := s.view.(*tree)
	switch {
	case isTree:
		columns -= Width(strings.Repeat("│ ", tree.in(at.Parent).depth))
	case s.prefix && at.Host != "":
		columns -= Width(at.Host + " | ")
	}
	return max(1, columns)
}

// gap is how many spaces are between columns.
const gap = 2

// inColumns returns items as rows of at most so many columns of the terminal.
func inColumns(items []string, columns int) []string {
	longest := 0
	widths := make([]int, len(items))
	shown := make([]string, len(items))
	for i, item := range items {
		widths[i], shown[i] = Width(clean(item, false)), clean(item, true)
		longest = max(longest, widths[i])
	}
	across := max(1, (columns+gap)/(longest+gap))
	down := (len(items) + across - 1) / across
	rows := make([]string, down)
	for i := range items {
		row := &rows[i%down]
		if i >= down {
			*row += strings.Repeat(" ", longest-widths[i-down]+gap)
		}
		*row += shown[i]
	}
	return rows
}

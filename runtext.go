package deployer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"deployer/console"
	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/prompt"
)

// formatRuns writes a table of runs; with their trees if these are several.
func formatRuns(list []*runs.Run, l console.Layout) string {
	trees := map[string]bool{}
	for _, r := range list {
		trees[r.Start.Path] = true
	}
	t := table{layout: l, wraps: true}
	for _, r := range list {
		row := []cell{{r.Name, ""}, {moment(r.Start.Time), ""}, {fmt.Sprintf("%6s", console.Duration(r.Took().Seconds())), ""},
			stateCell(r.State()), {called(r.Start), ""}}
		if len(trees) > 1 {
			row = slices.Insert(row, 4, cell{console.OneLine(r.Start.Path), ""})
		}
		t.rows = append(t.rows, append(row, cell{hostsText(r.Hosts), ""}))
	}
	return t.format()
}

// table is text in columns. What the terminal has no room for is left out.
type table struct {
	rows   [][]cell
	layout console.Layout
	wraps  bool // a cell that does not fit in the line begins another one
}

// cell is a text in a colour that [console.FormatName] knows, or "".
type cell struct{ text, colour string }

// Columns of the terminal that are free: after each cell, and before those in a line that is not the first of its row.
const (
	between = 2
	indent  = 4
)

// widths are those of the columns: each is as wide as its widest text.
func (t table) widths() []int {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], console.Width(c.text))
		}
	}
	return widths
}

// format writes the rows.
func (t table) format() string {
	var b strings.Builder
	widths := t.widths()
	for _, row := range t.rows {
		b.WriteString(t.row(row, widths))
	}
	return b.String()
}

// row writes a row: the cells of its first line below those of the rows before it.
func (t table) row(row []cell, widths []int) string {
	text, line, used, columns := "", "", 0, t.layout.Columns
	for i, c := range row {
		size := widths[i]
		if text != "" {
			size = console.Width(c.text)
		}
		if t.wraps && columns > 0 && i > 0 && used+size > columns {
			text += strings.TrimRight(line, " ") + "\n"
			line, used, size = strings.Repeat(" ", indent), indent, console.Width(c.text)
		}
		if columns > 0 {
			c.text = console.Fit(c.text, columns-used)
		}
		gap := max(0, size-console.Width(c.text)) + between
		line += console.FormatName(c.text, c.colour, t.layout.Colour) + strings.Repeat(" ", gap)
		used += size + between
	}
	return text + strings.TrimRight(line, " ") + "\n"
}

// moment is a time as people write it here.
func moment(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

// called is the line that a run was.
func called(start journal.Event) string {
	words := []string{start.Node, cmp.Or(start.Action, ".")}
	for _, arg := range start.Args {
		words = append(words, prompt.Quote(arg))
	}
	if start.Sandbox {
		words = append([]string{"sandbox"}, words...)
	}
	return console.OneLine(strings.Join(words, " "))
}

// hostsText says how many hosts are in each state, and names those that did not succeed.
func hostsText(hosts []runs.Host) string {
	by, parts := byState(hosts), []string{}
	for _, state := range statesOf(hosts) {
		text := fmt.Sprintf("%d %s", len(by[state]), state)
		if !runs.Succeeded(state) && state != journal.Unused {
			text += ": " + hostset.FoldWithin(by[state], maxFolded)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

// maxFolded is how many characters a set of hosts may take in a line.
const maxFolded = 60

// statesOf are the states of hosts, those that did not succeed last.
func statesOf(hosts []runs.Host) []journal.State {
	var states []journal.State
	for _, good := range []bool{true, false} {
		for _, h := range hosts {
			if runs.Succeeded(h.State) == good && !slices.Contains(states, h.State) {
				states = append(states, h.State)
			}
		}
	}
	return states
}

// stateCell is the word for a state, in its colour.
func stateCell(s journal.State) cell {
	in := "red"
	switch {
	case runs.Succeeded(s):
		in = "green"
	case slices.Contains([]journal.State{journal.Unused, journal.NotBegun, journal.Offline, journal.Skipped, runs.Working}, s):
		in = "yellow"
	}
	return cell{string(s), in}
}

func slugsOf(hosts []runs.Host) []string {
	slugs := make([]string, len(hosts))
	for i, h := range hosts {
		slugs[i] = h.Slug
	}
	return slugs
}

package deployer

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"deployer/console"
	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
	"deployer/prompt"
)

// formatRuns writes a table of runs; with their trees if these are several.
func formatRuns(list []*runs.Run, colour bool) string {
	trees := map[string]bool{}
	for _, r := range list {
		trees[r.Start.Path] = true
	}
	t := table{colour: colour}
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

// table is text in columns.
type table struct {
	rows   [][]cell
	colour bool
}

// cell is a text in a colour that [console.FormatName] knows, or "".
type cell struct{ text, colour string }

// format writes the rows, each column as wide as its widest text.
func (t table) format() string {
	var widths []int
	for _, row := range t.rows {
		for i, c := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(c.text))
		}
	}
	var b strings.Builder
	for _, row := range t.rows {
		line := ""
		for i, c := range row {
			line += console.FormatName(c.text, c.colour, t.colour)
			line += strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.text)+2)
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
	return b.String()
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

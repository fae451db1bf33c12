package deployer

import (
	"fmt"
	"time"

	"deployer/console"
	"deployer/internal/hostset"
	"deployer/internal/runs"
	"deployer/journal"
)

// maxEach is how many hosts have a line of their own: of more, those that stand alike have one together.
const maxEach = 16

// formatHosts writes how every host stands, how long it took, and what went wrong.
func formatHosts(hosts []runs.Host, l console.Layout) string {
	groups, most := likeHosts(hosts), maxFolded
	if l.Columns > 0 {
		most = min(most, l.Columns/3) // what went wrong needs the most
	}
	t := table{layout: l}
	for _, group := range groups {
		state, took := stateCell(group[0].State), ""
		if len(group) > 1 {
			state.text = fmt.Sprintf("%d %s", len(group), state.text)
		}
		if slowest := longest(group); slowest >= 0 {
			took = console.Duration(slowest.Seconds())
		}
		t.rows = append(t.rows, []cell{{console.OneLine(hostset.FoldWithin(slugsOf(group), most)), ""}, state, {took, ""}})
	}
	room := l.Columns
	for _, one := range t.widths() {
		room -= one + between
	}
	for i, group := range groups {
		t.rows[i] = append(t.rows[i], cell{whatWentWrong(group[0], room), ""})
	}
	return t.format()
}

// likeHosts are hosts that stand alike, each group in the place of its first; of few hosts each is a group. Their commands
// may differ in the names of the hosts, in whose place the first then has an ellipsis.
func likeHosts(hosts []runs.Host) [][]runs.Host {
	type alike struct {
		state                journal.State
		command, reason, own string
	}
	var groups [][]runs.Host
	at := map[alike]int{}
	for _, h := range hosts {
		key := alike{state: h.State, command: hostset.ReplaceName(h.Command, h.Slug, "…"), reason: h.Reason}
		if len(hosts) <= maxEach {
			key.own = h.Slug
		}
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], h)
		if first := &groups[i][0]; first.Command != h.Command {
			first.Command = key.command
		}
	}
	return groups
}

// longest is how long the slowest of some hosts took; negative if nothing was done there.
func longest(hosts []runs.Host) time.Duration {
	most := time.Duration(-1)
	for _, h := range hosts {
		if !h.Begun.IsZero() {
			most = max(most, h.Ended.Sub(h.Begun))
		}
	}
	return most
}

// fewColumns are too few for the beginning of a command to say which one it is.
const fewColumns = 12

// whatWentWrong is a command that failed, and why. Where there is room for so many columns only, why it failed comes first,
// then the beginning of the command.
func whatWentWrong(h runs.Host, room int) string {
	command, reason := console.OneLine(h.Command), console.OneLine(h.Reason)
	if command == "" {
		return reason
	}
	left := room - console.Width(": "+reason)
	switch {
	case left >= fewColumns:
		command = console.Fit(command, left)
	case room > 0 && left < console.Width(command):
		return reason
	}
	return command + ": " + reason
}

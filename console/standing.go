package console

import (
	"fmt"
	"slices"
	"strings"

	"deployer/internal/hostset"
	"deployer/journal"
)

// apart are the failures of a run by what a person makes of them: what went wrong, who is silent, and who is not there.
type apart struct{ failed, parked, offline []Failure }

// tellApart sorts the failures. Those of one target need no sorting.
func tellApart(failures []Failure, targets int) apart {
	var a apart
	for _, f := range failures {
		switch {
		case targets < 2:
			a.failed = append(a.failed, f)
		case f.Offline:
			a.offline = append(a.offline, f)
		case f.State == journal.Parked:
			a.parked = append(a.parked, f)
		default:
			a.failed = append(a.failed, f)
		}
	}
	return a
}

// folded are the hosts of some failures, each once.
func folded(failures []Failure) (hosts string, n int) {
	var slugs []string
	for _, f := range failures {
		if f.Host != "" && !slices.Contains(slugs, f.Host) {
			slugs = append(slugs, f.Host)
		}
	}
	return hostset.Fold(slugs), len(slugs)
}

// standing is a line that says how some hosts stand: "2 of 5 hosts offline: web[1-2]".
func standing(failures []Failure, targets int, word string) string {
	hosts, n := folded(failures)
	return fmt.Sprintf("%d of %d hosts %s: %s", n, targets, word, hosts)
}

// formatOffline names the hosts that are not there, and what each group of them has in common.
func formatOffline(b *strings.Builder, failures []Failure, targets int, p palette) {
	if len(failures) == 0 {
		return
	}
	paint := p.yellow
	if slices.ContainsFunc(failures, func(f Failure) bool { return isFailure(f.State) }) {
		paint = p.red
	}
	fmt.Fprintln(b, paint(standing(failures, targets, "offline")))
	groups := byCause(failures)
	for _, g := range groups {
		if hosts, _ := folded(g); len(groups) > 1 {
			fmt.Fprintf(b, "%s\n", clean(hosts, false))
		}
		if len(g) == 1 {
			field(b, "command", oneLine(g[0].Command, maxCommand))
		}
		field(b, "cause", logText(g[0].Cause))
		field(b, "next", logText(g[0].Hint))
	}
}

// byCause groups the failures that have the same cause.
func byCause(failures []Failure) [][]Failure {
	var groups [][]Failure
	for _, f := range failures {
		at := slices.IndexFunc(groups, func(g []Failure) bool { return g[0].Cause == f.Cause && g[0].Hint == f.Hint })
		if at < 0 {
			groups = append(groups, []Failure{f})
		} else {
			groups[at] = append(groups[at], f)
		}
	}
	return groups
}

package console

import (
	"fmt"
	"strings"

	"deployer/internal/hostset"
)

// Stop is an action that did not begin on all hosts, since it had failed on too many.
type Stop struct {
	Node, Action           string
	Why                    string
	Done, Failed, NotBegun []string // slugs
}

// FormatStops is the report of them at the end of a run.
func FormatStops(stops []Stop, colour bool) string {
	p := palette{colour}
	var b strings.Builder
	for _, s := range stops {
		fmt.Fprintf(&b, "%s %s\n", strings.TrimSpace(clean(s.Node, false)+" "+oneLine(s.Action, maxCommand)),
			p.yellow("stopped: "+logText(s.Why)))
		for _, hosts := range []struct {
			what  string
			slugs []string
		}{{"done", s.Done}, {"failed", s.Failed}, {"not begun", s.NotBegun}} {
			if len(hosts.slugs) > 0 {
				fmt.Fprintf(&b, "    %-10s %s\n", hosts.what, clean(hostset.Fold(hosts.slugs), false))
			}
		}
	}
	return b.String()
}

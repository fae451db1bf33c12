package console

import (
	"strings"

	"deployer/journal"
)

// View is how a screen shows a run.
type View string

// The views of a run.
const (
	ViewLive   View = "live"   // lines, and below them what goes on in several hosts, where that can be drawn
	ViewLines  View = "lines"  // what happens, as it happens
	ViewTree   View = "tree"   // actions, and what is in them
	ViewHosts  View = "hosts"  // host by host, each as a whole when it has ended
	ViewMerged View = "merged" // what was printed, at the end, with the hosts that printed the same
	ViewDiff   View = "diff"   // likewise, all but the largest group as how they differ from that
)

// Views are all views.
func Views() []string {
	var names []string
	for _, v := range []View{ViewLive, ViewLines, ViewTree, ViewHosts, ViewMerged, ViewDiff} {
		names = append(names, string(v))
	}
	return names
}

// OneOf are words to choose from, for people: "a, b or c".
func OneOf(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// Merges reports whether it shows nothing before the end of the run.
func (v View) Merges() bool { return v == ViewMerged || v == ViewDiff }

// Follows reports whether what goes on in several hosts stands below what it shows. That of a tree would say it twice.
func (v View) Follows() bool { return v != ViewLines && v != ViewTree }

// view shows what happens in a run in another way than line by line.
type view interface {
	write(e journal.Event) error                          // an event of the log
	line(e journal.Event, text string, to *surface) error // a line that was printed
	note(e journal.Event, line string) error              // a line about a moment
	close() error                                         // shows what is still kept
}

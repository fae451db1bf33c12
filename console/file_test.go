package console

import (
	"strings"
	"testing"

	"deployer/journal"
)

// A diff keeps its spaces, and what a file holds does nothing to the terminal.
func TestDiffIsShown(t *testing.T) {
	e := journal.Event{Kind: journal.FileWrite, Host: "web1", Path: "/b", State: journal.WouldChange,
		Diff: "@@ -1 +1 @@\n a\n-b\x1b[2J\n+" + strings.Repeat("c", 3000) + "\n"}
	got := strings.Join(fileLines(e, palette{}), "\n")
	want := "web1 write /b would change\n@@ -1 +1 @@\n a\n-b^[[2J\n+" + strings.Repeat("c", 1999) + "…"
	if got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	coloured := fileLines(e, palette{true})
	if !strings.HasPrefix(coloured[3], "\x1b[31;1m-b") || !strings.HasPrefix(coloured[4], "\x1b[32m+c") {
		t.Errorf("in colour: %.40q", coloured[3:])
	}
}

package console

import "testing"

func TestFormatStops(t *testing.T) {
	got := FormatStops([]Stop{
		{Node: "/web", Action: "restart", Why: "1 of 4 cells failed, and none may",
			Done: []string{"web1", "web2"}, Failed: []string{"db\x1b1"}, NotBegun: []string{"web4"}},
		{Node: "/", Why: "the run was interrupted", NotBegun: []string{"web1", "web2"}},
	}, false)
	want := `/web restart stopped: 1 of 4 cells failed, and none may
    done       web[1-2]
    failed     db^[1
    not begun  web4
/ stopped: the run was interrupted
    not begun  web[1-2]
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := FormatStops(nil, true); got != "" {
		t.Errorf("nothing stopped: %q", got)
	}
}

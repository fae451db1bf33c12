package console

import "testing"

func TestFormatList(t *testing.T) {
	rows := []Row{{"a", "red", "first"}, {"größer", "", "second"}, {"bare name", "grey", ""}, {"odd", "violet", "x"}}
	want := "\nnodes:\n  a        first\n  größer   second\n  bare name\n  odd      x\n"
	if got := FormatList("nodes:", rows, false); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	want = "\nnodes:\n  \x1b[31ma\x1b[0m        first\n  größer   second\n  \x1b[90mbare name\x1b[0m\n  odd      x\n"
	if got := FormatList("nodes:", rows, true); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := FormatList("nodes:", nil, true); got != "" {
		t.Errorf("of nothing: %q", got)
	}
}

package console

import "testing"

func TestHeight(t *testing.T) {
	for _, tt := range []struct {
		text    string
		columns int
		want    int
	}{
		{"", 5, 1}, {"12345", 5, 1}, {"123456", 5, 2}, {"日本語", 5, 2}, {"日本語日本語", 5, 3}, {"a日本b", 4, 2},
		{"e\u0301e\u0301", 2, 1}, {"ab", 1, 2},
	} {
		if got := height(tt.text, tt.columns); got != tt.want {
			t.Errorf("%q in %d columns has %d rows, want %d", tt.text, tt.columns, got, tt.want)
		}
	}
}

func TestFit(t *testing.T) {
	for _, tt := range []struct {
		text       string
		columns    int
		start, end string
	}{
		{"", 0, "", ""}, {"abc", 3, "abc", "abc"}, {"abcd", 3, "ab…", "…cd"}, {"日本語", 6, "日本語", "日本語"},
		{"日本語", 5, "日本…", "…本語"}, {"日本語", 4, "日…", "…語"}, {"日本語", 1, "…", "…"}, {"ab", 0, "", ""}, {"ab", -1, "", ""},
	} {
		if start, end := Fit(tt.text, tt.columns), fitEnd(tt.text, tt.columns); start != tt.start || end != tt.end {
			t.Errorf("%q in %d columns is %q and %q, want %q and %q", tt.text, tt.columns, start, end, tt.start, tt.end)
		}
	}
}

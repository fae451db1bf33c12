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

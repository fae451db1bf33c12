package textdiff

import "testing"

func TestUnified(t *testing.T) {
	for _, tt := range []struct{ old, given, want string }{
		{"a\nb\n", "a\nb\n", ""},
		{"", "", ""},
		{"a\nb\nc\n", "a\nB\nc\n", "--- x\n+++ y\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"},
		{"", "a\n", "--- x\n+++ y\n@@ -0,0 +1 @@\n+a\n"},
		{"a", "a\n", "--- x\n+++ y\n@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+a\n"},
	} {
		if got := Unified("x", "y", tt.old, tt.given); got != tt.want {
			t.Errorf("%q to %q: got %q, want %q", tt.old, tt.given, got, tt.want)
		}
	}
}

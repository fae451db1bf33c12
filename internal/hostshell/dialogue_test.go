package hostshell

import (
	"bytes"
	"slices"
	"testing"
)

// TestSorry leaves out what sudo says of a wrong password, wherever the reads end, and nothing else.
func TestSorry(t *testing.T) {
	t.Parallel()
	const word = "0123456789abcdef"
	ask, started := Mark(word, MarkPassword), Mark(word, MarkStarted)
	for _, tt := range []struct{ text, want string }{
		{ask + "Sorry, try again.\n" + ask + started + "out\n", "out\n"},
		{ask + "\r\nSorry, try again.\r\n" + ask + "\r\n" + started + "out\r\n", "\r\nout\r\n"},
		{ask + "Sorry, try again.\n" + ask + "sudo: 2 incorrect password attempts\n", "sudo: 2 incorrect password attempts\n"},
		{ask + "The account is locked.\nSorry, try again.\n" + ask, "The account is locked.\nSorry, try again.\n"},
		{ask + "Sorry, tester may not run this.\n", "Sorry, tester may not run this.\n"},
		{ask + "Sorry, try again.", "Sorry, try again."},
		{ask + "code: ", "code: "},
		{"Sorry, try again.\n" + started, "Sorry, try again.\n"},
		{ask + started + "Sorry, try again.\n", "Sorry, try again.\n"},
		{started + ask + "Sorry, try again.\n", "Sorry, try again.\n"},
	} {
		for size := 1; size <= len(tt.text); size++ {
			var got bytes.Buffer
			d := NewDialogue(&got, word, func(string) {})
			for part := range slices.Chunk([]byte(tt.text), size) {
				_, _ = d.Write(part) // into memory
			}
			d.Flush()
			if got.String() != tt.want {
				t.Errorf("%q in parts of %d: got %q, want %q", tt.text, size, got.String(), tt.want)
			}
		}
	}
}

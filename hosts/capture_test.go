package hosts

import (
	"bytes"
	"strings"
	"testing"
)

// What comes after the text was asked for, as it may from a command that was abandoned, is kept as well.
func TestCaptureGoesOn(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "some", string(noise(3*firstPiece, 1))} {
		var c capture
		want := ""
		for _, more := range []string{before, "more", ""} {
			if _, err := c.Write([]byte(more)); err != nil {
				t.Fatal(err)
			}
			want += more
			if got := c.text(false); string(got.kept) != want || got.Size != int64(len(want)) {
				t.Errorf("kept %.20q (%d of %d bytes), want %.20q", got.kept, len(got.kept), got.Size, want)
			}
		}
	}
}

// TestLastDrawn has of a program that filled the window nothing but what came before and after, even where that is long
// ago; and lines that were drawn again as they were at last.
func TestLastDrawn(t *testing.T) {
	t.Parallel()
	screen := strings.Repeat("\x1b[5;10Hline\r\n", 10*tailSize/16)
	for _, tt := range []struct{ name, written, want string }{
		{"a window", "begun\r\n\x1b[?1049h" + screen + "\x1b[?1049l\x1b[?1lno \x1b[31msuch\x1b[m file\r\n",
			"begun\nno \x1b[31msuch\x1b[m file"},
		{"one that is left", "begun\r\n\x1b[?1049h" + screen, "begun"},
		{"a bar", "10%\r50%\r100%\r\nfailed\r\n", "100%\nfailed"},
		{"much", strings.Repeat("a long line of text\r\n", tailSize) + "end",
			strings.Repeat("a long line of text\n", maxLines-1) + "end"},
		{"nothing", "", ""},
	} {
		var c capture
		if _, err := c.Write([]byte(tt.written)); err != nil {
			t.Fatal(err)
		}
		if got := c.lastDrawn(); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
		if got := c.text(false); string(got.kept) != tt.written {
			t.Errorf("%s: what was written is changed", tt.name)
		}
	}
}

// TestLastDrawnOfTooMuch has only the end of what is more than is kept.
func TestLastDrawnOfTooMuch(t *testing.T) {
	t.Parallel()
	var c capture
	for range MaxText/(1<<20) + 1 {
		if _, err := c.Write(bytes.Repeat([]byte("0123456\n"), 1<<17)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.Write([]byte("\x1b[2Kend\r\n")); err != nil {
		t.Fatal(err)
	}
	if got, want := c.lastDrawn(), strings.Repeat("0123456\n", maxLines-1)+"end"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

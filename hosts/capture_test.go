package hosts

import "testing"

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

package console

import (
	"strings"
	"testing"

	"deployer/pty"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		text    string
		columns int
		want    string
	}{
		{"", 10, ""},
		{"  one  two\nthree ", 80, "one two three"},
		{"one two three", 7, "one two|three"},
		{"one (two) three", 9, "one (two)|three"},
		{"a web1 (x) b", 8, "a|web1 (x)|b"},
		{"a,b,c,d", 4, "a,b,|c,d"},
		{"x aaa,bbb,ccc y", 8, "x|aaa,bbb,|ccc y"},
		{"toolongtobreak a", 5, "toolongtobreak|a"},
		{"aaa,toolongtobreak", 5, "aaa,|toolongtobreak"},
		{"toolong,b,c", 4, "toolong,|b,c"},
		{"日本 日本", 5, "日本|日本"},
	} {
		if got := strings.ReplaceAll(Wrap(tt.text, tt.columns), "\n", "|"); got != tt.want {
			t.Errorf("%q in %d columns: got %q, want %q", tt.text, tt.columns, got, tt.want)
		}
	}
}

// TestWrapKeepsWords wants all words of a text in lines of any width, and none in a line that is too long but one that
// cannot be broken.
func TestWrapKeepsWords(t *testing.T) {
	text := "The web servers (two of them): web[1-3,7,12-14],db1,cache1,mail.example.com and others, one cell each."
	for columns := 1; columns < 120; columns++ {
		got := Wrap(text, columns)
		if together := strings.NewReplacer("\n", "", " ", ""); together.Replace(got) != together.Replace(text) {
			t.Fatalf("in %d columns: %q", columns, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if Width(line) > columns && strings.ContainsAny(strings.TrimRight(line, ","), " ,") {
				t.Errorf("in %d columns: %q", columns, line)
			}
		}
	}
}

func TestLayoutOfOutput(t *testing.T) {
	if l := (Output{Colour: true}).Layout(); l.Columns != 0 || !l.Colour || l.Paragraph("a b") != "a b" {
		t.Errorf("without a terminal: %+v", l)
	}
	l := Output{Terminal: true, Size: func() pty.Size { return pty.Size{Rows: 5, Cols: 10} }}.Layout()
	if l.Columns != 10 || l.Paragraph("one two three") != "one two\nthree" {
		t.Errorf("with a terminal of 10 columns: %+v", l)
	}
}

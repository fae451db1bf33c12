package console

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClean(t *testing.T) {
	tests := []struct{ line, sgr, plain string }{
		{"plain\ttext ä", "plain\ttext ä", "plain\ttext ä"},
		{"\x1b[31mred\x1b[0m", "\x1b[31mred\x1b[0m\x1b[m", "red"},
		{"\x1b[1;38:5:7mx", "\x1b[1;38:5:7mx\x1b[m", "x"},
		{"\x1b[2Jx", "^[[2Jx", "^[[2Jx"},
		{"\x1b]0;title\a", "^[]0;title^G", "^[]0;title^G"},
		{"\x1b[31", "^[[31", "^[[31"},
		{"a\rb\b\x7f\x00", "a^Mb^H^?^@", "a^Mb^H^?^@"},
		{"\u009b2J", `\u009b2J`, `\u009b2J`},
		{"\x9b2J\xff", `\x9b2J\xff`, `\x9b2J\xff`},
		{"a\u202eb\u2066", `a\u202eb\u2066`, `a\u202eb\u2066`},
		{"\ufffd", "\ufffd", "\ufffd"},
	}
	for _, tt := range tests {
		if got := clean(tt.line, true); got != tt.sgr {
			t.Errorf("%q with colours: got %q, want %q", tt.line, got, tt.sgr)
		}
		if got := clean(tt.line, false); got != tt.plain {
			t.Errorf("%q without colours: got %q, want %q", tt.line, got, tt.plain)
		}
	}
}

// FuzzClean: whatever a host prints, no control character reaches the terminal but those of colours, which are reset.
func FuzzClean(f *testing.F) {
	f.Add("\x1b[31mred\x1b[2J\x1b]0;x\a")
	f.Add("\x1b\x1b[m[31m\u009b\xc2")
	f.Fuzz(func(t *testing.T, line string) {
		plain := clean(line, false)
		coloured := clean(line, true)
		if !utf8.ValidString(coloured) {
			t.Errorf("%q: %q is not UTF-8", line, coloured)
		}
		rest := coloured
		for {
			at := strings.IndexByte(rest, 0x1b)
			if at < 0 {
				break
			}
			seq := colours.FindString(rest[at:])
			if seq == "" && !strings.HasPrefix(rest[at:], reset) {
				t.Fatalf("%q: an escape sequence passed: %q", line, coloured)
			}
			if seq == "" {
				seq = reset
			}
			rest = rest[:at] + rest[at+len(seq):]
		}
		if rest != plain {
			t.Errorf("%q: without its colours it is %q, want %q", line, rest, plain)
		}
		for _, r := range plain {
			if r != '\t' && (r < ' ' || r >= 0x7f && r < 0xa0) {
				t.Errorf("%q: %q passed", line, r)
			}
		}
		if strings.Contains(coloured, "\x1b") && !strings.HasSuffix(coloured, reset) {
			t.Errorf("%q: the colours are not reset at the end of %q", line, coloured)
		}
	})
}

func TestOneLine(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{" a\nb \n", `a\nb`},
		{"12345678", "12345678"},
		{"123456789", "12345678…"},
		{"ääääääääää", "ääääääää…"},
		{"a\x1b[2J", "a^[[2J"},
	} {
		if got := oneLine(tt.text, 8); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

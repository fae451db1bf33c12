package drawn

import (
	"bytes"
	"testing"
)

// lineFilter is a filter of this package.
type lineFilter interface {
	Pass([]byte) []byte
	Rest() []byte
}

// inParts passes a text in parts of a size.
func inParts(f lineFilter, text string, size int) string {
	var out bytes.Buffer
	for len(text) > 0 {
		n := min(size, len(text))
		out.Write(f.Pass([]byte(text[:n])))
		text = text[n:]
	}
	out.Write(f.Rest())
	return out.String()
}

func TestTerminal(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "a\r\nb", "a\nb"},
		{"an editor", "before\r\n\x1b[?1049h\x1b[22;0;0t\x1b[1;24r\x1b[H\x1b[2Jall\r\nof it\x1b[5;10H~" +
			"\x1b[?1049l\x1b[23;0;0tafter\r\n", "before\nafter\n"},
		{"one that dies", "before\r\n\x1b[?1049hall of it\r\n", "before\n"},
		{"the other screen with more modes", "a\x1b[?1;1049;25hb\x1b[?1049;1lc", "ac"},
		{"old ways to it", "a\x1b[?47hb\x1b[?47lc\x1b[?1047hd\x1b[?1047le", "ace"},
		{"other modes", "a\x1b[?25l\x1b[?2004hb\x1b[?10490hc", "abc"},
		{"colours", "\x1b[1;31mred\x1b[m\x1b[38:5:1m\x1b[>4;1m\r\n", "\x1b[1;31mred\x1b[m\x1b[38:5:1m\n"},
		{"a bar", "10%\r\x1b[K20%\r\x1b[2K100%\r\n", "100%\n"},
		{"a bar that shows the cursor at last", "\x1b[?25l10%\r100%\r\x1b[?25h\r\n", "100%\n"},
		{"a bar that goes to the first column", "10%\x1b[1G\x1b[0K20%\x1b[G30%\n", "30%\n"},
		{"titles", "\x1b]0;title\x07a\x1b]2;title\x1b\\b\n\x1b]0;no end\nc\n", "ab\n\nc\n"},
		{"short ones", "\x1b(B\x1b=\x1b>\x1b7a\x1b8\n", "a\n"},
		{"strings", "\x1bPq#0\x1b\\a\n", "a\n"},
		{"no end", "a\x1b[3", "a"},
	} {
		for size := 1; size <= len(tt.text)+1; size++ {
			if got := inParts(&Terminal{}, tt.text, size); got != tt.want {
				t.Errorf("%s, in parts of %d: got %q, want %q", tt.name, size, got, tt.want)
			}
		}
	}
}

// TestTerminalIsReadyAgain uses a filter for one text after another.
func TestTerminalIsReadyAgain(t *testing.T) {
	var f Terminal
	for range 2 {
		if got := inParts(&f, "a\n\x1b[?1049hb\x1b[", 100); got != "a\n" {
			t.Errorf("got %q", got)
		}
	}
}

// TestSequencesAreBounded holds no more back than a sequence may take.
func TestSequencesAreBounded(t *testing.T) {
	var s Sequences
	s.Pass([]byte("\x1b]0;"))
	for range 10_000 {
		s.Pass([]byte("a"))
		if len(s.begun) > maxUnfinished {
			t.Fatalf("%d bytes are held back", len(s.begun))
		}
	}
}

func TestText(t *testing.T) {
	for _, tt := range []struct{ drawn, text, plain string }{
		{"plain", "plain", "plain"},
		{"\x1b[31mred\x1b[0m\x1b[K end", "\x1b[31mred\x1b[0m end", "red end"},
		{"\x1b[?1049h", "", ""},
	} {
		text, plain := Text([]byte(tt.drawn)), Plain([]byte(tt.drawn))
		if string(text) != tt.text || string(plain) != tt.plain {
			t.Errorf("%q: got %q and %q, want %q and %q", tt.drawn, text, plain, tt.text, tt.plain)
		}
	}
}

// FuzzTerminal passes any text in parts: what comes out is the same as of the whole.
func FuzzTerminal(f *testing.F) {
	f.Add("a\x1b[?1049hb\x1b[?1049lc\r\n", 3)
	f.Add("\x1b]0;t\x07\x1b[2K\rx\x1b[1G\x1b[m", 1)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || len(text) > maxUnfinished {
			return
		}
		whole := inParts(&Terminal{}, text, len(text)+1)
		if got := inParts(&Terminal{}, text, size); got != whole {
			t.Errorf("%q in parts of %d: got %q, as a whole %q", text, size, got, whole)
		}
	})
}

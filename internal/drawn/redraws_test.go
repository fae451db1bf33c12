package drawn

import (
	"bytes"
	"strings"
	"testing"
)

// passAll passes a text in parts of a size.
func passAll(text string, size int) string {
	var r Redraws
	var out bytes.Buffer
	for len(text) > 0 {
		n := min(size, len(text))
		out.Write(r.Pass([]byte(text[:n])))
		text = text[n:]
	}
	out.Write(r.Rest())
	return out.String()
}

func TestRedraws(t *testing.T) {
	var bar strings.Builder
	for range 1000 {
		bar.WriteString("\rworking")
	}
	for _, tt := range []struct{ text, want string }{
		{"", ""},
		{"a\nb\n", "a\nb\n"},
		{"a\r\nb\r\n", "a\nb\n"},
		{"10%\r20%\r100%\ndone\n", "100%\ndone\n"},
		{"10%\r100%\r\ndone", "100%\ndone"},
		{bar.String() + "\rdone\n", "done\n"},
		{"10%\r", "10%"},
		{"10%\r\r\n", "10%\n"},
		{"\r\n\r\n", "\n\n"},
		{"10%\r\x1b[Kdone\n", "done\n"},
		{"10%\r\x1b[2Kdone", "done"},
		{"\x1b[Kkept\n", "\x1b[Kkept\n"},
		{"no end", "no end"},
	} {
		for _, size := range []int{1, 2, 3, len(tt.text) + 1} {
			if got := passAll(tt.text, size); got != tt.want {
				t.Errorf("%.40q in parts of %d: got %q, want %q", tt.text, size, got, tt.want)
			}
		}
	}
}

// TestRedrawsAreBounded checks that a line without an end passes, whole.
func TestRedrawsAreBounded(t *testing.T) {
	var r Redraws
	part := bytes.Repeat([]byte("x"), 1000)
	size := 0
	for range 1000 {
		size += len(r.Pass(part))
		if len(r.held) > maxHeld {
			t.Fatalf("%d bytes are held", len(r.held))
		}
	}
	if size += len(r.Rest()); size != 1000*1000 {
		t.Errorf("%d bytes passed", size)
	}
}

// lastDrawn is what remains of a text, said in another way.
func lastDrawn(text string) string {
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		body, newline := strings.CutSuffix(line, "\n")
		parts := strings.FieldsFunc(body, func(r rune) bool { return r == '\r' })
		last := ""
		if len(parts) > 0 {
			last = parts[len(parts)-1]
		}
		if len(parts) > 1 || strings.HasPrefix(body, "\r") && len(parts) > 0 {
			for _, erasure := range erasures {
				last = strings.TrimPrefix(last, string(erasure))
			}
		}
		if newline {
			last += "\n"
		}
		lines[i] = last
	}
	return strings.Join(lines, "")
}

func FuzzRedraws(f *testing.F) {
	f.Add("a\rb\r\nc", 2)
	f.Add("\r\r\n\r", 1)
	f.Add("a\r\x1b[Kb\n", 3)
	f.Fuzz(func(t *testing.T, text string, size int) {
		if size < 1 || len(text) > maxHeld {
			return
		}
		if got, want := passAll(text, size), lastDrawn(text); got != want {
			t.Errorf("%q in parts of %d: got %q, want %q", text, size, got, want)
		}
	})
}

package console

import "testing"

func TestLeftover(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, printed, want string
	}{
		{"nothing", "hello\r\n", ""},
		{"all undone", "\x1b[?1049h\x1b[?25l\x1b[1;31mx\x1b[m\x1b[?25h\x1b[?1049l", ""},
		{"a full screen", "\x1b[?1049h\x1b[22;0;0t\x1b[?1h\x1b=\x1b[?2004h\x1b[?25l\x1b[1mx",
			"\x1b[0m\x1b[?2004l\x1b[?1l\x1b[r\x1b[?1049l\x1b[?25h"},
		{"several in one", "\x1b[?1000;1006h", "\x1b[?1000l\x1b[?1006l"},
		{"a prompt that takes pastes", "\x1b[?2004h$ ", "\x1b[?2004l"},
		{"a colour", "\x1b[38;5;10mgreen", "\x1b[0m"},
		{"no colour any more", "\x1b[0;1mgreen\x1b[0;0m", ""},
		{"other sequences", "\x1b]0;title\x07\x1b(B\x1b\x1b[2J\x1b[>4;1m\x1b[>4;0m\x1b[5q", ""},
		{"keys", "\x1b[>4;2m", "\x1b[>4m"},
		{"one that never ends", "\x1b[0000000000000000000000000000000000000000000\x1b[?25l", "\x1b[?25h"},
	} {
		for _, size := range []int{1, 2, 3, 1000} {
			var l leftover
			for text := test.printed; text != ""; {
				n := min(size, len(text))
				l.note([]byte(text[:n]))
				text = text[n:]
			}
			if got := l.undo(); got != test.want {
				t.Errorf("%s, in parts of %d: %q, want %q", test.name, size, got, test.want)
			}
			if got := l.undo(); got != "" {
				t.Errorf("%s, again: %q", test.name, got)
			}
		}
	}
}

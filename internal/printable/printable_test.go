package printable_test

import (
	"testing"

	"deployer/internal/printable"
)

func TestText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"Größe 5 €":               "Größe 5 €",
		"a\tb":                    "a b",
		"a line\n":                "a line",
		"a line\r\n":              "a line",
		"two\nlines":              `two\nlines`,
		"\x1b]0;title\a":          `\x1b]0;title\a`,
		"\u202eright to left":     `\u202eright to left`,
		"not UTF-8: \xff\xfe":     `not UTF-8: \xff\xfe`,
		"a replacement \ufffd is": "a replacement \ufffd is",
	} {
		if got := printable.Text(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

package shell

import (
	"regexp"
	"strings"
	"testing"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// marked shows colours as brackets.
func markedColours(text string) string {
	return strings.NewReplacer("\x1b[90m", "<c ", "\x1b[32m", "<s ", "\x1b[35m", "<k ", "\x1b[0m", ">").Replace(text)
}

func TestHighlight(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ file, code, want string }{
		{"deploy", "def start(env): # go\n    return 1", "<k def> start(env): <c # go>\n    <k return> 1"},
		{"deploy", `x = "a \" # b" + 'c'`, `x = <s "a \" # b"> + <s 'c'>`},
		{"deploy", "\"\"\"one\n\n  two\"\"\"\nif_ = not_in", "<s \"\"\"one>\n\n<s   two\"\"\">\nif_ = not_in"},
		{"x.star", "x = 'open\ny = r'''\\'''", "x = <s 'open>\ny = r<s '''\\'''>"},
		{"a.go", "func f() { // x\n\treturn `a\n\\` }", "<k func> f() { <c // x>\n\t<k return> <s `a>\n<s \\`> }"},
		{"a.go", "/* a\nb */ var x = '\\''", "<c /* a>\n<c b */> <k var> x = <s '\\''>"},
		{"deploy", "ünï = Ω\\", "ünï = Ω\\"},
		{"deploy", `x = "\`, `x = <s "\>`},
	} {
		got := languageOf(test.file).highlight(test.code)
		if markedColours(got) != test.want {
			t.Errorf("%q:\n got  %q\n want %q", test.code, markedColours(got), test.want)
		}
		if plain := escapes.ReplaceAllString(got, ""); plain != test.code {
			t.Errorf("%q became %q", test.code, plain)
		}
	}
}

// FuzzHighlight colours anything: without its colours it is as before.
func FuzzHighlight(f *testing.F) {
	f.Add("def f(x):\n  '''a'''")
	f.Add("\\\"'`/*//#")
	f.Fuzz(func(t *testing.T, code string) {
		if strings.Contains(code, "\x1b") {
			return
		}
		for _, file := range []string{"deploy", "main.go"} {
			if got := escapes.ReplaceAllString(languageOf(file).highlight(code), ""); got != code {
				t.Errorf("%q became %q", code, got)
			}
		}
	})
}

package shell

import (
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
)

func TestSplitWords(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		line string
		want []string
		open byte
	}{
		{"", nil, 0},
		{"  \t ", nil, 0},
		{"a  b\tc", []string{"a", "b", "c"}, 0},
		{`'a b' "c d" e\ f`, []string{"a b", "c d", "e f"}, 0},
		{`a'b'"c"\d`, []string{"abcd"}, 0},
		{`'' ""`, []string{"", ""}, 0},
		{`"a\"b\\c\d$x"`, []string{`a"b\c\d$x`}, 0},
		{`'a\'b`, []string{`a\b`}, 0},
		{"a # b", []string{"a"}, 0},
		{"a#b '#'", []string{"a#b", "#"}, 0},
		{"# 'a", nil, 0},
		{"a \\\nb", []string{"a", "b"}, 0},
		{"a\\\nb", []string{"ab"}, 0},
		{"'a\nb'", []string{"a\nb"}, 0},
		{"a 'b", []string{"a", "b"}, '\''},
		{`a "b'`, []string{"a", "b'"}, '"'},
		{`a "b\`, []string{"a", `b\`}, '"'},
		{`a\`, []string{"a"}, '\\'},
	} {
		words, open := splitWords(test.line)
		var got []string
		for _, w := range words {
			got = append(got, w.text)
		}
		if !slices.Equal(got, test.want) || open != test.open {
			t.Errorf("%q: %q and %q open, want %q and %q", test.line, got, open, test.want, test.open)
		}
	}
}

// FuzzSplitWords splits what was quoted for sh: the words come back as they were.
func FuzzSplitWords(f *testing.F) {
	f.Add("a", "b c")
	f.Add("", `"'\`)
	f.Add("#", "x=\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsRune(a+b, 0) {
			t.Skip("no word of a command line holds a NUL")
		}
		line := hosts.Quote(a) + " " + hosts.Quote(b)
		words, open := splitWords(line)
		if len(words) != 2 || words[0].text != a || words[1].text != b || open != 0 {
			t.Errorf("%q splits into %+v, and %q is open", line, words, open)
		}
		for _, w := range words {
			if line[w.start:w.end()] != w.raw {
				t.Errorf("%q: the word %q is not where it says", line, w.raw)
			}
		}
	})
}

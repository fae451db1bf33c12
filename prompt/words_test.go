package prompt

import (
	"path"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func TestSplit(t *testing.T) {
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
		{"a \\\n  b \\\n", []string{"a", "b"}, 0},
		{"'a\nb'", []string{"a\nb"}, 0},
		{"a 'b", []string{"a", "b"}, '\''},
		{`a "b'`, []string{"a", "b'"}, '"'},
		{`a "b\`, []string{"a", `b\`}, '"'},
		{`a\`, []string{"a"}, '\\'},
		{`$'a\nb\'c\x41\xff\u00e9\e' $'\xg\q'`, []string{"a\nb'cA\xff\u00e9\x1b", "\x00gq"}, 0},
		{`a$'b`, []string{"ab"}, '\''},
		{`$a "$'b'"`, []string{"$a", "$'b'"}, 0},
	} {
		words, open := Split(test.line)
		var got []string
		for _, w := range words {
			got = append(got, w.Text)
		}
		if !slices.Equal(got, test.want) || open != test.open {
			t.Errorf("%q: %q and %q open, want %q and %q", test.line, got, open, test.want, test.open)
		}
	}
}

// TestPattern matches as patterns of sh do.
func TestPattern(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		word, name string
		want       bool
	}{
		{"[!ab]c", "xc", true}, {"[!ab]c", "ac", false}, {"[!ab]c", "!c", true}, {"[^ab]c", "ac", false}, {"[a!]c", "!c", true},
		{"'['!a", "[!a", true}, {`\[!a`, "[!a", true}, {"'[!a]c'", "[!a]c", true}, {"!a", "!a", true}, {"[a-c]", "b", true},
	} {
		words, _ := Split(test.word)
		if got, err := path.Match(words[0].Pattern, test.name); got != test.want || err != nil {
			t.Errorf("%s (%s) matches %s: %v, %v", test.word, words[0].Pattern, test.name, got, err)
		}
	}
	if got := Literal("[!a]").Pattern; got != "[^a]" {
		t.Errorf("given by a program: %s", got)
	}
}

// FuzzSplit splits what was quoted for sh: the words come back as they were.
func FuzzSplit(f *testing.F) {
	f.Add("a", "b c")
	f.Add("", `"'\`)
	f.Add("#", "x=\n")
	f.Fuzz(func(t *testing.T, a, b string) {
		if strings.ContainsRune(a+b, 0) {
			t.Skip("no word of a command line holds a NUL")
		}
		line := single(a) + " " + single(b)
		words, open := Split(line)
		if len(words) != 2 || words[0].Text != a || words[1].Text != b || open != 0 {
			t.Errorf("%q splits into %+v, and %q is open", line, words, open)
		}
		for _, w := range words {
			if line[w.Start:w.End()] != w.Raw {
				t.Errorf("%q: the word %q is not where it says", line, w.Raw)
			}
		}
	})
}

// single quotes a word for any sh.
func single(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

// FuzzQuote splits what was quoted for a person to see: it comes back, says nothing to a terminal, and as a pattern it
// matches itself alone.
func FuzzQuote(f *testing.F) {
	for _, text := range []string{"a", "", "a b", "-l", "~", "#a", "!x", "it's", "a\nb", "\x1b[2J", "\xff\x00a", "*?[a-b]\\", "\u202e", "é", `$'`} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		quoted := Quote(text)
		words, open := Split(quoted)
		if len(words) != 1 || words[0].Text != text || open != 0 {
			t.Fatalf("%q is quoted as %s, which splits into %+v, %q open", text, quoted, words, open)
		}
		if w := words[0]; text != "" && strings.ContainsRune("-~!#", rune(text[0])) && w.Plain > 0 {
			t.Errorf("%s could be taken for an option, a home directory, a command or a comment", quoted)
		}
		if ok, err := path.Match(words[0].Pattern, text); !strings.Contains(text, "/") && (!ok || err != nil) {
			t.Errorf("the pattern %q of %q does not match it: %v", words[0].Pattern, text, err)
		}
		for _, r := range quoted {
			if !unicode.IsPrint(r) {
				t.Errorf("%q in %q", r, quoted)
			}
		}
	})
}

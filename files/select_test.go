package files

import (
	"strings"
	"testing"
)

func TestWhatPatternsTake(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		include, exclude string // separated by blanks
		takes, leaves    string // directories end with a slash
	}{
		{"*.go", "", "a.go a/b.go a/ .go", "a.gox a.go~ go"},
		{"src", "", "src src/a a/src/b src/a/b", "a/srcx srcx/a"},
		{"src/", "", "src/a a/src/b/c", "src a/src"},
		{"src/**", "", "src/a src/a/b", "a/src/b src2/a"},
		{"/src", "", "src src/a", "a/src"},
		{"/src/", "", "src/a", "src a/src/b"},
		{"**/x/*.txt", "", "x/a.txt a/b/x/c.txt", "a.txt x/y/a.txt"},
		{"[[]a", "", "[a", "a"},
		{`\*`, "", "*", "a"},
		{"{a,b}", "", "a b a/c x/b", "c"},
		{"[!a]", "", "b", "a"},
		{"-rf", "", "-rf -rf/x", "rf"},
		{"é?", "", "éa éé", "é e1"},
		{"", "*", "", "a a/ a/b .a"},
		{"", "**", "", "a a/ a/b"},
		{"", "a/", "a b/", "a/ b/a/"},
		{"", "/a", "b/a", "a a/"},
		{"", "a/*.o", "a/b.c b/a.o a/b/c.o", "a/b.o"},
		{"", "!a", "a b", "!a"},
		{"*.go", "*_test.go", "a.go a/", "a_test.go a/b_test.go"},
		{"a", "a/b", "a/c", "a/b"},
	} {
		s := Selection{Include: strings.Fields(tt.include), Exclude: strings.Fields(tt.exclude)}
		if err := s.Check(); err != nil {
			t.Errorf("%+v: %v", s, err)
		}
		for names, want := range map[string]bool{tt.takes: true, tt.leaves: false} {
			for _, name := range strings.Fields(names) {
				if got := s.takes(strings.TrimSuffix(name, "/"), strings.HasSuffix(name, "/")); got != want {
					t.Errorf("%+v takes %q: %v", s, name, got)
				}
			}
		}
	}
}

func TestBadPatterns(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "[", "a[b", "{a", "{a,", `a\`, "[]"} {
		for _, s := range []Selection{{Include: []string{pattern}}, {Exclude: []string{"ok", pattern}}} {
			if err := s.Check(); err == nil || !strings.Contains(err.Error(), "is no pattern") {
				t.Errorf("%q: error %v", pattern, err)
			}
		}
	}
}

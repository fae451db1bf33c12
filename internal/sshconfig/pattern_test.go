package sshconfig

import (
	"strings"
	"testing"
)

func TestWildcard(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true}, {"", "a", false}, {"a", "", false}, {"*", "", true}, {"*", "a.b", true}, {"a*b", "ab", true},
		{"a*b", "axxb", true}, {"a*b", "axxc", false}, {"*a*a*", "aa", true}, {"*a*a*", "a", false},
		{"?", "a", true}, {"?", "", false}, {"a?c", "abc", true}, {"[a]:*", "[a]:22", true},
		{"*.example.com", "web.example.com", true},
		{"*.example.com", "example.com", false}, {strings.Repeat("*a", 40), strings.Repeat("a", 39) + "b", false},
	} {
		if got := matches(c.pattern, c.text); got != c.want {
			t.Errorf("matches(%q, %q) = %v", c.pattern, c.text, got)
		}
	}
}

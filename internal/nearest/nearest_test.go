package nearest

import "testing"

func TestHint(t *testing.T) {
	t.Parallel()
	names := []string{"put", "pwd", "get", "index.html", "web1", "web2"}
	for word, want := range map[string]string{
		"ptu": "did you mean put?", "gte": "did you mean get?", "idnex.html": "did you mean index.html?",
		"WEB1": "did you mean web1 or web2?", "index": "did you mean index.html?", "something": "", "": "",
	} {
		if got := Hint(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"abc", "abd", 1}, {"abc", "acb", 1}, {"abc", "xabc", 1}, {"é", "e", 1}, {"kitten", "sitting", 3}} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

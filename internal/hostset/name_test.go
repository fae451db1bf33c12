package hostset

import "testing"

func TestReplaceName(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, name, want string }{
		{"restart web1", "web1", "restart …"},
		{"web1.example.com:web1", "web1", "….example.com:…"},
		{"web10 web1 my-web1 web1_old", "web1", "web10 … my-web1 web1_old"},
		{"cat a a", "a", "cat … …"},
		{"漢字web1", "web1", "漢字web1"},
		{"'web1'\xff", "web1", "'…'\xff"},
		{"none", "", "none"},
		{"", "web1", ""},
	} {
		if got := ReplaceName(c.text, c.name, "…"); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.name, c.text, got, c.want)
		}
	}
}

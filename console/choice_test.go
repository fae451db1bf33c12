package console

import (
	"slices"
	"testing"
)

func TestChoiceIndex(t *testing.T) {
	t.Parallel()
	c := choice{options: []string{"web1 (10.0.0.1)", "web10 (10.0.0.2)", "db1 master", "db1 copy", "3"}, first: 1, empty: noChoice, random: true}
	for answer, want := range map[string]int{
		"web1": 0, "web10": 1, "web10 (10.0.0.2)": 1, "db1 copy": 3, "2": 1, "3": 4, "5": 4, "r": RandomChoice, "random": RandomChoice,
	} {
		if got, wrong := c.index(answer); wrong != "" || got != want {
			t.Errorf("%q is %d, %s; want %d", answer, got, wrong, want)
		}
	}
	for _, answer := range []string{"", "db1", "web", "web1 ", "0", "6", "(10.0.0.1)"} {
		if got, wrong := c.index(answer); wrong == "" {
			t.Errorf("%q is %d", answer, got)
		}
	}
}

var paths = choice{
	options: []string{"/", "/web", "/web/db", "/Größe", "/größer", "/x/db", "7"}, first: 1, empty: noChoice, parts: true,
}

func TestChoiceByPart(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]int{"/web": 1, "eb/": 2, "/": 0, "ÖßER": 4, "/X": 5, "3": 2, "7": 6} {
		if got, wrong := paths.index(answer); wrong != "" || got != want {
			t.Errorf("%q is %d, %s; want %d", answer, got, wrong, want)
		}
	}
	for answer, want := range map[string]string{
		"":      "answer a number from 1 to 7, a name of the list or a part of it",
		"queue": "no name has that in it",
		"db":    "   3  /web/db\n   6  /x/db\nwhich of these?",
		"größ":  "   4  /Größe\n   5  /größer\nwhich of these?",
	} {
		if got, wrong := paths.index(answer); wrong != want {
			t.Errorf("%q is %d, %q; want %q", answer, got, wrong, want)
		}
	}
}

func TestChoiceComplete(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]struct {
		completed string
		names     []string
	}{
		"":     {"", paths.options},
		"/w":   {"/web", []string{"/web", "/web/db"}},
		"/web": {"/web", []string{"/web", "/web/db"}},
		"/x":   {"/x/db", []string{"/x/db"}},
		"/g":   {"/größer", []string{"/größer"}},
		"DB":   {"DB", []string{"/web/db", "/x/db"}},
		"none": {"none", nil},
	} {
		if completed, names := paths.complete(typed); completed != want.completed || !slices.Equal(names, want.names) {
			t.Errorf("%q is completed to %q, %q; want %q, %q", typed, completed, names, want.completed, want.names)
		}
	}
	umlauts := choice{options: []string{"/aä", "/aö"}}
	if completed, _ := umlauts.complete(""); completed != "/a" {
		t.Errorf("a part of a character is completed: %q", completed)
	}
	exact := choice{options: []string{"web", "db"}}
	if completed, names := exact.complete("b"); completed != "b" || names != nil {
		t.Errorf("where a part will not do, it is completed: %q, %q", completed, names)
	}
}

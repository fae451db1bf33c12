package console

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"deployer/journal"
)

func TestInColumns(t *testing.T) {
	for _, tt := range []struct {
		items   string
		columns int
		want    []string
	}{
		{"a bb ccc d e f g", 18, []string{"a    ccc  e    g", "bb   d    f"}},
		{"a bb ccc d e f g", 17, []string{"a    d    g", "bb   e", "ccc  f"}},
		{"a bb ccc d e f g", 8, []string{"a    e", "bb   f", "ccc  g", "d"}},
		{"a bb ccc d e f g", 7, []string{"a", "bb", "ccc", "d", "e", "f", "g"}},
		{"a bb", 0, []string{"a", "bb"}},
		{"a bb", -3, []string{"a", "bb"}},
		{"a b", 80, []string{"a  b"}},
		{"日本 é größer x", 20, []string{"日本    größer", "é       x"}},
		{"\x1b[31mred\x1b[m x y", 80, []string{"\x1b[31mred\x1b[m\x1b[m  x    y"}},
		{"longer-than-the-terminal x", 20, []string{"longer-than-the-terminal", "x"}},
		{"a\x1b[2Jb", 20, []string{"a^[[2Jb"}},
		{"", 20, nil},
	} {
		if got := inColumns(strings.Fields(tt.items), tt.columns); !slices.Equal(got, tt.want) {
			t.Errorf("%q in %d columns: %q, want %q", tt.items, tt.columns, got, tt.want)
		}
	}
}

func TestColumns(t *testing.T) {
	items := []string{"one", "two", "three", "four"}
	for _, tt := range []struct {
		name  string
		o     Options
		where journal.Event
		lines []string
	}{
		{"alone", Options{}, journal.Event{}, []string{"  one    three", "  two    four", ""}},
		{"in a cell", Options{Prefix: true}, journal.Event{Host: "web1"},
			[]string{"web1 |   one", "web1 |   two", "web1 |   three", "web1 |   four", ""}},
		{"of several hosts", Options{Prefix: true}, journal.Event{}, []string{"  one    three", "  two    four", ""}},
		{"tree", Options{View: ViewTree}, journal.Event{Parent: 1}, []string{"/ test", "│   one    three", "│   two    four", ""}},
	} {
		p := newPaper(t, 18, 24)
		c, run := onPaper(t, p, tt.o)
		if tt.o.View == ViewTree {
			if err := run.screen.Write(journal.Event{Kind: journal.ActionStart, ID: 1, Node: "/", Action: "test"}); err != nil {
				t.Error(err)
			}
		}
		run.where = tt.where
		c.Columns(items, 2)
		p.shows(tt.lines...)
		c.Columns(nil, 2)
		p.shows(tt.lines...)
	}
}

func TestColumnsWithoutATerminal(t *testing.T) {
	var out bytes.Buffer
	c, _ := onScreen(t, NewScreen(Options{Stdout: Output{W: &out}}))
	c.Columns([]string{"one", "two"}, 1)
	if got := out.String(); got != " one\n two\n" {
		t.Errorf("printed %q", got)
	}
	From(t.Context()).Columns([]string{"nobody reads it"}, 0)
}

func TestColumnsOfAnUnknownWidth(t *testing.T) {
	var out bytes.Buffer
	c, _ := onScreen(t, NewScreen(Options{Stdout: Output{W: &out, Terminal: true}}))
	c.Columns(slices.Repeat([]string{"12345678"}, 9), 0)
	if got, want := out.String(), strings.Repeat("12345678  ", 4)+"12345678\n"+strings.Repeat("12345678  ", 3)+"12345678\n"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

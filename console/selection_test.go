package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/pty"
)

// spot is a node of a test.
type spot struct {
	path      string
	slug      string
	address   string
	cells     []*spot
	isolation error
}

func (s *spot) Path() string { return s.path }

func (s *spot) Isolations() ([]*spot, error) {
	if s.cells == nil {
		return []*spot{s}, s.isolation
	}
	return s.cells, s.isolation
}

func (s *spot) CellSlugs() []string     { return strings.Fields(s.slug) }
func (s *spot) CellAddresses() []string { return strings.Fields(s.address) }

var (
	errNoCells = errors.New("just_one needs exactly one")

	web1  = &spot{path: "/web[web1]", slug: "web1", address: "10.0.0.1"}
	web10 = &spot{path: "/web[web10]", slug: "web10", address: "10.0.0.10"}
	twice = &spot{path: "/two[a][b]", slug: "a b", address: "localhost 10.0.0.2"}
	spots = []*spot{
		{path: "/"}, {path: "/web", cells: []*spot{web1, web10}}, {path: "/web/queue"},
		{path: "/two", cells: []*spot{twice, {path: "/two[a][c]", slug: "a c", address: "a c"}}},
		{path: "/broken", isolation: errNoCells}, {path: "/empty", cells: []*spot{}},
	}
)

const pathPrompt = "path, part of it, or number: "

func TestSelectNode(t *testing.T) {
	list := "which?\n   1  /\n   2  /web\n   3  /web/queue\n   4  /two\n   5  /broken\n   6  /empty\n" + pathPrompt
	host := "choose a host\n   1  web1 (10.0.0.1)\n   2  web10 (10.0.0.10)\nnumber or name [random]: "
	for want, steps := range map[string][]string{
		"/":           {list, "/\r"},
		"/web/queue":  {list, "queue\r"},
		"/web[web1]":  {list, "/web\r", host, "web1\r"},
		"/web[web10]": {list, "x\r", "no name has that in it\n" + pathPrompt, "/we\t", "/web", "\t", "/web", "\r", host, "2\r"},
		"/two[a][b]": {list, "two\r", "choose a host\n   1  a:b (localhost:10.0.0.2)\n   2  a:c\nnumber or name [random]: ",
			"a:b\r"},
		"just_one needs exactly one":                          {list, "5\r"},
		`"choose a host": there is nothing to choose from`:    {list, "6\r"},
		`"which?": ` + ErrNoAnswer.Error():                    {list, "\x04"},
		`"choose a host": ` + ErrNoAnswer.Error():             {list, "/web\r", host, "\x04"},
		`"which?": ` + ErrNoAnswer.Error() + " (interrupted)": {list, "\x03"},
	} {
		d := newDesk(t)
		chosen, err := answers(d, func(ctx context.Context) (*spot, error) {
			return SelectNode(From(With(ctx, Setup{Run: newFakeRun(), Person: d.Person})), "which?", spots)
		}, steps...)
		got := ""
		switch {
		case err != nil && d.interrupted > 0:
			got = err.Error() + " (interrupted)"
		case err != nil:
			got = err.Error()
		default:
			got = chosen.path
		}
		if got != want {
			t.Errorf("got %s, want %s; shown was\n%s", got, want, d.text())
		}
	}
}

// A long list is shown in part, also by Tab, and everything fits a terminal of 20 columns.
func TestSelectAmongMany(t *testing.T) {
	d := newDesk(t)
	if err := pty.Resize(d.keyboard, pty.Size{Rows: 24, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	var many []*spot
	for i := range 1000 {
		many = append(many, &spot{path: fmt.Sprintf("/日本%d", i)})
	}
	chosen, err := answers(d, func(ctx context.Context) (*spot, error) {
		return SelectNode(From(With(ctx, Setup{Run: newFakeRun(), Person: d.Person})), "which?", many)
	}, "  20  /日本19\n      and 980 more: type a part of the name\n"+pathPrompt, "\t",
		pathPrompt+"/日本", "9\t",
		"/日本908  /日本928\n… and 71 more\n"+pathPrompt+"/日本9", "\x15日本99\r",
		" 998  /日本997\n 999  /日本998\n1000  /日本999\nwhich of these?\n"+pathPrompt, "本998\r")
	if err != nil || chosen.path != "/日本998" {
		t.Errorf("got %v, %v; shown was\n%s", chosen, err, d.text())
	}
}

func TestSelectWithNobodyThere(t *testing.T) {
	run := newFakeRun()
	c := From(With(t.Context(), Setup{Run: run}))
	if _, err := SelectNode(c, "which?", spots); !errors.Is(err, ErrNobody) {
		t.Errorf("among several: %v", err)
	}
	if got, err := SelectNode(c, "which?", spots[:1]); err != nil || got.path != "/" {
		t.Errorf("a single one: %v, %v", got, err)
	}
	if _, err := SelectNode[*spot](c, "which?", nil); err == nil || err.Error() != `"which?": there is nothing to choose from` {
		t.Errorf("among none: %v", err)
	}
	if got, err := SelectIsolation(c, spots[1]); err != nil || got != web1 && got != web10 {
		t.Errorf("a cell: %v, %v", got, err)
	}
	if want := []string{"message: choose a host: random (nobody is asked)"}; !slices.Equal(run.log, want) {
		t.Errorf("the log is %q, want %q", run.log, want)
	}
}

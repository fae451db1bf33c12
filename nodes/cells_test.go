package nodes

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
)

// testMatrix is a tree with cells of two dimensions, and one below a cell: /grid/inner over a1, a2 and b1, b2.
func testMatrix(t *testing.T) *Place {
	t.Helper()
	template := func(kind Kind, d Definition) *Template {
		made, problems := NewTemplate(kind, d)
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		return made
	}
	nested := func(of *Template, d Definition) *Template {
		made, problems := of.Nested(KindArray, d)
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		return made
	}
	roles := func(slugs ...string) *HostsDef {
		def := &HostsDef{Roles: []hosts.Role{{Name: HostRole}}}
		for _, slug := range slugs {
			h, err := hosts.NewLocal(hosts.LocalOptions{Slug: slug})
			if err != nil {
				t.Fatal(err)
			}
			def.Roles[0].Hosts = append(def.Roles[0].Hosts, h)
		}
		return def
	}
	inner := nested(template(KindParallel, Definition{}), Definition{Hosts: roles("b1", "b.2")})
	middle := template(KindNormal, Definition{Members: []Member{{Name: "inner", Child: inner}, {Name: "inner.x", Child: template(KindNormal, Definition{})}}})
	grid := nested(template(KindParallel, Definition{Members: []Member{{Name: "middle", Child: middle}}}), Definition{Hosts: roles("a1", "a]2")})
	return (&Tree{Template: template(KindNormal, Definition{Members: []Member{{Name: "grid", Child: grid}}})}).Root()
}

func at(t *testing.T, n *Place, path string) *Place {
	t.Helper()
	p, err := ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	n, err = Resolve(p, n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestPathsOfNodesLeadBack(t *testing.T) {
	root := testMatrix(t)
	var seen []string
	var visit func(*Place)
	visit = func(n *Place) {
		seen = append(seen, n.Path())
		if got := at(t, at(t, root, "grid"), n.Path()); got.Path() != n.Path() || got.Isolated() != n.Isolated() {
			t.Errorf("%s leads to %s", n.Path(), got.Path())
		}
		for _, name := range n.Steps() {
			child, err := n.Step(name)
			if err != nil {
				t.Fatal(err)
			}
			visit(child)
		}
		for i := range n.Cells() {
			cell, err := n.Cell(i)
			if err != nil {
				t.Fatal(err)
			}
			visit(cell)
		}
	}
	visit(root)
	for _, want := range []string{"/", "/grid/middle/'inner'", "/grid[a1]", "/grid:'a]2'/middle/'inner'[b.2]", "/grid[a1]/middle/'inner.x'"} {
		if !slices.Contains(seen, want) {
			t.Errorf("%s is not among %q", want, seen)
		}
	}
}

func TestResultsOfCells(t *testing.T) {
	session := hosts.NewSession(hosts.Options{})
	defer session.Close()
	run := NewRun(Options{Session: session})
	root := testMatrix(t)
	inner := run.Env(at(t, root, "grid/middle/'inner'"))
	cells, err := inner.Cells()
	if err != nil {
		t.Fatal(err)
	}
	handle := session.Handle(cells[0].Place().CellHost())
	r := &ParallelResult{Cells: cells, Values: []any{"one", nil, "two\nlines\n", int64(4)}, Errors: make([]error, 4)}
	failed := &ParallelResult{Cells: cells, Values: []any{[]byte("raw"), []byte("a\n\xff"), handle, "x"}, Errors: []error{nil, nil, nil, errors.New("x")}}
	for _, tt := range []struct {
		result     any
		text, json string
	}{
		{r, "a1:b1\tone\na]2:b1\t\"two\\nlines\\n\"\na]2:b.2\t4\n", `{"a1:b1":"one","a1:b.2":null,"a]2:b1":"two\nlines\n","a]2:b.2":4}`},
		{*r, "a1:b1\tone\na]2:b1\t\"two\\nlines\\n\"\na]2:b.2\t4\n", `{"a1:b1":"one","a1:b.2":null,"a]2:b1":"two\nlines\n","a]2:b.2":4}`},
		{failed, "a1:b1\traw\na1:b.2\t{\"base64\":\"YQr/\"}\na]2:b1\tb1\n", `{"a1:b1":"raw","a1:b.2":{"base64":"YQr/"},"a]2:b1":"b1"}`},
		{&ParallelResult{}, "", "{}"},
		{handle, "b1\n", `"b1"`},
		{handle.Host(), "b1\n", `"b1"`},
		{cells[3], "/grid:'a]2'/middle/'inner'[b.2]\n", `"/grid:'a]2'/middle/'inner'[b.2]"`},
		{root, "/\n", `"/"`},
		{[]any{handle, root}, `["b1","/"]` + "\n", `["b1","/"]`},
		{Dict{{handle, root}}, `{"b1":"/"}` + "\n", `{"b1":"/"}`},
	} {
		text, err := FormatResult(tt.result)
		if err != nil || text != tt.text {
			t.Errorf("%T as text: got %q, error %v, want %q", tt.result, text, err, tt.text)
		}
		raw, err := JSONResult(tt.result)
		if err != nil || string(raw) != tt.json {
			t.Errorf("%T as JSON: got %s, error %v, want %s", tt.result, raw, err, tt.json)
		}
	}
	bad := &ParallelResult{Cells: cells[:1], Values: []any{make(chan int)}}
	if _, err := FormatResult(bad); err == nil || err.Error() != "a1:b1: a result of the type chan int cannot be shown: return a string, a number, a list or a dict" {
		t.Errorf("got the error %v, want one that names the cell", err)
	}
	if _, err := FormatFolded(bad, func([]string) string { return "" }); err == nil {
		t.Error("a value that cannot be shown is folded")
	}
	equal := &ParallelResult{Cells: cells, Values: []any{"one", "two", nil, "two"}, Errors: make([]error, 4)}
	for _, tt := range []struct {
		result any
		want   string
	}{
		{equal, "a1:b.2+a]2:b.2\ttwo\na1:b1\tone\n"},
		{*equal, "a1:b.2+a]2:b.2\ttwo\na1:b1\tone\n"},
		{r, "a1:b1\tone\na]2:b1\t\"two\\nlines\\n\"\na]2:b.2\t4\n"},
		{&ParallelResult{}, ""},
		{"text", "text\n"},
		{nil, ""},
	} {
		got, err := FormatFolded(tt.result, func(slugs []string) string { return strings.Join(slugs, "+") })
		if err != nil || got != tt.want {
			t.Errorf("%v folded: got %q, error %v, want %q", tt.result, got, err, tt.want)
		}
	}
}

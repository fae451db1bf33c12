package nodes

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// testSpot is a place of a test tree: children by name, cells by slug.
type testSpot struct {
	path     string
	parent   *testSpot
	names    []string
	children []*testSpot
	slugs    []string
	cells    []*testSpot
}

func (s *testSpot) Path() string                  { return s.path }
func (s *testSpot) Up() (*testSpot, bool)         { return s.parent, s.parent != nil }
func (s *testSpot) Steps() []string               { return s.names }
func (s *testSpot) Cells() []string               { return s.slugs }
func (s *testSpot) Cell(i int) (*testSpot, error) { return s.cells[i], nil }
func (s *testSpot) Step(n string) (*testSpot, error) {
	for i, name := range s.names {
		if name == n {
			return s.children[i], nil
		}
	}
	return nil, errors.New("asked for a step that is not there")
}

// add grows a tree; the path of a testSpot is printed as that of a node.
func (s *testSpot) add(names ...string) *testSpot {
	s.names = append(s.names, names...)
	for range names {
		s.children = append(s.children, &testSpot{parent: s})
	}
	return s
}

func (s *testSpot) at(name string) *testSpot {
	child, err := s.Step(name)
	if err != nil {
		panic(err)
	}
	return child
}

func (s *testSpot) withCells(slugs ...string) *testSpot {
	s.slugs = slugs
	for range slugs {
		s.cells = append(s.cells, &testSpot{parent: s.parent})
	}
	return s
}

// name gives every testSpot its path.
func (s *testSpot) name(path string) {
	s.path = path
	prefix := path + "/"
	if path == "/" {
		prefix = "/"
	}
	for i, child := range s.children {
		child.name(prefix + FormatStep(s.names[i], s.names...))
	}
	for i, cell := range s.cells {
		cell.name(path + FormatCell(s.slugs[i]))
	}
}

func testTree() *testSpot {
	root := new(testSpot).add("staging", "production", "b", "b.c", "b/c d", "x:y", "it's", "q\"'", `x\:y`, `say "hi" \`, "ends ")
	root.at("b").add("c", "e")
	root.at("b.c").add("d")
	production := root.at("production").add("git", "matrix", "lab hub")
	production.at("git").withCells("web1", "web2", "a.b", "[v6]", "7", "0")
	matrix := production.at("matrix").withCells("m1", "m2")
	for _, cell := range matrix.cells {
		cell.withCells("n1", "n2")
	}
	root.name("/")
	return root
}

func TestResolve(t *testing.T) {
	root := testTree()
	tests := []struct{ from, path, want string }{
		{"/", "/", "/"},
		{"/production", "/", "/"},
		{"/", "production", "/production"},
		{"/", "/production/git", "/production/git"},
		{"/", "production.git", "/production/git"},
		{"/", "production git", "/production/git"},
		{"/", "  production   git  ", "/production/git"},
		{"/", "production / git", "/production/git"},
		{"/", "production/git/", "/production/git"},
		{"/production", "git", "/production/git"},
		{"/production", ".", "/production"},
		{"/production", "..", "/"},
		{"/production", "./git", "/production/git"},
		{"/production/git", "../../staging", "/staging"},
		{"/production/git", ".. matrix", "/production/matrix"},
		{"/", "production/../staging", "/staging"},
		{"/", "production/./git", "/production/git"},
		{"/", "production/git[web1]", "/production/git[web1]"},
		{"/", "production/git:web1", "/production/git[web1]"},
		{"/", "production.git.[web2]", "/production/git[web2]"},
		{"/production/git", "[web2]", "/production/git[web2]"},
		{"/production/git", ":web2", "/production/git[web2]"},
		{"/production/git", ".[web2]", "/production/git[web2]"},
		{"/production", "git[1]", "/production/git[web2]"},
		{"/production", "git:3", "/production/git:'[v6]'"},
		{"/production", "git[0]", "/production/git[0]"}, // a slug goes before a number
		{"/production", "git[7]", "/production/git[7]"},
		{"/production", "git[a.b]", "/production/git[a.b]"},
		{"/production", "git:a.b", "/production/git[a.b]"},
		{"/production", "git:'a.b'", "/production/git[a.b]"},
		{"/production", "git:'[v6]'", "/production/git:'[v6]'"},
		{"/production", "matrix[m1][n2]", "/production/matrix[m1][n2]"},
		{"/production", "matrix:m2:n1", "/production/matrix[m2][n1]"},
		{"/production", "matrix[m2]:1", "/production/matrix[m2][n2]"},
		{"/production/matrix[m1]", "[n1]", "/production/matrix[m1][n1]"},
		{"/production/git[web1]", "..", "/production"},
		// The longest name wins, unless it is taken apart by quotes.
		{"/", "b", "/'b'"},
		{"/", "b.e", "/'b'/e"},
		{"/", "b.c", "/'b.c'"},
		{"/", "b/c", "/'b'/c"},
		{"/", "b.c.d", "/'b.c'/d"},
		{"/", "'b'.c", "/'b'/c"},
		{"/", "b/c d", "/'b/c d'"},
		{"/", "'b/c d'", "/'b/c d'"},
		{"/", "x:y", "/'x:y'"},
		{"/", `"it's"`, `/'it'"'"'s'`},
		{"/", `it"'"s`, `/'it'"'"'s'`},
		{"/production", "lab hub", "/production/'lab hub'"},
		{"/production", `lab\ hub`, "/production/'lab hub'"},
		{"/", ` production/lab\ hub `, "/production/'lab hub'"},
		{"/", `b\/c\ d`, "/'b/c d'"},
		{"/", `it\'s`, `/'it'"'"'s'`},
		{"/", `\b.c`, "/'b'/c"},
		{"/", `"x\:y"`, `/'x\:y'`},
		{"/", `x\\\:y`, `/'x\:y'`},
		{"/", `"say \"hi\" \\"`, `/'say "hi" \'`},
		{"/", `ends\ `, `/'ends '`},
	}
	for _, tt := range tests {
		from := resolve(t, tt.from, root)
		if got := resolve(t, tt.path, from); got != nil && got.path != tt.want {
			t.Errorf("from %s, %q leads to %s, want %s", tt.from, tt.path, got.path, tt.want)
		}
	}
}

func resolve(t *testing.T, raw string, from *testSpot) *testSpot {
	t.Helper()
	p, err := ParsePath(raw)
	if err == nil {
		var s *testSpot
		if s, err = Resolve(p, from); err == nil {
			return s
		}
	}
	t.Errorf("%q: %v", raw, err)
	return nil
}

func TestPathErrors(t *testing.T) {
	const quote = "put names with separators in them into quotes"
	tests := []struct{ path, want string }{
		{"", "it is empty: write / for the root, or . for here"},
		{"  ", "it is empty: write / for the root, or . for here"},
		{"''", "it is empty: write / for the root, or . for here"},
		{"a..b", `empty step before ".b": ` + quote},
		{"a//b", `empty step before "/b": ` + quote},
		{"//a", `empty step before "/a": ` + quote},
		{"a./b", `empty step before "/b": ` + quote},
		{"a.", "empty step at its end: " + quote},
		{".a", `empty step before ".a": ` + quote},
		{"..a", `empty step before "..a": ` + quote},
		{"...", `empty step before "...": ` + quote},
		{"a[b", `"[b" is not closed by "]"`},
		{"a 'b", `"'b" is not closed by "'"`},
		{`a "b\"`, `"\"b\\\"" is not closed by "\""`},
		{`a\`, `it ends in a \: put the character that it is to quote after it`},
		{"a[]", "[] names no cell: put a host or a number into it"},
		{"a:", "a colon without a cell after it: put a host or a number after it"},
		{"a[b]c", `no separator before "c": put a / between steps`},
		{" x ", `there is no "x" in /: did you mean b?`},
		{"/stagin", `there is no "stagin" in /: did you mean staging?`},
		{"production/gti", `there is no "gti" in /production: did you mean git?`},
		{"production/zzzzz", `there is no "zzzzz" in /production: there is git, matrix, lab hub`},
		{"staging/x", `there is no "x" in /staging: there is nothing below it`},
		{"'b.c.d'", `there is no "b.c.d" in /: did you mean b.c or b/c d?`},
		{"production/git[web3]", `/production/git: there is no cell "web3": did you mean web1 or web2?`},
		{"production/git[9]", `/production/git: there is no cell 9: the numbers go from 0 to 5: did you mean 7 or 0?`},
		{"production/git[-1]", `/production/git: there is no cell "-1": there is web[1-2],a.b,"[v6]",[0,7]`},
		{"production/git[web1][1]", `/production/git[web1] has no cells, so no "1": leave the cell out`},
		{"staging[web1]", `/staging has no cells, so no "web1": leave the cell out`},
		{"../staging", ".. leads above the root"},
	}
	root := testTree()
	for _, tt := range tests {
		p, err := ParsePath(tt.path)
		if err == nil {
			_, err = Resolve(p, root)
		}
		var pathError *PathError
		if !errors.As(err, &pathError) {
			t.Errorf("%q: got the error %v, want a *PathError", tt.path, err)
			continue
		}
		if got := strings.TrimPrefix(err.Error(), fmt.Sprintf("path %q: ", strings.TrimSpace(tt.path))); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.path, got, tt.want)
		}
	}
}

func TestZeroPathIsHere(t *testing.T) {
	root := testTree()
	here := root.at("production")
	if got, err := Resolve(Path{}, here); err != nil || got != here {
		t.Errorf("got %v, %v, want the place itself", got, err)
	}
}

// FuzzPathRoundTrip: whatever the names are, the printed path of a place leads to it.
func FuzzPathRoundTrip(f *testing.F) {
	f.Add("production", "git", "web1", "n1")
	f.Add("b", "b.c", "c]d", ":")
	f.Add("b", "b/c d", "'", `"`)
	f.Add("a[", "a[x]", "[x]", "]")
	f.Add(" ", "..", "0", "..")
	f.Add("it's", `it"s`, `'"`, "a:b")
	f.Add(`\`, `a\ b`, `\'`, ` \`)
	f.Fuzz(func(t *testing.T, name, other, slug, slug2 string) {
		if name == "" || other == "" || slug == "" || slug2 == "" || name == other || slug == slug2 {
			t.Skip("names are not empty and are unlike")
		}
		root := new(testSpot).add(name, other, name+"/"+other, name+other)
		root.at(name).add(other, name).withCells(slug, slug2)
		root.at(name).cells[1].withCells(slug2, slug, slug+"."+slug2).add(name)
		root.name("/")
		everySpot(root, func(s *testSpot) {
			p, err := ParsePath(s.path)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := Resolve(p, root.children[0]); err != nil || got != s {
				t.Errorf("%q does not lead back: got %v, error %v", s.path, got, err)
			}
		})
	})
}

func everySpot(s *testSpot, do func(*testSpot)) {
	do(s)
	for _, below := range s.children {
		everySpot(below, do)
	}
	for _, cell := range s.cells {
		everySpot(cell, do)
	}
}

// FuzzParsePath: reading any text ends, and what can be read can be resolved or refused.
func FuzzParsePath(f *testing.F) {
	for _, s := range []string{"/", "a..b", "../x", "a[b]:c", "'a'.b", `a"b`, "production/git[1]", ". .. ./.."} {
		f.Add(s)
	}
	root := testTree()
	f.Fuzz(func(t *testing.T, raw string) {
		p, err := ParsePath(raw)
		if err != nil {
			return
		}
		s, err := Resolve(p, root.at("production"))
		if err != nil {
			return
		}
		again, err := ParsePath(s.path)
		if err != nil {
			t.Fatalf("%q leads to %q, which cannot be read: %v", raw, s.path, err)
		}
		if back, err := Resolve(again, root); err != nil || back != s {
			t.Errorf("%q leads to %q, which leads elsewhere: %v", raw, s.path, err)
		}
	})
}

package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"deployer/hosts"
	"deployer/nodes"
)

// Depot is a node as a library has it, for others to derive from.
type Depot struct {
	nodes.Node
	Owner  string `deploy:"required" doc:"who looks after it"`
	Size   int
	Wait   time.Duration
	Tags   []string
	Extra  any
	Shelf  Shelf
	Copy   *Shelf
	Spare  *Shelf // none unless a tree sets it
	Racks  nodes.Array[Shelf]
	Single nodes.JustOne[Shelf] `roles:"one"`
}

// Shelf is a part of it.
type Shelf struct {
	nodes.Node
	Label string `deploy:"required"`
	Slots uint8
}

// Read tells what the struct holds.
func (d *Depot) Read(context.Context) string {
	return fmt.Sprint(d.Owner, " ", d.Size, " ", d.Wait, " ", d.Tags, " ", d.Extra, " ", d.Shelf.Label, d.Shelf.Slots,
		" ", d.Copy.Label, " ", d.Spare != nil)
}

// Doubled is twice the size.
func (d *Depot) Doubled() int { return 2 * d.Size }

// Labels asks all racks, each in its cell.
func (d *Depot) Labels(ctx context.Context) ([]string, error) {
	return nodes.Collect(ctx, &d.Racks, func(ctx context.Context, s *Shelf) (string, error) { return s.Tell(ctx) })
}

// First asks one rack.
func (d *Depot) First(ctx context.Context) (label string, err error) {
	err = d.Racks.At(ctx, 0, func(ctx context.Context, s *Shelf) (err error) {
		label, err = s.Tell(ctx)
		return err
	})
	return label, err
}

// Below uses its children as Go does.
func (d *Depot) Below(ctx context.Context) (string, error) { return d.Shelf.Tell(ctx) }

// One uses the only one.
func (d *Depot) One(ctx context.Context) (string, error) { return d.Single.Cell.Tell(ctx) }

// Virtual calls an action as the tree has it.
func (d *Depot) Virtual(ctx context.Context) (any, error) { return nodes.Call(ctx, &d.Shelf, "tell") }

// Tell tells what the shelf holds, where, and whose it is.
func (s *Shelf) Tell(ctx context.Context) (string, error) {
	host := s.Host(ctx)
	if _, err := host.Handle(); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s %d on %s of %s", s.Label, s.Slots, host.Slug(), nodes.Parent[*Depot](s).Owner), nil
}

func depot(t testing.TB) *nodes.Template {
	t.Helper()
	made, err := nodes.TemplateOf(&Depot{
		Size: 1, Tags: []string{"a"}, Shelf: Shelf{Label: "shelf"}, Copy: &Shelf{Label: "copy"},
		Racks:  nodes.Array[Shelf]{Cell: Shelf{Label: "rack"}},
		Single: nodes.JustOne[Shelf]{Cell: Shelf{Label: "one"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// derived derives a template, as a script would at a place.
func derived(t testing.TB, from *nodes.Template, d nodes.Definition) *nodes.Template {
	t.Helper()
	made, problems := from.Derive(d)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return made
}

func query(text string) *nodes.Query {
	q := nodes.Q(text)
	return &q
}

// depotRun is a tree with two nodes of one template, and another that differs, in a run.
func depotRun(t testing.TB) (context.Context, *nodes.Env) {
	t.Helper()
	base := derived(t, depot(t), nodes.Definition{Members: []nodes.Member{{Name: "owner", Query: query("name_of.owner")}}})
	above := func(owner string, members ...nodes.Member) *nodes.Template {
		made, problems := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Members: append([]nodes.Member{
			{Name: "owner", Constant: owner},
			{Name: "depot", Child: derived(t, base, nodes.Definition{Members: []nodes.Member{{Name: "owner", Query: query("parent.owner")}}})},
		}, members...)})
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return made
	}
	other := derived(t, base, nodes.Definition{
		Members: []nodes.Member{
			{Name: "owner", Property: &nodes.Property{Eval: func(context.Context, *nodes.Env) (any, error) { return "eve", nil }}},
			{Name: "size", Query: query("3 * 7")}, {Name: "wait", Constant: "90s"}, {Name: "tags", Constant: []any{"x", "y"}},
			{Name: "extra", Constant: int64(5)}, {Name: "added", Query: query("doubled + 1")},
			{Name: "spare", Child: derived(t, depot(t).Member("shelf").Child, nodes.Definition{})},
		},
		Inside: []*nodes.Inside{
			{Step: "shelf", Definition: nodes.Definition{Members: []nodes.Member{
				{Name: "label", Query: query("'of ' + parent.owner")}, {Name: "slots", Constant: int64(9)}}}},
			{Step: "copy", Definition: nodes.Definition{Members: []nodes.Member{{Name: "label", Constant: "other"}}}},
			{Step: "racks", Definition: nodes.Definition{Members: []nodes.Member{{Name: "label", Query: query("'rack of ' + host.slug")}}}},
		},
	})
	role := []hosts.Role{nodes.Role("host", local("m1"), local("m2")), nodes.Role("one", local("m2"))}
	template := above("adam")
	root, problems := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Members: []nodes.Member{
		{Name: "a", Child: template}, {Name: "b", Child: above("berta", nodes.Member{Name: "other", Child: other})},
		{Name: "c", Child: template},
	}, Hosts: &nodes.HostsDef{Roles: role}})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, _ := session(t)
	return t.Context(), nodes.NewRun(nodes.Options{Session: s}).Env((&nodes.Tree{Template: root}).Root())
}

func at(t testing.TB, env *nodes.Env, path string) *nodes.Env {
	t.Helper()
	for name := range strings.SplitSeq(path, "/") {
		next, err := env.Child(name)
		if err != nil {
			t.Fatal(err)
		}
		env = next
	}
	return env
}

// TestDerivedFromGo runs methods of Go at places whose values no struct of the program holds.
func TestDerivedFromGo(t *testing.T) {
	ctx, root := depotRun(t)
	for _, tt := range []struct{ node, action, want string }{
		{"a/depot", "read", "adam 1 0s [a] <nil> shelf0 copy false"},
		{"c/depot", "read", "adam 1 0s [a] <nil> shelf0 copy false"},
		{"b/depot", "read", "berta 1 0s [a] <nil> shelf0 copy false"},
		{"b/other", "read", "eve 21 1m30s [x y] 5 of eve9 other true"},
		{"b/other/single", "tell", "one 0 on m2 of eve"},
		{"b/other", "one", "one 0 on m2 of eve"},
		{"b/other", "labels", `["rack of m1 0 on m1 of eve","rack of m2 0 on m2 of eve"]`},
		{"b/other", "first", "rack of m1 0 on m1 of eve"},
		{"b/other/racks", "tell", "m1\track of m1 0 on m1 of eve\nm2\track of m2 0 on m2 of eve"},
		{"b/depot/racks", "tell", "m1\track 0 on m1 of berta\nm2\track 0 on m2 of berta"},
		{"b/other", "below", "/b/other below: /b/other/shelf has 2 hosts, and here exactly one is needed: use all its hosts, or go into a cell of an array"},
		{"b/other", "virtual", "/b/other/shelf tell: /b/other/shelf has 2 hosts, and here exactly one is needed: use all its hosts, or go into a cell of an array"},
	} {
		value, err := at(t, root, tt.node).Call(ctx, tt.action, nodes.Args{})
		got, formatErr := nodes.FormatResult(value)
		if err != nil {
			got = err.Error()
		}
		if strings.TrimSuffix(got, "\n") != tt.want || formatErr != nil {
			t.Errorf("%s %s: got %q, error %v, want %q", tt.node, tt.action, got, formatErr, tt.want)
		}
	}
	if v, err := at(t, root, "b/other").Attr(ctx, "added"); v != int64(43) || err != nil {
		t.Errorf("a query of a property of Go: got %v, error %v", v, err)
	}
}

// TestFaultsOfDerived wants the errors of values that only show when they are read, with their place.
func TestFaultsOfDerived(t *testing.T) {
	at := nodes.Pos{File: "deploy", Line: 3, Col: 7}
	for _, tt := range []struct {
		name   string
		d      nodes.Definition
		action string
		want   string
	}{
		{"a required field", nodes.Definition{}, "read", "/d read: owner is required, and not set (deploy:3:7): who looks after it"},
		{"the type of a query", nodes.Definition{Members: []nodes.Member{
			{Name: "owner", Pos: at, Query: query("1 + 1")}}}, "read", "/d read: owner (deploy:3:7): got an int, want a string"},
		{"a query that fails", nodes.Definition{Members: []nodes.Member{
			{Name: "owner", Pos: at, Query: query("parent.nobody")}}}, "read", "/d owner: query parent.nobody"},
		{"a query that needs the struct", nodes.Definition{Members: []nodes.Member{{Name: "owner", Constant: "x"},
			{Name: "size", Pos: at, Query: query("doubled")}}}, "read", "it needs its own value"},
		{"a child that cannot be used", nodes.Definition{Members: []nodes.Member{{Name: "owner", Constant: "x"}}, Inside: []*nodes.Inside{
			{Step: "shelf", Definition: nodes.Definition{Members: []nodes.Member{{Name: "label", Query: query("2")}}}}}}, "below",
			"/d below: label: got an int, want a string"},
		{"a child that is none", nodes.Definition{Members: []nodes.Member{{Name: "owner", Constant: "x"}}, Hosts: &nodes.HostsDef{
			Roles: []hosts.Role{nodes.Role("one")}}}, "one", "/d one: /d/single has 0 hosts in its role \"host\", and just_one needs exactly one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, problems := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Members: []nodes.Member{
				{Name: "d", Pos: at, Child: derived(t, depot(t), tt.d)}}, Hosts: &nodes.HostsDef{Roles: []hosts.Role{nodes.Role("one", local("m1"))}}})
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			s, _ := session(t)
			env, err := nodes.NewRun(nodes.Options{Session: s}).Env((&nodes.Tree{Template: root}).Root()).Child("d")
			if err != nil {
				t.Fatal(err)
			}
			if _, err = env.Call(t.Context(), tt.action, nodes.Args{}); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %s", err, tt.want)
			}
			if tt.action == "below" || tt.action == "one" { // a faulty child keeps nobody else from working
				if _, err := env.Call(t.Context(), "read", nodes.Args{}); err != nil {
					t.Errorf("read: %v", err)
				}
			}
		})
	}
}

// TestUnfitMembers refuses what cannot stand in a field of a struct, where it is given.
func TestUnfitMembers(t *testing.T) {
	shelf := depot(t).Member("shelf").Child
	script, _ := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Name: "script"})
	action := &nodes.Action{Name: "x"}
	pos := nodes.Pos{File: "deploy", Line: 1, Col: 2}
	for _, tt := range []struct {
		m    nodes.Member
		want string
	}{
		{nodes.Member{Name: "owner", Constant: int64(5)}, "owner of Depot cannot be this: got an int, want a string: who looks after it"},
		{nodes.Member{Name: "owner", Constant: nil}, "owner of Depot cannot be this: got None, want a string: who looks after it"},
		{nodes.Member{Name: "owner", Action: action}, "owner of Depot is a string, not an action: give it a value, a query or a property"},
		{nodes.Member{Name: "owner", Child: script}, "owner of Depot is a string, not a node: give it a value, a query or a property"},
		{nodes.Member{Name: "ownr", Constant: "x"}, `Depot has no "ownr": did you mean owner?`},
		{nodes.Member{Name: "ownr", Query: query("1")}, `Depot has no "ownr": did you mean owner?`},
		{nodes.Member{Name: "size", Constant: 1.5}, "size of Depot cannot be this: got a float, want an int"},
		{nodes.Member{Name: "wait", Constant: int64(1)}, `wait of Depot cannot be this: got an int, want a string with a duration, such as "1m30s"`},
		{nodes.Member{Name: "wait", Constant: "soon"}, `wait of Depot cannot be this: time: invalid duration "soon"`},
		{nodes.Member{Name: "tags", Constant: []any{"a", true}}, "tags of Depot cannot be this: got a list, want a list of which each is a string"},
		{nodes.Member{Name: "shelf", Constant: "x"}, "shelf of Depot is a node: derive it from Shelf"},
		{nodes.Member{Name: "shelf", Child: script}, "shelf of Depot is a Shelf, and this is none: derive it from Shelf"},
		{nodes.Member{Name: "racks", Child: shelf}, "racks of Depot is an array, and this is a node"},
		{nodes.Member{Name: "spare", Child: depot(t)}, "spare of Depot is a Shelf, and this is none: derive it from Shelf"},
		{nodes.Member{Name: "extra", Constant: "anything"}, ""}, {nodes.Member{Name: "extra", Child: script}, ""},
		{nodes.Member{Name: "spare", Child: shelf}, ""}, {nodes.Member{Name: "read", Action: action}, ""},
		{nodes.Member{Name: "own", Constant: nil}, ""}, {nodes.Member{Name: "owner", Required: &nodes.Required{}}, ""},
	} {
		tt.m.Pos = pos
		_, problems := depot(t).Derive(nodes.Definition{Members: []nodes.Member{tt.m}})
		got := ""
		for _, p := range problems {
			got += p.Error()
			if p.Pos != pos || p.Warning {
				t.Errorf("%s: at %s, a warning: %t", tt.m.Name, p.Pos, p.Warning)
			}
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.m.Name, got, tt.want)
		}
	}
}

// Clerk has an action that only it has.
type Clerk struct {
	nodes.Node
	Maps map[string]*Shelf
}

func (c *Clerk) Helped(context.Context) {}

// Odd is neither an action nor a property.
func (c *Clerk) Odd(int) {}

func TestTemplateOfMistakes(t *testing.T) {
	_, err := nodes.TemplateOf(&Clerk{Maps: map[string]*Shelf{"a": {}}})
	want := "/: nodes_test.Clerk.Maps is a map of nodes, from which no template can be derived: make it a field for each node\n" +
		"nodes_test.Clerk.Odd: it is neither an action nor a property: let it take a context.Context first if it is meant to be an action"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestActionOfOtherStruct runs an action of one struct in a node of another.
func TestActionOfOtherStruct(t *testing.T) {
	type lone struct{ nodes.Node }
	other, err := nodes.TemplateOf(&lone{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, root := depotRun(t)
	_, err = at(t, root, "a").CallTemplate(ctx, depot(t), "read", nodes.Args{})
	if want := "/a read: /a is no node of Go"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	_, err = root.Initialize(other).CallTemplate(ctx, depot(t), "read", nodes.Args{})
	if want := "<lone> read: read is written for a nodes_test.Depot, and this node is a nodes_test.lone"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// unknownValue is a value that a sandbox does not know.
type unknownValue struct{}

func (unknownValue) Plain() (any, error) { return nil, nil }
func (unknownValue) Unknown() error      { return &nodes.UnknownError{Command: "uname"} }

func TestUnknownValueInField(t *testing.T) {
	ctx, root := depotRun(t)
	d := derived(t, depot(t), nodes.Definition{Members: []nodes.Member{{Name: "owner", Property: &nodes.Property{
		Eval: func(context.Context, *nodes.Env) (any, error) { return unknownValue{}, nil }}}}})
	_, err := root.Initialize(d).Call(ctx, "read", nodes.Args{})
	var unknown *nodes.UnknownError
	if !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

// Book is of a package that brings its text with it.
type Book struct{ nodes.Node }

// GoSource implements nodes.WithSource.
func (Book) GoSource() fs.FS {
	const text = "package nodes_test\n\n// Book is known by its text.\ntype Book struct{}\n\n// Open opens it.\nfunc (b *Book) Open() {}\n"
	return fstest.MapFS{"instance_test.go": &fstest.MapFile{Data: []byte(text)}}
}

// Open is another comment.
func (b *Book) Open(context.Context) {}

// OwnBook embeds one, but not its text.
type OwnBook struct{ Book }

// Close closes it.
func (b *OwnBook) Close(context.Context) {}

// Leaflet has no other method.
type Leaflet struct{ nodes.Node }

// GoSource implements nodes.WithSource.
func (*Leaflet) GoSource() fs.FS {
	text := []byte("package nodes_test\n\n// Leaflet is known by its text.\ntype Leaflet struct{}\n")
	return fstest.MapFS{"instance_test.go": &fstest.MapFile{Data: text}}
}

func TestEmbeddedSource(t *testing.T) {
	for _, tt := range []struct {
		of   nodes.Embedder
		want []string // documentation of the template, then of its actions
	}{
		{&Book{}, []string{"Known by its text.", "Opens it."}},
		{&OwnBook{}, []string{"", "Opens it.", ""}},
		{&Leaflet{}, []string{"Known by its text."}},
	} {
		made, err := nodes.TemplateOf(tt.of)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{made.Documentation()}
		for _, m := range made.Members() {
			got = append(got, m.Action.Documentation())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%T: got %q, want %q", tt.of, got, tt.want)
		}
	}
}

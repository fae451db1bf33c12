package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

// inspected is a tree with a child that cannot be made:
//
//	/            start, alias go
//	/_hidden     in staging
//	/_hidden/in  start
//	/bad         a just_one without hosts
//	/web         an array over w1 and w2, derived from Base
//	/web/sub     start
func inspected(t testing.TB) *nodes.Tree {
	start := &nodes.Action{Name: "start", Aliases: []string{"go"}, Params: []nodes.Param{{Name: "how", Optional: true}},
		Call: func(_ context.Context, env *nodes.Env, args nodes.Args) (any, error) {
			if env.Place().Path() == "/_hidden/in" && len(args.Positional) > 0 {
				return nil, errors.New("no way")
			}
			return "started " + env.Place().Path(), nil
		}}
	query := nodes.Q("parent.value")
	plain := template(t, nodes.Definition{Name: "Plain", Members: []nodes.Member{{Name: "start", Action: start}}})
	hidden := template(t, nodes.Definition{
		Group: &nodes.Group{Name: "staging"}, Members: []nodes.Member{{Name: "in", Child: plain}},
	})
	base, problems := nodes.NewTemplate(nodes.KindParallel, nodes.Definition{Name: "Base", Members: []nodes.Member{
		{Name: "start", Action: start}, {Name: "sub", Child: plain}, {Name: "up", Query: &query},
	}})
	web, more := base.Nested(nodes.KindArray, nodes.Definition{Name: "web"})
	none := &nodes.HostsDef{Roles: []hosts.Role{{Name: nodes.HostRole}}}
	bad, most := base.Nested(nodes.KindJustOne, nodes.Definition{Hosts: none})
	if all := slices.Concat(problems, more, most); len(all) > 0 {
		t.Fatal(all)
	}
	property := &nodes.Property{Eval: func(context.Context, *nodes.Env) (any, error) {
		panic("it is not to be evaluated")
	}}
	own := nodes.Q("web[0].up and _hidden and (bad or other) and web['w2'].sub")
	root := template(t, nodes.Definition{
		Name: "root", Default: start,
		Hosts: &nodes.HostsDef{Roles: []hosts.Role{{Name: "host", Hosts: []hosts.Host{local("w1"), local("w2")}}}},
		Members: []nodes.Member{
			{Name: "start", Action: start}, {Name: "_hidden", Child: hidden}, {Name: "bad", Child: bad},
			{Name: "web", Child: web}, {Name: "value", Property: property}, {Name: "own", Query: &own},
		},
	})
	return &nodes.Tree{Name: "test", Template: root}
}

func template(t testing.TB, d nodes.Definition) *nodes.Template {
	t.Helper()
	made, problems := nodes.NewTemplate(nodes.KindNormal, d)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return made
}

func paths(w nodes.Walk) (all []string) {
	for n, err := range w.All() {
		if err != nil {
			all = append(all, "error")
		} else {
			all = append(all, n.Path())
		}
	}
	return all
}

func TestWalk(t *testing.T) {
	root := inspected(t).Root()
	base := root.Template().Member("web").Child.Base
	for _, tt := range []struct {
		name string
		walk nodes.Walk
		want string
	}{
		{"all", root.Walk(), "/ /_hidden error /web /_hidden/in /web/sub"},
		{"", root.Walk().Filter(nodes.Public()), "/ error /web /_hidden/in /web/sub"},
		{"", root.Walk().Filter(nodes.Private()), "/_hidden error"},
		{"", root.Walk().Filter(nodes.InGroup("staging")), "/_hidden error /_hidden/in"},
		{"", root.Walk().Filter(nodes.InstanceOf(base)), "error /web"},
		{"", root.Walk().Filter(nodes.HasAction("go")), "/ error /web /_hidden/in /web/sub"},
		{"", root.Walk().Filter(nodes.HasAction("start").And(nodes.InGroup("staging").Not())), "/ error /web /web/sub"},
		{"", root.Walk().Filter(nodes.Private().Or(nodes.InstanceOf(base))), "/_hidden error /web"},
		{"", root.Walk().Filter(nodes.Public()).Filter(nodes.InGroup("staging")), "error /_hidden/in"},
		{"cell", root.Walk().PreferIsolation("w2"), "/ /_hidden error /web[w2] /_hidden/in /web[w2]/sub"},
		{"cell", root.Walk().PreferIsolation(0), "/ /_hidden error /web[w1] /_hidden/in /web[w1]/sub"},
		{"cell", root.Walk().PreferIsolation("w9"), "/ /_hidden error /_hidden/in"},
		{"below", step(t, root, "web").Walk(), "/web /web/sub"},
	} {
		if got := strings.Join(paths(tt.walk), " "); got != tt.want {
			t.Errorf("%s %+v:\n got %s\nwant %s", tt.name, tt.walk, got, tt.want)
		}
	}
	w := root.Walk()
	if got := w.Len(); got != 5 || w.Len() != 5 {
		t.Errorf("the walk has %d nodes, then %d", got, w.Len())
	}
	for n := range w.Places() {
		if n.Path() == "/_hidden" {
			break // the rest is not reached
		}
	}
}

func step(t *testing.T, n *nodes.Place, name string) *nodes.Place {
	t.Helper()
	child, err := n.Step(name)
	if err != nil {
		t.Fatal(err)
	}
	return child
}

func TestFiltersAreWritten(t *testing.T) {
	a, b := nodes.Public(), nodes.HasAction("x")
	c := nodes.InGroup("staging")
	named := template(t, nodes.Definition{Name: "T"})
	for _, tt := range []struct {
		filter nodes.Filter
		want   string
	}{
		{nodes.Filter{}, "filters.all"},
		{a.And(b).Or(c.Not()), `filters.public & filters.has_action("x") | ~filters.in_group(staging)`},
		{a.And(b.Or(c)), `filters.public & (filters.has_action("x") | filters.in_group(staging))`},
		{a.And(b).Not().And(c.Not().Not()), `~(filters.public & filters.has_action("x")) & ~~filters.in_group(staging)`},
		{nodes.Private().And(nodes.InstanceOf(named)), "filters.private & filters.instance_of(T)"},
	} {
		if got := tt.filter.String(); got != tt.want {
			t.Errorf("got %s, want %s", got, tt.want)
		}
	}
}

func TestWalkCalls(t *testing.T) {
	session := hosts.NewSession(hosts.Options{})
	defer session.Close()
	root := nodes.NewRun(nodes.Options{Session: session}).Env(inspected(t).Root())
	walk := root.Walk().Filter(nodes.HasAction("start"))
	result, err := walk.Call(t.Context(), "go", nodes.Args{})
	if err != nil {
		t.Fatal(err)
	}
	text, err := nodes.FormatResult(result)
	want := ""
	for _, path := range []string{"/", "/web[w1]", "/web[w2]", "/_hidden/in", "/web[w1]/sub", "/web[w2]/sub"} {
		want += fmt.Sprintf("%s\tstarted %[1]s\n", path)
	}
	if text != want || err != nil {
		t.Errorf("got\n%s, error %v, want\n%s", text, err, want)
	}
	if i := result.At("/web[w2]"); i != 2 {
		t.Errorf("/web[w2] is at %d", i)
	}
	result, err = walk.Call(t.Context(), "start", nodes.Args{Positional: []any{"now"}})
	if err == nil || err.Error() != "/_hidden/in start: no way" || len(result.Values) != 6 ||
		result.Values[5] != "started /web[w2]/sub" {
		t.Errorf("with a failure: got %v, error %v", result, err)
	}
	for _, tt := range []struct {
		walk nodes.Walk
		args nodes.Args
		want string
	}{
		{root.Walk(), nodes.Args{}, `/_hidden has no action "start": it has no actions`},
		{walk, nodes.Args{Positional: []any{1, 2}}, "got 2 positional arguments"},
		{inspected(t).Root().Walk(), nodes.Args{}, "a walk outside of a run"},
	} {
		if _, err := tt.walk.Call(t.Context(), "start", tt.args); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}

func TestWalkIsInterrupted(t *testing.T) {
	session := hosts.NewSession(hosts.Options{})
	defer session.Close()
	cause := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	calls := 0
	act := &nodes.Action{Name: "act", Call: func(context.Context, *nodes.Env, nodes.Args) (any, error) {
		calls++
		cancel(cause)
		return nil, nil
	}}
	child := template(t, nodes.Definition{Members: []nodes.Member{{Name: "act", Action: act}}})
	members := []nodes.Member{{Name: "act", Action: act}, {Name: "a", Child: child}}
	tree := &nodes.Tree{Template: template(t, nodes.Definition{Members: members})}
	_, err := nodes.NewRun(nodes.Options{Session: session}).Env(tree.Root()).Walk().Call(ctx, "act", nodes.Args{})
	if !errors.Is(err, cause) || calls != 1 {
		t.Errorf("got %v after %d calls", err, calls)
	}
}

func TestInspect(t *testing.T) {
	root := inspected(t).Root()
	in := step(t, step(t, root, "_hidden"), "in")
	if got := strings.Join(in.Names(), "/") + " " + in.FullName() + " " + in.Root().Path(); got != "root/_hidden/in root._hidden.in /" {
		t.Errorf("got %s", got)
	}
	var children []string
	for _, c := range root.Children() {
		children = append(children, fmt.Sprint(c.Name, " ", c.Place != nil, " ", c.Err != nil))
	}
	if want := []string{"_hidden true false", "bad false true", "web true false"}; !slices.Equal(children, want) {
		t.Errorf("children: %q, want %q", children, want)
	}
	var actions []string
	for _, a := range root.Actions() {
		actions = append(actions, a.Name+" of "+a.Action.Name)
	}
	if want := []string{"start of start", "go of start"}; !slices.Equal(actions, want) {
		t.Errorf("actions: %q, want %q", actions, want)
	}
	p, q := root.Properties(), root.Queries()
	if len(p) != 1 || p[0].Name != "value" || len(q) != 1 || q[0].Name != "own" {
		t.Errorf("properties %v, queries %v", p, q)
	}
	if !root.IsCallable() || in.IsCallable() || root.Member("go").Name != "start" || root.Member("x") != nil {
		t.Error("default action, or member")
	}
	if line := in.Line(); len(line) != 3 || line[1].Path() != "/_hidden" {
		t.Errorf("the line is %v", line)
	}
}

func TestReferences(t *testing.T) {
	tree := inspected(t)
	var got []string
	for _, r := range tree.References() {
		got = append(got, fmt.Sprintf("%s %s: %s %s", r.From.Path(), r.Name, r.To.Path(), r.Attr))
	}
	want := []string{
		"/ own: /web up", "/ own: /_hidden ", "/ own: /web/sub ", "/web up: / value",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	cell, err := step(t, tree.Root(), "web").CellOf("w2")
	if err != nil {
		t.Fatal(err)
	}
	if at := cell.References(); len(at) != 1 || at[0].Attr != "up" || at[0].Query.String() == "" {
		t.Errorf("at a cell: %v", at)
	}
}

// TestInspectStructs inspects a tree of structs, which nothing tells from one of a script.
func TestInspectStructs(t *testing.T) {
	shop := newShop()
	if _, err := nodes.Inspect(shop); err == nil {
		t.Error("a struct that is not bound was inspected")
	}
	if _, err := nodes.Bind(shop); err != nil {
		t.Fatal(err)
	}
	n, err := nodes.Inspect(&shop.Web.Cell)
	if err != nil || n.Path() != "/web" || len(n.Queries()) != 2 || len(n.Actions()) != 1 {
		t.Fatalf("got %v, error %v", n, err)
	}
	root := n.Root()
	if got := paths(root.Walk().Filter(nodes.OfType[*Front]())); !slices.Equal(got, []string{"/web"}) {
		t.Errorf("of the type Front are %q", got)
	}
	type greeter interface {
		Greet(context.Context, string, int) string
	}
	if got := paths(root.Walk().Filter(nodes.OfType[greeter]())); len(got) != 1 {
		t.Errorf("of an interface are %q", got)
	}
	if got := len(n.References()); got != 6 {
		t.Errorf("%d references point at the web servers: %v", got, n.References())
	}
}

// BenchmarkWalk goes over 100,000 nodes.
func BenchmarkWalk(b *testing.B) {
	tree := largeTree(b)
	b.ReportAllocs()
	for b.Loop() {
		if n := tree.Root().Walk().Filter(nodes.HasAction("start").And(nodes.Public())).Len(); n != 100_000 {
			b.Fatal(n)
		}
	}
}

// BenchmarkReferences finds what the queries of 100,000 nodes point at.
func BenchmarkReferences(b *testing.B) {
	tree := largeTree(b)
	for b.Loop() {
		if n := len(tree.References()); n != 100_000 {
			b.Fatal(n)
		}
	}
}

// largeTree is a tree of 100,000 nodes below the root's children, each with an action and a query; half are arrays.
func largeTree(b *testing.B) *nodes.Tree {
	start := &nodes.Action{Name: "start"}
	query := nodes.Q("parent.parent.value")
	leaf := nodes.Definition{Members: []nodes.Member{{Name: "start", Action: start}, {Name: "q", Query: &query}}}
	parallel, _ := nodes.NewTemplate(nodes.KindParallel, leaf)
	array, _ := parallel.Nested(nodes.KindArray, nodes.Definition{})
	var services []nodes.Member
	for i := range 100 {
		child := template(b, leaf)
		if i%2 == 0 {
			child = array
		}
		services = append(services, nodes.Member{Name: fmt.Sprint("service", i), Child: child})
	}
	var sites []nodes.Member
	for i := range 1000 {
		site := template(b, nodes.Definition{Members: services})
		sites = append(sites, nodes.Member{Name: fmt.Sprint("site", i), Child: site})
	}
	roles := []hosts.Role{nodes.Role("web", local("w1"), local("w2")), nodes.Role("db", local("db"))}
	return &nodes.Tree{Template: template(b, nodes.Definition{
		Members: append(sites, nodes.Member{Name: "value", Constant: 1}), Hosts: &nodes.HostsDef{Roles: roles},
	})}
}

func TestGroupsOfStructs(t *testing.T) {
	for group, want := range map[nodes.Group]string{
		{Name: "mine", Color: "blue"}:   "",
		{Name: "mine"}:                  "",
		{Name: "mine", Color: "purple"}: `the group mine has the colour "purple": it can be grey, red, green`,
		{Color: "red"}:                  "the group has no name",
	} {
		shop := newShop()
		shop.Group = &group
		_, err := nodes.Bind(shop)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v: got %v, want %s", group, err, want)
		}
	}
}

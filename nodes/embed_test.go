package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Base is what others are derived from.
type Base struct {
	nodes.Node `group:"beta" doc:"derived"`
	Limits
	Name string
	Port int
}

// Limits are fields of whatever embeds them.
type Limits struct{ Max int }

// Start starts what it is.
func (b *Base) Start(context.Context) string { return "base starts " + b.Name }

// Stop stops it.
func (b Base) Stop(context.Context) string { return "base stops " + b.Name }

func (*Base) Actions() nodes.Actions {
	return nodes.Actions{"Start": {Alias: []string{"up", "go.on"}}, "Stop": {Private: true}}
}

// Derived is a Base, with a port of its own kind and another way to start.
type Derived struct {
	Base
	Port string
}

func (d *Derived) Actions() nodes.Actions {
	all := d.Base.Actions()
	all["Reload"] = nodes.ActionOptions{Name: "re.load", Isolate: nodes.IsolateOne}
	return all
}

// Start starts it twice.
func (d *Derived) Start(ctx context.Context) string { return d.Base.Start(ctx) + " twice" }

// Reload reloads it.
func (d *Derived) Reload(context.Context) {}

// Starter is what can be started.
type Starter interface {
	Start(ctx context.Context) string
}

// Generic is a node of any other.
type Generic[T any] struct {
	nodes.Node
	Of T
}

// Show shows what it is of.
func (g *Generic[T]) Show(context.Context) T { return g.Of }

// Family has children of all kinds.
type Family struct {
	nodes.Node
	Derived  Derived
	Either   Starter
	Nothing  Starter
	Any      any `doc:"what it may be"`
	Generic  Generic[int]
	Pointer  *nodes.Array[Derived]
	Absent   *Derived
	Empty    map[string]*Derived
	Skipped  Derived             `deploy:"-"`
	Private  Derived             `deploy:"private"`
	Services map[string]*Derived `roles:"web"`
}

func newFamily() *Family {
	named := func(name string) Derived { return Derived{Base: Base{Name: name}} }
	one, two := named("one"), named("two")
	return &Family{
		Node:    nodes.Node{Roles: nodes.Roles{nodes.Role("web", local("web1"), local("web2")), nodes.Role("db", local("db1"))}},
		Derived: named("derived"), Either: &one, Any: 7, Generic: Generic[int]{Of: 8}, Pointer: &nodes.Array[Derived]{Cell: two},
		Services: map[string]*Derived{"http.d": {Base: Base{Name: "http", Node: nodes.Node{Map: []nodes.RoleMap{{Role: "x", From: []string{"web"}}}}}}},
	}
}

func familyRun(t *testing.T) (context.Context, *Family, *nodes.Tree) {
	family := newFamily()
	s, _ := session(t)
	ctx, err := nodes.NewContext(t.Context(), family, nodes.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := nodes.Bind(family)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, family, tree
}

func memberNames(of *nodes.Template) string {
	var names []string
	for _, m := range of.Members() {
		names = append(names, m.Name)
	}
	return strings.Join(names, " ")
}

func TestKindsOfChildren(t *testing.T) {
	ctx, family, tree := familyRun(t)
	for _, tt := range []struct {
		of   *nodes.Template
		want string
	}{
		{tree.Template, "derived either nothing any generic pointer _private services"},
		{tree.Template.Member("derived").Child, "max name port _stop start re.load"},
		{tree.Template.Member("services").Child, "http.d"},
	} {
		if got := memberNames(tt.of); got != tt.want {
			t.Errorf("the members of %s are %s, want %s", tt.of.Name, got, tt.want)
		}
	}
	derived := tree.Template.Member("derived").Child
	if derived.Group.Name != "beta" || derived.Documentation() != "derived" || tree.Template.Member("any").Constant != 7 {
		t.Errorf("the child has the group %v and the text %q", derived.Group, derived.Documentation())
	}
	if got := derived.Member("_stop").Action.Documentation(); got != "Stops it." {
		t.Errorf("a method that is promoted has the text %q", got)
	}
	generic := tree.Template.Member("generic").Child
	if got := generic.Documentation() + " " + generic.Member("show").Action.Documentation(); got != "A node of any other. Shows what it is of." {
		t.Errorf("a generic type has the text %q", got)
	}
	for _, action := range []string{"start", "up", "go.on"} {
		if got, err := nodes.Call(ctx, &family.Derived, action); got != "base starts derived twice" || err != nil {
			t.Errorf("%s: got %v, error %v", action, got, err)
		}
	}
	if got, err := nodes.Call(ctx, &family.Derived, "_stop"); got != "base stops derived" || err != nil {
		t.Errorf("got %v, error %v", got, err)
	}
	if got, err := nodes.Call(ctx, &family.Pointer.Cell, "re.load"); got != nil || err != nil {
		t.Errorf("got %v, error %v", got, err)
	}
}

func TestRolesOfStructs(t *testing.T) {
	ctx, family, _ := familyRun(t)
	env, err := nodes.EnvOf(ctx, family.Services["http.d"])
	if err != nil {
		t.Fatal(err)
	}
	// The tag of the map fills the role host of the node between, which has no role web.
	if got := fmt.Sprintln(env.Place().Path(), env.Hosts().Roles(), env.Hosts().Len()); got != "/services/'http.d' [x] 0\n" {
		t.Errorf("got %s", got)
	}
	if got := family.Pointer.Cell.Hosts(ctx).Slugs(); !slices.Equal(got, []string{"web1", "web2", "db1"}) {
		t.Errorf("an array without a tag has the hosts %q", got)
	}
}

// Machine is a root with cells.
type Machine struct {
	nodes.Node `deploy:"parallel"`
	Disk       Disk
}

// Disk is a part of each.
type Disk struct{ nodes.Node }

// Usage tells how full it is.
func (d *Disk) Usage(ctx context.Context) (string, error) { return d.Host(ctx).Output("echo full") }

func TestParallelRoot(t *testing.T) {
	root := &Machine{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("host", local("a"), local("b"))}}}
	s, _ := session(t)
	ctx, err := nodes.NewContext(t.Context(), root, nodes.Options{Session: s})
	if err != nil {
		t.Fatal(err)
	}
	value, err := nodes.Call(ctx, &root.Disk, "usage")
	if got, formatErr := nodes.FormatResult(value); got != "a\tfull\nb\tfull\n" || err != nil || formatErr != nil {
		t.Errorf("got %q, errors %v, %v", got, err, formatErr)
	}
}

// TestHostsOfActions runs commands by all means that an action has.
func TestHostsOfActions(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	web1 := site.Hosts(ctx).All()[0]
	for name, tt := range map[string]struct {
		on   nodes.Host
		want string
	}{
		"directory": {web1.Cd("/").Cd("tmp"), "/tmp  []"},
		"variable":  {web1.Cd("/").Env("X", "a b"), "/ a b []"},
		"prefix":    {web1.Cd("/").Prefix("X=y").Reads(), "/ y []"},
		"options":   {web1.Cd("/").With(hosts.RunOptions{Input: "in"}), "/  [in]"},
	} {
		if got, err := tt.on.Output(`echo "$PWD $X [$(cat)]"`); got != tt.want || err != nil {
			t.Errorf("%s: got %q, error %v, want %q", name, got, err, tt.want)
		}
	}
	var failed *hosts.Error
	if err := web1.Run("exit 3"); !errors.As(err, &failed) || failed.Exit.Status != 3 {
		t.Errorf("got %v", err)
	}
	if out, err := web1.With(hosts.RunOptions{IgnoreStatus: true}).Result("echo x; exit 3"); err != nil || out.Exit.Status != 3 {
		t.Errorf("got %v, error %v", out, err)
	}
	all := site.Hosts(ctx).Cd("/").Env("X", "y").Prefix("true").Reads()
	if got, err := all.Filter("db", "none").Output("echo $PWD $X"); !slices.Equal(got, []string{"/ y"}) || err != nil {
		t.Errorf("got %q, error %v", got, err)
	}
	if set, err := all.Set(); set.Len() != 3 || all.Len() != 3 || err != nil {
		t.Errorf("there are %d hosts, error %v", all.Len(), err)
	}
	got, err := all.Output(`test "$X" = y && exit 4`)
	if len(hosts.Errors(err)) != 3 || !slices.Equal(got, []string{"", "", ""}) {
		t.Errorf("got %q, error %v", got, err)
	}
	if results, err := all.With(hosts.RunOptions{IgnoreStatus: true}).Results("exit 4"); len(results) != 3 || err != nil {
		t.Errorf("got %v, error %v", results, err)
	}
}

// TestSudoOfHosts looks at what would be run.
func TestSudoOfHosts(t *testing.T) {
	ctx, site, events := siteRun(t, nodes.Options{Sandbox: true})
	web1 := site.Hosts(ctx).Filter("db").All()[0]
	for _, err := range []error{
		web1.Sudo().Run("true"), web1.As("www").Run("true"), site.Hosts(ctx).Filter("db").Sudo().Run("true"),
		site.Hosts(ctx).Filter("db").As("www").Run("true"),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	var got []string
	for _, e := range events.Events() {
		if e.Kind == journal.CommandStart {
			got = append(got, fmt.Sprint(e.Sudo, e.User))
		}
	}
	if want := []string{"true", "truewww", "true", "truewww"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestMessages(t *testing.T) {
	ctx, site, events := siteRun(t, nodes.Options{})
	err := site.Web.At(ctx, "web2", func(ctx context.Context, w *Web) error {
		nodes.Printf(ctx, "%d%%", 50)
		nodes.Logf(ctx, "half")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events.Events() {
		got = append(got, fmt.Sprint(e.Kind, " ", e.Node, " ", e.Host, " ", e.Stream, " ", e.Message))
	}
	if want := []string{"message /web[web2] web2 stdout 50%", "message /web[web2] web2  half"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	defer func() {
		if recover() == nil {
			t.Error("a message of no run is lost")
		}
	}()
	nodes.Logf(t.Context(), "lost")
}

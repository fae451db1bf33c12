package nodes_test

import (
	"context"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

type (
	plainNode struct{ nodes.Node }
	left      struct{ nodes.Node }
	right     struct{ nodes.Node }
	twice     struct {
		left
		right
	}
	inner struct {
		nodes.Node
		Needed string `deploy:"required" doc:"what it is for"`
		Deep   nodes.Array[plainNode]
	}
	Parallel struct {
		nodes.Node `deploy:"parallel"`
	}
	noNode struct{ Name string }
	loop   struct {
		nodes.Node
		Again *loop
	}
)

// Wrong has every mistake that a struct can have.
type Wrong struct {
	nodes.Node `deploy:"required" roles:"web"`
	*left
	hidden   plainNode
	Func     func()
	Twice    twice
	List     []*plainNode
	Values   map[string]plainNode
	Arrays   []nodes.Array[plainNode]
	Parent   string
	HTTPPort int
	HttpPort int
	Option   string    `deploy:"requierd"`
	Missing  string    `deploy:"required" doc:"the reason"`
	Attr     string    `roles:"web" group:"production"`
	Child    plainNode `roles:"=x" group:"prodution"`
	Doubly   plainNode `roles:"x=a x=b"`
	HostHost plainNode `roles:"web host=db"`
	Near     plainNode `role:"web"`
	Nested   nodes.Array[inner]
	Parallel Parallel
	NotNode  nodes.Array[noNode]
	Loop     *loop
	Shared   *plainNode
	Same     *plainNode
	Keys     map[string]*plainNode
	Bare     *nodes.Node
}

func (w *Wrong) Actions() nodes.Actions {
	return nodes.Actions{
		"Tpyed":    {},
		"Twice2":   {Params: []string{"one"}},
		"Defaults": {Params: []string{"a=1", "b"}},
		"BadValue": {Params: []string{"n=x"}},
		"Prop":     {Property: true, Default: true},
		"One":      {Default: true},
		"Two":      {Default: true},
		"Aliased":  {Alias: []string{"missing"}},
		"NotProp":  {Property: true},
	}
}

func (w *Wrong) Typed(context.Context, func()) error    { return nil }
func (w *Wrong) Returns(context.Context) (int, int)     { return 0, 0 }
func (w *Wrong) Chan(context.Context) chan int          { return nil }
func (w *Wrong) Numbers(context.Context, ...int)        {}
func (w *Wrong) Twice2(context.Context, string, string) {}
func (w *Wrong) Defaults(context.Context, int, int)     {}
func (w *Wrong) BadValue(context.Context, int)          {}
func (w *Wrong) Prop(context.Context) string            { return "" }
func (w *Wrong) NotProp(context.Context, int) string    { return "" }
func (w *Wrong) One(context.Context)                    {}
func (w *Wrong) Two(context.Context)                    {}
func (w *Wrong) Option_(context.Context)                {}
func (w *Wrong) OPTION(context.Context)                 {}
func (w *Wrong) Aliased(context.Context)                {}
func (w *Wrong) Host(context.Context) string            { return "" }
func (w *Wrong) Getter() (plainNode, int)               { return w.hidden, 0 }

// mistakes are the problems of binding a struct, one a line.
func mistakes(t *testing.T, root nodes.Embedder) string {
	t.Helper()
	_, err := nodes.Bind(root)
	var wrong *nodes.TreeError
	if !errors.As(err, &wrong) {
		t.Fatalf("got %v, want a *TreeError", err)
	}
	var lines []string
	for _, p := range wrong.Problems {
		lines = append(lines, strings.TrimPrefix(filepath.Base(p.Pos.String())+" ", ". ")+p.Error())
	}
	return strings.Join(lines, "\n")
}

func TestMistakesInStructs(t *testing.T) {
	shared, ring := &plainNode{}, &loop{}
	ring.Again = ring
	got := mistakes(t, &Wrong{
		Node: nodes.Node{Roles: nodes.Roles{}, Map: []nodes.RoleMap{}},
		Loop: ring, Shared: shared, Same: shared, Keys: map[string]*plainNode{"": {}, "host": {}, "none": nil},
	})
	if got = strings.ReplaceAll(got, "nodes_test.", ""); got != strings.TrimSpace(wantMistakes) {
		t.Errorf("got\n%s\nwant%s", got, wantMistakes)
	}
}

// Mixed has parts that Go cannot tell apart, or that may be missing.
type Mixed struct {
	Base `group:"beta" doc:"all of it"`
	More
	*Limits
}

// More has options too.
type More struct{}

func (*More) Actions() nodes.Actions { return nil }

func TestMistakesOfEmbedding(t *testing.T) {
	got := mistakes(t, &Mixed{})
	want := `nodes_test.Mixed.Base: its tag says doc, which means nothing here
nodes_test.Mixed.Base: its tag says group, which means nothing here
nodes_test.Mixed.Limits: it is embedded as a pointer, which may be nil: embed it by value
nodes_test.Mixed.Base: its Actions are not the only ones that are embedded: write a method Actions that joins them
nodes_test.Mixed.More: its Actions are not the only ones that are embedded: write a method Actions that joins them`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMistakesInHosts(t *testing.T) {
	one := local("one")
	got := mistakes(t, &plainNode{nodes.Node{Roles: nodes.Roles{
		nodes.Role("web", one, one, nil, local("one"), nodes.SSHHost(hosts.SSHOptions{Slug: "a b", Port: -1})),
		nodes.Role("web"), nodes.Role("db", nodes.WrappedHost(hosts.WrappedOptions{Slug: "one", Command: []string{"true"}})),
	}}})
	want := `/: the role web of nodes_test.plainNode holds a host that is nil: make it with nodes.SSHHost, nodes.LocalHost or nodes.WrappedHost
/: the role web of nodes_test.plainNode holds two hosts of the slug "one": give one of them another slug
bindwrong_test.go:LINE host "a b": address is missing, and the slug cannot stand for it: slug is "a b": expected a host name or an IP address, without spaces
bindwrong_test.go:LINE host "a b": port is -1: expected 1 to 65535
/: nodes_test.plainNode.Roles has two roles "web", or one without a name: give every role a name of its own
/: the slug "one" names two hosts of the tree: this machine and true (*hosts.Wrapped): give one of them another slug`
	if got = regexp.MustCompile(`go:\d+`).ReplaceAllString(got, "go:LINE"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestMistakesOfPlaces(t *testing.T) {
	root := &holder{Child: &plainNode{}}
	if _, err := nodes.Bind(root); err != nil {
		t.Fatal(err)
	}
	var none *plainNode
	for _, tt := range []struct {
		root nodes.Embedder
		want string
	}{
		{root.Child, "*nodes_test.plainNode is no root: it is bound as /child already"},
		{&holder{Child: root.Child}, "/: nodes_test.holder.Child is the same struct as /child of the tree holder: make two structs of it"},
		{none, "the *nodes_test.plainNode is nil: it must point to a struct"},
	} {
		if _, err := nodes.Bind(tt.root); err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
	if again, err := nodes.Bind(root); err != nil || again.Name != "holder" {
		t.Errorf("bound again: %v, error %v", again, err)
	}
}

type holder struct {
	nodes.Node
	Child *plainNode
	One   *nodes.JustOne[plainNode]
}

const wantMistakes = `
Wrong.Node: its tag says required, which means nothing here
Wrong.Node: its tag says roles, which means nothing here
Wrong.left: it is embedded as a pointer, which may be nil: embed it by value
Wrong.hidden: it is a node that is not exported, so the tree cannot have it: begin its name with a capital, or tag it ` + "`" + `deploy:"-"` + "`" + `
Wrong.Func: a func() cannot be an attribute: tag it ` + "`" + `deploy:"-"` + "`" + `, or do not export it
Wrong.Twice: twice embeds nodes.Node more than once: embed it once
Wrong.List: a slice of nodes gives them no names: use a map[string]*T, whose keys are the names of the nodes
Wrong.Values: a map of nodes gives them no names: use a map[string]*T, whose keys are the names of the nodes
Wrong.Arrays: a slice of nodes gives them no names: use a map[string]*T, whose keys are the names of the nodes
Wrong.Parent: its name in the tree, parent, has a meaning of its own: give it another name
Wrong.HttpPort: its name in the tree, http_port, is that of HTTPPort too: give one of them another name
Wrong.Option: its tag has deploy:"requierd": use required, private, parallel, name=NAME or -
Wrong.Attr: its tag says roles, which means nothing here
Wrong.Attr: its tag says group, which means nothing here
Wrong.Child: its tag has roles:"=x": the name of a role is missing before =
Wrong.Child: its tag has group:"prodution": did you mean production?
Wrong.Doubly: its tag has roles:"x=a x=b": the role x is mapped twice: join what fills it with +
Wrong.HostHost: its tag has roles:"web host=db": what has no name before it fills the role host, which is mapped too
Wrong.Near: its tag has the key role: did you mean roles?
Wrong.Bare: a *nodes.Node cannot be an attribute: tag it ` + "`" + `deploy:"-"` + "`" + `, or do not export it
Wrong.Typed: an action cannot take a func(): take strings, bools, numbers, durations, lists of them, or what implements encoding.TextUnmarshaler; or set Helper in Actions
Wrong.Returns: its results (int, int) are not those of an action: return nothing, an error, a value, or a value and an error
Wrong.Chan: its results (chan int) are not those of an action: return nothing, an error, a value, or a value and an error
Wrong.Numbers: its last parameter is ...int: take ...string, or a slice
Wrong.Actions: there are 1 names for the 2 parameters of Twice2
Wrong.Actions: the parameter "b" of Defaults has no default, but the one before it has
Wrong.Actions: the parameter "n=x" of BadValue has a default that is not a whole number
Wrong.Prop: it is a property, and has options of an action
Wrong.NotProp: its signature func(context.Context, int) string is not that of a property: let it take nothing or a context, and return a value, or a value and an error
Wrong.Two: one is the default action already
Wrong.OPTION: its name in the tree, option, is that of Option too: give one of them another name
Wrong.Aliased: its name in the tree, missing, is that of Missing too: give one of them another name
Wrong.Host: it hides the method Host of nodes.Node: give it another name
Wrong.Actions: there is no exported method Tpyed: did you mean Typed?
/: Wrong.Missing is required, and it is empty: the reason
/nested: inner.Needed is required, and it is empty: what it is for
/nested: inner.Deep is an array inside a node that has one cell for every host already: put a struct between them that is no array
/: Wrong.Parallel is a parallel node inside a node: make it a nodes.Array or nodes.JustOne of that type
/: Wrong.NotNode: noNode does not embed nodes.Node: embed it by value
/loop: loop.Again leads back to /loop: a struct is one node, below which it cannot be
/: Wrong.Same is the same struct as /shared: make two structs of it
/: Wrong.Keys has a node of the name "": choose another key
/: Wrong.Keys has a node of the name "host": choose another key
/: Wrong.Node has both Roles and Map: set one of them
`

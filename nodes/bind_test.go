package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/journal"
	"deployer/nodes"
)

func TestMembersAreInTheOrderOfTheSource(t *testing.T) {
	tree, err := nodes.Bind(newSite())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		of   *nodes.Template
		want string
	}{
		{tree.Template, "domain web db env sites url deploy typed fail panic"},
		{tree.Template.Member("web").Child, "port location service checkout where here domain"},
		{tree.Template.Member("sites").Child, "a b"},
	} {
		var names []string
		for _, m := range tt.of.Members() {
			names = append(names, m.Name)
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("members of %s are %s, want %s", tt.of.Name, got, tt.want)
		}
	}
	sites := tree.Template.Member("sites").Child
	if g := sites.Group; g == nil || g.Name != "staging" || sites.Kind != nodes.KindNormal {
		t.Errorf("sites is %s of the group %v", sites.Kind, g)
	}
}

// TestCall calls actions by name, as the shell does.
func TestCall(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	for _, tt := range []struct {
		of     nodes.Embedder
		action string
		args   []any
		want   string // the result as text, or the error
	}{
		{site.Env, "start", nil, ""},
		{&site.Web.Cell, "checkout", []any{"v1"}, "web1\tv1 on /tmp false\nweb2\tv1 on /tmp false\n"},
		{&site.Web.Cell, "co", []any{"v1", true}, "web1\tv1 on /tmp true\nweb2\tv1 on /tmp true\n"},
		{&site.Web.Cell, "here", nil, `["web1","web2"]` + "\n"},
		{&site.Database.Cell, "where", nil, "db1\n"},
		{site, "typed", []any{"x", true, 3, 4, 5.5, time.Second, "::1", []any{1, int64(2)}, "y", "z"}, "xtrue 3 4 5.5 1s ::1 [1 2] [y z]\n"},
		{site, "typed", []any{"x", true, 300}, "/ typed: typed: the argument uint16 is missing (usage: typed STRING BOOL INT8 UINT16 FLOAT32 DURATION ADDR INT_LIST [ARGUMENT...])"},
		{site, "typed", []any{"x", true, 300, 4, 5.5, "1s", "::1", []any{}}, "/ typed: argument int8: got the int64 300, want int8"},
		{site, "typed", []any{"x", true, 3, 4, 5.5, "1 s", "::1", []any{}}, `/ typed: argument duration: time: unknown unit " s" in duration "1 s"`},
		{site, "fail", nil, "/ fail: no way"},
		{site, "fail", []any{1}, "/ fail: fail: got 1 positional argument (usage: fail)"},
		{site, "Fail", nil, `/ has no action "Fail": did you mean fail?`},
		{site, "", nil, "/ has no default action: name one of deploy, typed, fail, panic"},
		{&site.Web.Cell, "checkout", nil, "/web[web1] checkout: checkout: the argument commit is missing (usage: checkout COMMIT [FORCE=false])\n/web[web2] checkout: checkout: the argument commit is missing (usage: checkout COMMIT [FORCE=false])"},
	} {
		value, err := nodes.Call(ctx, tt.of, tt.action, tt.args...)
		got, formatErr := nodes.FormatResult(value)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want || formatErr != nil {
			t.Errorf("%s%v: got %q, error %v, want %q", tt.action, tt.args, got, formatErr, tt.want)
		}
	}
}

func TestPanicIsAnErrorOfTheAction(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	_, err := nodes.Call(ctx, site, "panic")
	var panicked *nodes.PanicError
	if !errors.As(err, &panicked) || panicked.Value != "so what" || filepath.Base(panicked.Pos.File) != "bindsite_test.go" || panicked.Pos.Line == 0 {
		t.Errorf("got %v", err)
	}
}

// TestMethodsOfOtherNodes calls methods as plain Go: they belong to the action that calls them, and work on the hosts of
// their own node, in the cell that the context is in.
func TestMethodsOfOtherNodes(t *testing.T) {
	ctx, site, events := siteRun(t, nodes.Options{})
	if _, err := nodes.Call(ctx, site, "deploy", "a", "b"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range events.Events() {
		switch e.Kind {
		case journal.ActionStart:
			got = append(got, fmt.Sprintf("%s %s %v", e.Node, e.Action, e.Args))
		case journal.CommandStart:
			got = append(got, e.Node+" "+e.Host+" "+e.Command)
		case journal.Message:
			got = append(got, e.Node+" "+e.Host+" says "+e.Message)
		}
	}
	slices.Sort(got)
	want := []string{
		"/ deploy [a b]",
		"/web[web1] web1 echo 'a,b' on $PWD", "/web[web1] web1 says web1 [web1]",
		"/web[web2] web2 echo 'a,b' on $PWD", "/web[web2] web2 says web2 [web2]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestEachTellsTheCellThatFailed(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	got, err := nodes.Collect(ctx, &site.Web, func(ctx context.Context, w *Web) (string, error) {
		if slug := w.Where(ctx); slug != "web1" {
			return slug, nil
		}
		return "", errors.New("no way")
	})
	var failed *nodes.ActionError
	if !slices.Equal(got, []string{"", "web2"}) || !errors.As(err, &failed) || failed.Node != "/web[web1]" || failed.Host != "web1" {
		t.Errorf("got %q, error %v", got, err)
	}
}

func TestAt(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	for _, tt := range []struct {
		key  any
		want string
	}{
		{"web2", "web2"}, {0, "web1"}, {local("web2"), "web2"}, {site.Web.Cell.Hosts(ctx).All()[1], "web2"},
		{2, `/web has no cell "2": 2 in all, counted from 0`},
		{"web3", `/web has no cell "web3": did you mean web1 or web2?`},
		{nodes.Host{}, "the nodes.Host is none: it comes from no node"},
		{site.Hosts(ctx), "/web: a cell is chosen by slug, number or host, not by nodes.Hosts"},
	} {
		got := ""
		err := site.Web.At(ctx, tt.key, func(ctx context.Context, w *Web) error {
			got = w.Where(ctx)
			return nil
		})
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) {
			t.Errorf("%v: got %s, want %s", tt.key, got, tt.want)
		}
	}
}

func TestHostsOfTheWrongNumber(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	if err := site.Web.Cell.Host(ctx).Cd("/").Run("true"); err == nil || !strings.HasPrefix(err.Error(), "/web has 2 hosts, and here exactly one is needed") {
		t.Errorf("got %v", err)
	}
	if err := site.Web.Cell.Hosts(ctx).Env("a b", "").Prefix("x").Run("true"); err == nil || !strings.HasPrefix(err.Error(), `env: "a b" is not a name`) {
		t.Errorf("got %v", err)
	}
}

// TestContexts uses structs and contexts that do not belong together.
func TestContexts(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	_, other, _ := siteRun(t, nodes.Options{})
	copied := *site.Env
	if got, err := copied.Hosts(ctx).Output("echo x"); err != nil || len(got) != 3 {
		t.Errorf("a copy, as methods with a value for a receiver have it: %q, error %v", got, err)
	}
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"no run":     {site.Env.Host(t.Context()).Run("true"), "the context is of no run"},
		"not bound":  {new(Service).Host(ctx).Run("true"), "the struct is not bound to a tree"},
		"other tree": {other.Env.Host(ctx).Run("true"), "Site is in another tree than /"},
		"no session": {second(nodes.NewContext(t.Context(), site, nodes.Options{})), "nodes.Options has no Session"},
		"initialize": {second(nodes.Initialize(t.Context(), site)), "the context is of no run"},
	} {
		if tt.err == nil || !strings.HasPrefix(tt.err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", name, tt.err, tt.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

func TestInitialize(t *testing.T) {
	ctx, site, events := siteRun(t, nodes.Options{})
	_, err := nodes.Collect(ctx, &site.Web, func(ctx context.Context, w *Web) (struct{}, error) {
		handle, err := w.Host(ctx).Handle()
		if err != nil {
			return struct{}{}, err
		}
		stray := &Service{Name: "stray", Node: nodes.Node{Roles: nodes.Roles{nodes.Role("host", handle.Host())}}}
		ctx, err = nodes.Initialize(ctx, stray)
		if err != nil {
			return struct{}{}, err
		}
		return struct{}{}, stray.Start(ctx)
	})
	var ran []string
	for _, e := range events.Events() {
		if e.Kind == journal.CommandStart {
			ran = append(ran, e.Node+" "+e.Host+" "+e.Command)
		}
	}
	slices.Sort(ran)
	if want := []string{"<Service> web1 echo start 'stray'", "<Service> web2 echo start 'stray'"}; err != nil || !slices.Equal(ran, want) {
		t.Errorf("ran %q, error %v, want %q", ran, err, want)
	}
}

func TestParent(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{})
	if got := nodes.Parent[*Site](&site.Web.Cell.Service); got != site {
		t.Errorf("got %p, want %p", got, site)
	}
	if got := nodes.Parent[interface{ URL() string }](site.Sites["a"]).URL(); got != "http://example.com" {
		t.Errorf("got %s", got)
	}
	if got := site.Web.Cell.Domain(); got != "example.com" {
		t.Errorf("got %s", got)
	}
	defer func() {
		if got := fmt.Sprint(recover()); got != "/env has nothing of the type *nodes_test.Web above it" {
			t.Errorf("got the panic %s", got)
		}
	}()
	nodes.Parent[*Web](site.Env)
	_ = ctx
}

// TestSandbox runs nothing that changes something, and says what depends on it.
func TestSandbox(t *testing.T) {
	ctx, site, _ := siteRun(t, nodes.Options{Sandbox: true})
	if !nodes.Sandbox(ctx) {
		t.Error("the context is of no sandbox")
	}
	var unknown *nodes.UnknownError
	if _, err := nodes.Call(ctx, &site.Database.Cell, "checkout", "v1"); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
	if got, err := site.Database.Cell.Host(ctx).Reads().Output("echo x"); got != "x" || err != nil {
		t.Errorf("got %q, error %v", got, err)
	}
	if _, err := site.Hosts(ctx).Output("echo x"); !errors.As(err, &unknown) {
		t.Errorf("got %v", err)
	}
}

// TestManyRunsOfOneTree uses one tree in several runs at once, of which the first binds it.
func TestManyRunsOfOneTree(t *testing.T) {
	site := newSite()
	var wait sync.WaitGroup
	for range 8 {
		s, _ := session(t)
		wait.Go(func() {
			ctx, err := nodes.NewContext(t.Context(), site, nodes.Options{Session: s})
			if err != nil {
				t.Error(err)
				return
			}
			got, err := nodes.Collect(ctx, &site.Web, func(ctx context.Context, w *Web) (string, error) { return w.Where(ctx), nil })
			if err != nil || !slices.Equal(got, []string{"web1", "web2"}) {
				t.Errorf("got %q, error %v", got, err)
			}
		})
	}
	wait.Wait()
}

func TestSourceOfStructs(t *testing.T) {
	tree, err := nodes.Bind(newSite())
	if err != nil {
		t.Fatal(err)
	}
	deploy := tree.Template.Member("deploy").Action
	if got := []string{tree.Template.Documentation(), deploy.Documentation(), tree.Template.Member("db").Child.Documentation(),
		tree.Template.Member("env").Child.Documentation(), tree.Template.Member("url").Property.Documentation()}; !slices.Equal(got,
		[]string{"Our web system.", "Deploys everything.", "the database", "A service of a machine.", ""}) {
		t.Errorf("the documentation is %q", got)
	}
	code, at := deploy.Source.Code()
	if filepath.Base(at.File) != "bindsite_test.go" || at.Line != deploy.Pos.Line-1 || !strings.HasPrefix(code, "// Deploy deploys everything.\nfunc (s *Site) Deploy(") {
		t.Errorf("got %v:\n%s", at, code)
	}
	if code, at := tree.Template.Source.Code(); at.Line == 0 || !strings.Contains(code, "type Site struct {") {
		t.Errorf("got %v:\n%s", at, code)
	}
}

func TestWarnings(t *testing.T) {
	tree, err := nodes.Bind(&warned{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range tree.Check() {
		got = append(got, fmt.Sprint(p.Warning, " ", p.Error()))
	}
	want := []string{
		"true nodes_test.warned.Forgot: it is neither an action nor a property: let it take a context.Context first if it is meant to be an action",
		`true /child maps its role "host" from "web", but / has no such role, so it holds no hosts: / has no roles at all`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFaultyChild wants a just_one with no host to stop nothing but itself, and to be found by a check.
func TestFaultyChild(t *testing.T) {
	tree, err := nodes.Bind(&holder{Child: &plainNode{}, One: &nodes.JustOne[plainNode]{}})
	if err != nil {
		t.Fatal(err)
	}
	const want = `/one has 0 hosts in its role "host", and just_one needs exactly one: map another role to it, or use array`
	var count *nodes.HostCountError
	if _, err := tree.Root().Step("one"); err == nil || err.Error() != want || !errors.As(err, &count) || count.Count != 0 {
		t.Errorf("got %v", err)
	}
	if child, err := tree.Root().Step("child"); err != nil || child.Path() != "/child" {
		t.Errorf("got %v, %v", child, err)
	}
	if found := tree.Check(); len(found) != 1 || found[0].Message != want || found[0].Warning {
		t.Errorf("the check finds %v", found)
	}
}

type warned struct {
	nodes.Node
	Child Service0 `roles:"web"`
}

// Service0 is a node that needs nothing.
type Service0 struct{ nodes.Node }

func (*warned) Forgot(string) error          { return nil }
func (*warned) Less(context.Context, int)    {}
func (*warned) Actions() nodes.Actions       { return nodes.Actions{"Less": {Helper: true}} }
func (*warned) String() string               { return "" }
func (*warned) MarshalText() ([]byte, error) { return nil, nil }

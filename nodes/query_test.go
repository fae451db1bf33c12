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

type endpoint struct {
	Port  int
	Names []string
}

// Shop is a tree with queries.
type Shop struct {
	nodes.Node
	Domain   string
	Endpoint endpoint
	URL      nodes.Query
	Size     nodes.Query
	Names    nodes.Query
	First    nodes.Query
	Address  nodes.Query
	Busy     nodes.Query
	Wrong    nodes.Query
	Circle   nodes.Query
	Up       nodes.Query
	Web      nodes.Array[Front]
}

// Front is a web server of the shop.
type Front struct {
	nodes.Node
	Workers int
	Label   nodes.Query
	Site    nodes.Query
}

func (*Front) Actions() nodes.Actions {
	return nodes.Actions{"Greet": {Params: []string{"name", "times"}}}
}

// Greet greets.
func (f *Front) Greet(_ context.Context, name string, times int) string {
	return strings.Repeat("hi "+name, times)
}

// Load is a property.
func (f *Front) Load() float64 { return 1.5 }

func newShop() *Shop {
	return &Shop{
		Node:     nodes.Node{Roles: nodes.Roles{nodes.Role("host", local("w1"), local("w2"))}},
		Domain:   "example.com",
		Endpoint: endpoint{8080, []string{"a", "b"}},
		URL:      nodes.Q(`"http://%s:%s/" % (domain, endpoint.port)`),
		Size:     nodes.Q("endpoint.port // 1000"),
		Names:    nodes.Q("endpoint.names + ['c']"),
		First:    nodes.Q(`web["w2"].greet("Ann", times = 2)`),
		Address:  nodes.Q(`hosts["w1"].slug + web[0].label`),
		Busy:     nodes.Q("web[1].load > 1 and endpoint.port in [8080] and not Q.web[1].workers == 3"),
		Wrong:    nodes.Q("url + (endpoint.port + domain)"),
		Circle:   nodes.Q("web[0].site and circle"),
		Up:       nodes.Q("parent.domain"),
		Web: nodes.Array[Front]{Cell: Front{
			Workers: 2, Label: nodes.Q(`host.slug + "!"`), Site: nodes.Q("parent('Shop').url"),
		}},
	}
}

// shopRun is the context of a run over a shop.
func shopRun(t *testing.T, shop *Shop) (context.Context, *nodes.Env) {
	t.Helper()
	session := hosts.NewSession(hosts.Options{})
	t.Cleanup(func() { _ = session.Close() })
	ctx, err := nodes.NewContext(t.Context(), shop, nodes.Options{Session: session})
	if err != nil {
		t.Fatal(err)
	}
	env, err := nodes.EnvOf(ctx, shop)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, env
}

func TestQueriesOfStructs(t *testing.T) {
	shop := newShop()
	ctx, env := shopRun(t, shop)
	for name, want := range map[string]string{
		"url": "http://example.com:8080/\n", "size": "8\n", "names": `["a","b","c"]` + "\n", "first": "hi Annhi Ann\n",
		"address": "w1w1!\n", "busy": "true\n",
	} {
		got, err := env.Query(ctx, name)
		if err != nil {
			t.Error(err)
			continue
		}
		if text, err := nodes.FormatResult(got); text != want || err != nil {
			t.Errorf("%s gives %q, error %v, want %q", name, text, err, want)
		}
	}
	web, err := env.Child("web")
	if err != nil {
		t.Fatal(err)
	}
	labels, err := web.Query(ctx, "label")
	if text, _ := nodes.FormatResult(labels); err != nil || text != "w1\tw1!\nw2\tw2!\n" {
		t.Errorf("in every cell: got %q, error %v", text, err)
	}
}

func TestRead(t *testing.T) {
	shop := newShop()
	ctx, _ := shopRun(t, shop)
	if url, err := nodes.Read[string](ctx, shop, shop.URL); url != "http://example.com:8080/" || err != nil {
		t.Errorf("got %q, error %v", url, err)
	}
	if size, err := nodes.Read[uint8](ctx, shop, shop.Size); size != 8 || err != nil {
		t.Errorf("got %d, error %v", size, err)
	}
	abc := []string{"a", "b", "c"}
	if names, err := nodes.Read[[]string](ctx, shop, shop.Names); !slices.Equal(names, abc) || err != nil {
		t.Errorf("got %q, error %v", names, err)
	}
	if port, err := nodes.Read[float32](ctx, shop, nodes.Q("endpoint.port")); port != 8080 || err != nil {
		t.Errorf("got %v, error %v", port, err)
	}
	labels, err := nodes.Read[*nodes.ParallelResult](ctx, &shop.Web.Cell, shop.Web.Cell.Label)
	if err != nil || len(labels.Values) != 2 {
		t.Errorf("got %v, error %v", labels, err)
	}
	for _, text := range []string{
		"-endpoint.port", "endpoint.port", "endpoint.port * 1.0", "url", "None", "endpoint.names",
	} {
		n, err := nodes.Read[uint8](ctx, shop, nodes.Q(text))
		if err == nil || !strings.Contains(err.Error(), "not a uint8") {
			t.Errorf("%s as a uint8: got %d, error %v", text, n, err)
		}
	}
}

func TestQueryErrors(t *testing.T) {
	shop := newShop()
	ctx, env := shopRun(t, shop)
	_, err := env.Query(ctx, "wrong")
	var failed *nodes.QueryError
	const part = "endpoint.port + domain"
	if !errors.As(err, &failed) || failed.Node != "/" || failed.Name != "wrong" || failed.Part != part {
		t.Fatalf("got %v", err)
	}
	if failed.Pos.File != "query_test.go" || failed.Pos.Line == 0 || failed.Pos != shop.Wrong.Pos() {
		t.Errorf("it is at %v", failed.Pos)
	}
	want := fmt.Sprintf("/ wrong: query url + (%s) (%v): %[1]s: there is no + of an int and a string", part, failed.Pos)
	if err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
	for text, want := range map[string]string{
		"circle":               "it needs its own value: / circle → / circle",
		"up":                   "/ is the root, and has no parent",
		"domian":               `/ has no attribute "domian": did you mean domain?`,
		"web['w3']":            `/web has no cell "w3": did you mean w1 or w2?`,
		"web[7]":               `/web has no cell "7": 2 in all, counted from 0`,
		"web[0].greet('a')":    "greet: the argument times is missing (usage: greet NAME",
		"web[0].greet.x":       "greet is an action, so it has no x: call it",
		"endpoint.prot":        `there is no field "prot": did you mean port?`,
		"endpoint.names[2]":    "there is no entry 2: the list has 2",
		"hosts['w9']":          `there is no host "w9": did you mean w1 or w2?`,
		"hosts[0].slugg":       `a host has no attribute "slugg": did you mean slug?`,
		"domain()":             "a string cannot be called",
		"domain.x":             `a string has no attribute "x"`,
		"1 < 'x'":              "an int and a string have no order",
		"1 // 0":               "division by zero",
		"'%d' % domain":        "%d takes a number, not a string",
		"'x' * 100000000":      "is too large",
		"1e308 * 10 + 10 ** 2": "",
		"host":                 "/ has 2 hosts",
		"web.label['w9']":      `there is no result of "w9": did you mean w1 or w2?`,
		"web()":                "/web has no default action",
		"parent('Shopp')":      "neither / nor a node above it is a Shopp: did you mean Shop?",
		"parent(1)":            "parent takes the name of a template, in quotes",
	} {
		q, err := nodes.ParseQuery(text)
		if err == nil {
			_, err = nodes.Read[any](ctx, shop, q)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got the error %v, want %s", text, err, want)
		}
	}
}

// TestReadersOfFailures wants the queries that led to a failure, the innermost first: through queries, properties and
// actions.
func TestReadersOfFailures(t *testing.T) {
	shop := newShop()
	shop.Wrong = nodes.Q("1 + circle")
	shop.Circle = nodes.Q("endpoint.nothing")
	ctx, env := shopRun(t, shop)
	_, err := env.Query(ctx, "wrong")
	var failed *nodes.ActionError
	if !errors.As(err, &failed) || failed.Action != "circle" || len(failed.Readers) != 1 {
		t.Fatalf("got %v, read by %v", err, failed.Readers)
	}
	want := fmt.Sprintf("/ wrong: query 1 + circle (%v)", shop.Wrong.Pos())
	if got := failed.Readers[0].String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if _, err = env.Query(ctx, "circle"); !errors.As(err, &failed) || len(failed.Readers) != 0 {
		t.Errorf("read by itself: got %v, read by %v", err, failed.Readers)
	}
}

// TestBadQueriesOfStructs wants all mistakes at once, when the tree is bound.
func TestBadQueriesOfStructs(t *testing.T) {
	shop := newShop()
	shop.URL, shop.Names = nodes.Q("domain +"), nodes.Query{}
	_, err := nodes.Bind(shop)
	var wrong *nodes.TreeError
	if !errors.As(err, &wrong) {
		t.Fatalf("got %v", err)
	}
	want := []string{
		`/: nodes_test.Shop.URL: query "domain +", after "domain +": it ends too early`,
		"/: nodes_test.Shop.Names: the query is empty: make it with nodes.Q",
	}
	var got []string
	for _, p := range wrong.Problems {
		got = append(got, p.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestTraceQuery(t *testing.T) {
	ctx, env := shopRun(t, newShop())
	traces, err := env.TraceQuery(ctx, "busy")
	if err != nil || len(traces) != 1 {
		t.Fatalf("got %d traces, error %v", len(traces), err)
	}
	var got []string
	for _, step := range traces[0].Steps {
		got = append(got, fmt.Sprint(step.Part, " = ", step.Value))
	}
	want := []string{
		"web", "web[1]", "web[1].load = 1.5", "web[1].load > 1 = true", "endpoint", "endpoint.port = 8080",
		"endpoint.port in [8080] = true", "web[1].load > 1 and endpoint.port in [8080] = true", "Q.web", "Q.web[1]",
		"Q.web[1].workers = 2", "Q.web[1].workers == 3 = false", "not Q.web[1].workers == 3 = true",
		"web[1].load > 1 and endpoint.port in [8080] and not Q.web[1].workers == 3 = true",
	}
	if !slices.EqualFunc(got, want, strings.HasPrefix) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	web, err := env.Child("web")
	if err != nil {
		t.Fatal(err)
	}
	traces, err = web.TraceQuery(ctx, "label")
	if err != nil || len(traces) != 2 || traces[1].Env.Place().Path() != "/web[w2]" || traces[1].Value != "w2!" {
		t.Errorf("in cells: %v, error %v", traces, err)
	}
	traces, err = env.TraceQuery(ctx, "wrong")
	if err != nil {
		t.Fatal(err)
	}
	steps := traces[0].Steps
	last, before := steps[len(steps)-1], steps[len(steps)-2]
	if traces[0].Err == nil || last.Err == nil || before.Part != "endpoint.port + domain" {
		t.Errorf("a query that fails: %+v", traces[0])
	}
	if _, err := env.TraceQuery(ctx, "bussy"); err == nil || err.Error() != `/ has no query "bussy": did you mean busy?` {
		t.Errorf("got %v", err)
	}
}

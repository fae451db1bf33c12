package script

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"

	"go.starlark.net/starlark"
)

// call runs an action of the root.
func (r *testRun) call(t testing.TB, ctx context.Context, action string, args ...any) (any, error) {
	t.Helper()
	return r.root.Call(ctx, action, nodes.Args{Positional: args})
}

func TestPrintAndLog(t *testing.T) {
	r := newRun(t, `
def say(env):
    print("hello", 1, [None])
    env.log("a", 2)
def cell(env): print("in " + env.host.slug)
root = node(actions = [say], hosts = [local_host("a"), local_host("b")], web = parallel_node(actions = [cell]).array(),
    both = lambda env: env.web.cell())
`, nodes.Options{})
	if _, err := r.call(t, context.Background(), "say"); err != nil {
		t.Fatal(err)
	}
	if got, want := r.said(journal.Message), []string{"stdout: hello 1 [None]", ": a 2"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := r.call(t, context.Background(), "both"); err != nil {
		t.Fatal(err)
	}
	got := r.said(journal.Message)[2:]
	slices.Sort(got)
	if want := []string{"stdouta: in a", "stdoutb: in b"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestArgumentsFromOutside(t *testing.T) {
	r := newRun(t, "def act(env, *args, **kw): return (args, kw)\nroot = node(actions = [act])\n", nodes.Options{})
	v, err := r.root.Call(context.Background(), "act", nodes.Args{
		Positional: []any{"s", true, int64(3), 1.5, []any{"a", int64(1)}, nil, []byte("b")},
		Named:      []nodes.NamedArg{{Name: "x", Value: "y"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := v.(nodes.Plainer).Plain()
	want := []any{
		[]any{"s", true, int64(3), 1.5, []any{"a", int64(1)}, nil, []byte("b")},
		nodes.Dict{{Key: "x", Value: "y"}},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
	if _, err := r.call(t, context.Background(), "act", func() {}); err == nil {
		t.Error("a value of an unknown type was taken")
	}
}

func TestPlain(t *testing.T) {
	big1 := new(big.Int).Lsh(big.NewInt(1), 70)
	r := newRun(t, `
def self_containing(env):
    l = []
    l.append(l)
    return l
root = node(hosts = local_host(),
    nothing = action(lambda env: None), text = action(lambda env: "x"), yes = action(lambda env: True),
    number = action(lambda env: -5), large = action(lambda env: 1 << 70), fraction = action(lambda env: 0.5),
    raw = action(lambda env: b"\xff\x00"), pair = action(lambda env: (1, [2])), unique = action(lambda env: set([3, 1])),
    table = action(lambda env: {"b": 1, 2: {"c": None}}), fields = action(lambda env: struct(b = 1, a = 2)),
    machine = action(lambda env: env.host), machines = action(lambda env: env.hosts), place = action(lambda env: env),
    function = action(lambda env: len), nested = action(lambda env: [struct(f = len)]), key = action(lambda env: {len: 1}),
    self_containing = self_containing)
`, nodes.Options{})
	for name, want := range map[string]any{
		"nothing": nil, "text": "x", "yes": true, "number": int64(-5), "large": big1, "fraction": 0.5,
		"raw": []byte("\xff\x00"), "pair": []any{int64(1), []any{int64(2)}}, "unique": []any{int64(3), int64(1)},
		"table":  nodes.Dict{{Key: "b", Value: int64(1)}, {Key: int64(2), Value: nodes.Dict{{Key: "c"}}}},
		"fields": nodes.Dict{{Key: "a", Value: int64(2)}, {Key: "b", Value: int64(1)}},
	} {
		if got, err := plainOf(t, r, name); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %#v, %v", name, got, err)
		}
	}
	for _, name := range []string{"function", "nested", "key", "self_containing"} {
		if got, err := plainOf(t, r, name); err == nil || !strings.Contains(err.Error(), "cannot be shown") && !errors.Is(err, errNesting) {
			t.Errorf("%s: got %#v, %v", name, got, err)
		}
	}
	if got, _ := plainOf(t, r, "machine"); got.(*hosts.Handle).Slug() != "localhost" {
		t.Errorf("machine: got %v", got)
	}
	if got, _ := plainOf(t, r, "machines"); got.([]any)[0].(*hosts.Handle).Slug() != "localhost" {
		t.Errorf("machines: got %v", got)
	}
	if got, _ := plainOf(t, r, "place"); got.(*nodes.Env).Place().Path() != "/" {
		t.Errorf("place: got %v", got)
	}
}

func plainOf(t *testing.T, r *testRun, action string) (any, error) {
	t.Helper()
	v, err := r.call(t, context.Background(), action)
	if err != nil {
		t.Fatalf("%s: %v", action, err)
	}
	if p, ok := v.(nodes.Plainer); ok {
		return p.Plain()
	}
	return v, nil
}

// TestSandboxResult wants nothing to be shown for a result that is not known.
func TestSandboxResult(t *testing.T) {
	r := newRun(t, `root = node(hosts = local_host(), one = action(lambda env: env.host.run("echo x")))`, nodes.Options{Sandbox: true})
	if got, err := plainOf(t, r, "one"); got != nil || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
	v, err := r.call(t, context.Background(), "one")
	if err != nil || fmt.Sprint(v) != "unknown" {
		t.Errorf("got %v, %v", v, err)
	}
}

func TestCancelledActions(t *testing.T) {
	r := newRun(t, `
def forever(env):
    while True: pass
def catching(env):
    while True: attempt(forever, env)
def recursing(env): return [x for x in sorted([1, 2], key = lambda x: forever(env))]
def sleeping(env): attempt(env.host.run, "sleep 60")
def cells(env): env.web.forever()
root = node(hosts = local_host(), actions = [forever, catching, recursing, sleeping, cells],
    prop = property(forever), reads = action(lambda env: env.prop),
    web = parallel_node(actions = [forever]).array())
`, nodes.Options{})
	cause := errors.New("a person pressed Ctrl-C")
	for _, name := range []string{"forever", "catching", "recursing", "sleeping", "cells", "reads"} {
		ctx, cancel := context.WithCancelCause(context.Background())
		timer := time.AfterFunc(30*time.Millisecond, func() { cancel(cause) })
		_, err := r.call(t, ctx, name)
		timer.Stop()
		if !errors.Is(err, cause) {
			t.Errorf("%s: got %v, want the cause", name, err)
		}
	}
}

func TestErrorOfCommand(t *testing.T) {
	r := newRun(t, `
def outer(env):
    inner(env)
def inner(env): env.host.run("exit 3")
root = node(hosts = local_host(), actions = [outer])
`, nodes.Options{})
	_, err := r.call(t, context.Background(), "outer")
	var e *Error
	var failed *hosts.Error
	if !errors.As(err, &e) || !errors.As(err, &failed) {
		t.Fatalf("got %T: %v", err, err)
	}
	if failed.Exit.Status != 3 || e.Error() != failed.Error() {
		t.Errorf("got %q of %q", e, failed)
	}
	if len(e.Backtrace) != 2 || e.Backtrace[0].Name != "outer" || e.Backtrace[0].Pos.Line != 3 || e.Pos.Line != 4 {
		t.Errorf("the backtrace is %v", e.Backtrace)
	}
	var b bytes.Buffer
	if err := e.Format(&b); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); !strings.Contains(got, "deploy:4:") || !strings.Contains(got, "^") ||
		!strings.Contains(got, "called from ") || !strings.Contains(got, "in outer") {
		t.Errorf("formatted:\n%s", got)
	}
}

// TestErrorsOfCells wants every error of every cell, with its place.
func TestErrorsOfCells(t *testing.T) {
	r := newRun(t, `
def act(env): fail("on " + env.host.slug)
root = node(hosts = [local_host("a"), local_host("b")], web = parallel_node(actions = [act]).array(),
    all = lambda env: env.web.act())
`, nodes.Options{})
	_, err := r.call(t, context.Background(), "all")
	all := nodes.Failures(err)
	if len(all) != 2 {
		t.Fatalf("got %v", err)
	}
	for i, slug := range []string{"a", "b"} {
		var e *Error
		if !errors.As(all[i], &e) || e.Msg != "on "+slug || e.Pos.Line != 2 {
			t.Errorf("got %v", all[i])
		}
	}
}

// TestLongBacktrace wants the middle of an endless recursion to be left out.
func TestLongBacktrace(t *testing.T) {
	r := newRun(t, "def f(env): f(env)\nroot = node(actions = [f])\n", nodes.Options{})
	_, err := r.call(t, context.Background(), "f")
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, errTooDeep) {
		t.Fatalf("got %v", err)
	}
	if len(e.Backtrace) != maxFrames+1 || !strings.HasSuffix(e.Backtrace[maxFrames/2].Name, " more calls") {
		t.Errorf("the backtrace is %v", e.Backtrace)
	}
	if !strings.Contains(e.Error(), "more than 5000 calls are nested") {
		t.Errorf("the message is %q", e.Error())
	}
}

// TestManyCells runs an action that uses values of the tree in many cells at once; the race detector is the judge.
func TestManyCells(t *testing.T) {
	r := newRun(t, `
shared = {"a": [1, 2, {"b": 3}]}
def helper(x, seen = []): return [y for y in x] + seen
def act(env, given, other):
    return (helper(shared["a"]), env.list, env.words, given, other.list, env.parent.list, str(env), other.words)
root = node(hosts = [local_host("h%d" % i) for i in range(50)], list = [1, [2]], words = property(lambda env: "w" + str(env.list)),
    web = parallel_node(actions = [act], list = [3], words = property(lambda env: "v")).array(),
    all = lambda env: [len(x) for x in env.web.act([1, {"x": []}], env)])
`, nodes.Options{})
	v, err := plainOf(t, r, "all")
	if err != nil || len(v.([]any)) != 50 || v.([]any)[49] != int64(8) {
		t.Errorf("got %v, %v", v, err)
	}
}

// TestTwoTrees wants two trees in one process to know nothing of each other.
func TestTwoTrees(t *testing.T) {
	text := "x = secret('hunter2')\nroot = node(hosts = local_host(), go = action(lambda env: env.name), name = %q)\n"
	a, b := newRun(t, fmt.Sprintf(text, "a"), nodes.Options{}), newRun(t, fmt.Sprintf(text, "b"), nodes.Options{})
	va, _ := plainOf(t, a, "go")
	vb, _ := plainOf(t, b, "go")
	if va != "a" || vb != "b" {
		t.Errorf("got %v and %v", va, vb)
	}
}

// TestAttributes wants every name of dir(…) to be readable.
func TestAttributes(t *testing.T) {
	r := newRun(t, `
def all(env):
    for x in [env, env.host, env.hosts, env.web.act(), h, T, groups]:
        for name in dir(x):
            getattr(x, name)
h = local_host()
T = parallel_node(x = 1, y = node(), act = action(lambda env: 1))
root = node(hosts = h, actions = [all], web = T.array(), x = 1)
`, nodes.Options{})
	if _, err := r.call(t, context.Background(), "all"); err != nil {
		t.Error(err)
	}
}

// TestValues looks at what the interpreter asks of every value.
func TestValues(t *testing.T) {
	r := newRun(t, `
def values(env):
    return [str(x) + " " + type(x) + " " + str(bool(x)) for x in [
        env, env.host, env.hosts, env.hosts.filter("x"), env.web.act(), h, T, T.act, groups, groups.beta, property(len2), required("x"),
        action(len2), map_roles("x"), ALL_HOSTS, env.act, attempt(len2, [])]]
def len2(x): return len(x)
h = local_host()
T = parallel_node(act = action(lambda env: 1))
root = node(hosts = h, actions = [values], web = T.array(), act = action(len2))
`, nodes.Options{})
	v, err := plainOf(t, r, "values")
	if err != nil {
		t.Fatal(err)
	}
	want := []any{
		"/ env True", "localhost host True", "[localhost] hosts True", "[] hosts False",
		"{localhost: 1} parallel_result True", "<host localhost> host True", "<template T> template True",
		"<action act> action True", "groups groups True", "<group beta> group True", "<property> property True",
		"<required> required True", "<action len2> action True", "map_roles(…) map_roles True", "ALL_HOSTS ALL_HOSTS True",
		"<action / act> action True",
		"struct(error = None, ok = True, value = 0) struct True",
	}
	if !reflect.DeepEqual(v, want) {
		t.Errorf("got %q", v)
	}
}

// TestKeys wants values that cannot be keys to say so, and the others to work as keys.
func TestKeys(t *testing.T) {
	for _, v := range []starlark.Value{&property{}, required("x"), &rolesMap{}, groupsValue{}, &hostSet{}, &collection{}} {
		if _, err := v.Hash(); err == nil {
			t.Errorf("a %s can be a key", v.Type())
		}
	}
	r := newRun(t, `
def keys(env):
    d = {env: 1, env.host: 2, T: 3, groups.beta: 4, ALL_HOSTS: 5, T.act: 6}
    return [d[env], d[h], d[T], d[groups.beta], d[ALL_HOSTS], env == env.web[0].parent, env != env.web[0], h != env.host, T == T, T != T(x = 1)]
h = local_host()
T = parallel_node(act = action(lambda env: 1))
root = node(hosts = h, actions = [keys], web = T.array())
`, nodes.Options{})
	want := []any{int64(1), int64(2), int64(3), int64(4), int64(5), true, true, false, true, true}
	if v, err := plainOf(t, r, "keys"); err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("got %v, %v", v, err)
	}
}

// TestFromGo wants what is shown of a value to make the same value again.
func TestFromGo(t *testing.T) {
	for _, want := range []any{
		nil, "x", []byte("x"), true, int64(3), new(big.Int).Lsh(big.NewInt(1), 70), 1.5, []any{"a", []any{}},
		nodes.Dict{{Key: "a", Value: nodes.Dict{{Key: int64(1), Value: nil}}}},
	} {
		v, err := fromGo(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := value{v: v}.Plain()
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v, %v, want %#v", got, err, want)
		}
		again, err := fromGo(nil, plainer{want})
		if err != nil {
			t.Fatal(err)
		}
		if same, err := starlark.Equal(again, v); !same || err != nil {
			t.Errorf("got %v, %v, want %v", again, err, v)
		}
	}
	bad := func() {}
	for _, bad := range []any{bad, []any{bad}, nodes.Dict{{Key: []any{}}}, nodes.Dict{{Key: "x", Value: bad}}} {
		if v, err := fromGo(nil, bad); err == nil {
			t.Errorf("%v is taken as %v", bad, v)
		}
	}
}

// plainer is a value of another front.
type plainer struct{ v any }

func (p plainer) Plain() (any, error) { return p.v, nil }

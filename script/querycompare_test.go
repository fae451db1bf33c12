package script

import (
	"context"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/hosts"
	"deployer/nodes"
)

// queryGen makes texts of expressions that are the same in Starlark and in queries: without &, | and ~.
type queryGen struct{ *rand.Rand }

func (g queryGen) pick(from ...string) string { return from[g.IntN(len(from))] }

func (g queryGen) text(depth int) string {
	if depth == 0 || g.IntN(7) == 0 {
		return g.leaf()
	}
	sub := func() string { return "(" + g.text(depth-1) + ")" }
	switch g.IntN(14) {
	case 0:
		return g.pick("-", "+", "not ") + sub()
	case 1:
		return sub() + " if " + sub() + " else " + sub()
	case 2:
		return "[" + sub() + ", " + sub() + "]"
	case 3:
		return "(" + sub() + ", " + sub() + ")"
	case 4:
		return "{" + g.leaf() + ": " + sub() + ", " + g.leaf() + ": " + sub() + "}"
	case 5:
		return sub() + "[" + sub() + "]"
	case 6:
		return g.format() + " % " + sub()
	case 7:
		return sub() + g.pick(" and ", " or ") + sub()
	case 8, 9:
		return sub() + g.pick(" == ", " != ", " < ", " <= ", " > ", " >= ", " in ", " not in ") + sub()
	}
	return sub() + g.pick(" + ", " - ", " * ", " / ", " // ", " % ") + sub()
}

func (g queryGen) leaf() string {
	return g.pick("a", "b", "c", "d", "e", "f", "h", "None", "True", "False", "0", "1", "2", "7", "100", "1.5", "0.0",
		"2.0", "1e300", `""`, `"x"`, `"xyz"`, `"k"`, "[]", "()", "{}", "123456789012345678901234567890", "9223372036854775807",
		`"é"`)
}

func (g queryGen) format() string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick("%s", "%r", "%d", "%x", "%X", "%o", "%i", "%e", "%f", "%g", "%G", "%c", "%%",
			"%(k)s", "%(k)d", "x", "%q", "%"))
	}
	return `"` + b.String() + `"`
}

// queryNames are what the names of those texts stand for.
const queryNames = `a = 5, b = -2.5, c = "hello", d = [1, "two", [3]], e = (1, 2.0), f = {"k": 7, 1: "one"}, h = True`

// FuzzQueryValues evaluates expressions as Starlark, as a query of a script and as a query of a Go program: all must
// give the same, or all fail.
func FuzzQueryValues(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed, uint8(seed%5))
	}
	names, err := starlark.EvalOptions(&syntax.FileOptions{}, &starlark.Thread{}, "", "dict("+queryNames+")", nil)
	if err != nil {
		f.Fatal(err)
	}
	session := hosts.NewSession(hosts.Options{})
	f.Cleanup(func() { _ = session.Close() })
	run := nodes.NewRun(nodes.Options{Session: session})
	globals := starlark.StringDict{}
	var ofGo, ofScript []nodes.Member
	for _, item := range names.(*starlark.Dict).Items() {
		name := string(item[0].(starlark.String))
		globals[name] = item[1]
		ofGo = append(ofGo, nodes.Member{Name: name, Constant: goValue(f, run, item[1])})
		ofScript = append(ofScript, nodes.Member{Name: name, Constant: value{item[1]}})
	}
	prog := &program{}
	f.Fuzz(func(t *testing.T, seed uint64, depth uint8) {
		text := queryGen{rand.New(rand.NewPCG(seed, 1))}.text(int(depth % 5))
		want, wantErr := starlark.EvalOptions(&syntax.FileOptions{}, &starlark.Thread{}, "", text, globals)
		q, err := nodes.ParseQuery(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		inScript := nodes.NewQuery(q.Expr(), nodes.Pos{}, prog.calculate)
		for name, members := range map[string][]nodes.Member{
			"Go":       append(slices.Clip(ofGo), nodes.Member{Name: "q", Query: &q}),
			"a script": append(slices.Clip(ofScript), nodes.Member{Name: "q", Query: &inScript}),
		} {
			got, err := read(run, members)
			if (err == nil) != (wantErr == nil) {
				if err == nil || !strings.Contains(err.Error(), "is too large") { // Starlark repeats up to a gigabyte
					t.Errorf("%s in %s: got %v, error %v; Starlark: %v, error %v", text, name, got, err, want, wantErr)
				}
			} else if err == nil && shown(got) != shown(value{want}) {
				t.Errorf("%s in %s: got %s, Starlark: %s", text, name, shown(got), shown(value{want}))
			}
		}
	})
}

// read evaluates the query q of a node with these members.
func read(run *nodes.Run, members []nodes.Member) (any, error) {
	template, problems := nodes.NewTemplate(nodes.KindNormal, nodes.Definition{Members: members})
	if len(problems) > 0 {
		return nil, problems[0]
	}
	return run.Env((&nodes.Tree{Template: template}).Root()).Query(context.Background(), "q")
}

// goValue is a value of Starlark as a Go program would have it: a tuple as a query makes it.
func goValue(t testing.TB, run *nodes.Run, v starlark.Value) any {
	if tuple, ok := v.(starlark.Tuple); ok {
		q := nodes.Q(tuple.String())
		made, err := read(run, []nodes.Member{{Name: "q", Query: &q}})
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	p, err := plain(v, 0)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// shown is a value in full.
func shown(v any) string {
	if p, ok := v.(nodes.Plainer); ok {
		plain, err := p.Plain()
		if err != nil {
			return err.Error()
		}
		v = plain
	}
	switch v := v.(type) {
	case []any:
		parts := make([]string, len(v))
		for i, one := range v {
			parts[i] = shown(one)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case nodes.Dict:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = shown(e.Key) + ": " + shown(e.Value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case *big.Int:
		return "int64 " + v.String()
	}
	return fmt.Sprintf("%T %v", v, v)
}

package script

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"deployer/nodes"
)

// inGo is what Go programs write for something that scripts ask of a node.
type inGo struct {
	script string // an expression
	inGo   func(t *testing.T, ctx context.Context, n *nodes.Env) any
}

const inspectedTree = `
def act(env, how = "softly"): return "%s acts %s" % (env, how)
def flaky(env):
    if env.host.slug == "w2":
        fail("no")
w1, w2 = local_host("w1"), local_host("w2")
Web = parallel_node(act = act, flaky = flaky, me = Q.host.slug, n = node(act = act))
root = node(hosts = [w1, w2], actions = [ask], act = action(act, alias = "go"), quiet = action(act, suppress_result = True),
    default = act, value = 7, prop = property(lambda env: 1), _hidden = node(group = groups.staging, act = act),
    url = Q("http://%s") % Q.value, web = Web.array(), bad = Web.just_one(), shop = node(group = groups.staging))
`

// inspections has a row for every method of an inspector, of a walk, and every filter.
var inspections = map[string]inGo{
	"get_name":      {`i(env.web).get_name()`, at("web", (*nodes.Place).Name)},
	"get_full_name": {`i(env.web.n).get_full_name()`, at("web/n", (*nodes.Place).FullName)},
	"get_path": {`"/".join(i(env.web.n).get_path())`, at("web/n", func(n *nodes.Place) string {
		return strings.Join(n.Names(), "/")
	})},
	"get_path NODE": {`i(env.web.n).get_path("NODE_ONLY")`, at("web/n", func(n *nodes.Place) string {
		return list(n.Line())
	})},
	"get_root":   {`i(env.web.n).get_root()`, at("web/n", func(n *nodes.Place) string { return n.Root().Path() })},
	"get_parent": {`i(env.web.n).get_parent()`, at("web/n", func(n *nodes.Place) string { return n.Parent().Path() })},
	"get_group": {`i(env._hidden).get_group().color`, at("_hidden", func(n *nodes.Place) string {
		return n.Group().Color
	})},
	"get_childnodes": {`i(env).get_childnodes()`, at("", func(n *nodes.Place) string {
		var all []*nodes.Place
		for _, c := range n.Children() {
			if c.Err == nil {
				all = append(all, c.Place)
			}
		}
		return list(all)
	})},
	"get_childnode": {`i(env).get_childnode("web")`, func(t *testing.T, _ context.Context, n *nodes.Env) any {
		return must(n.Place().Step("web"))(t).Path()
	}},
	"has_childnode": {`[i(env).has_childnode(n) for n in ["web", "url"]]`, has(nodes.ChildMember, "web", "url")},
	"get_errors": {`i(env).get_errors().values()`, at("", func(n *nodes.Place) []any {
		var all []any
		for _, c := range n.Children() {
			if c.Err != nil {
				all = append(all, c.Err.Error())
			}
		}
		return all
	})},
	"get_actions": {`[a.name for a in i(env).get_actions()]`, names(nodes.ActionMember)},
	"get_action": {`i(env).get_action("go")("hard")`, func(t *testing.T, ctx context.Context, n *nodes.Env) any {
		must(n.Place().Get(nodes.ActionMember, "go"))(t)
		return must(n.Call(ctx, "go", nodes.Args{Positional: []any{"hard"}}))(t)
	}},
	"has_action":     {`[i(env).has_action(n) for n in ["go", "url"]]`, has(nodes.ActionMember, "go", "url")},
	"get_properties": {`[p.name for p in i(env).get_properties()]`, names(nodes.PropertyMember)},
	"get_property": {`i(env).get_property("prop")()`, func(t *testing.T, ctx context.Context, n *nodes.Env) any {
		must(n.Place().Get(nodes.PropertyMember, "prop"))(t)
		return must(n.Property(ctx, "prop"))(t)
	}},
	"has_property": {`[i(env).has_property(n) for n in ["prop", "url"]]`, has(nodes.PropertyMember, "prop", "url")},
	"get_queries":  {`[q.name for q in i(env).get_queries()]`, names(nodes.QueryMember)},
	"get_query": {`[i(env).get_query("url").expression, i(env).get_query("url")()]`,
		func(t *testing.T, ctx context.Context, n *nodes.Env) any {
			text := must(n.Place().Get(nodes.QueryMember, "url"))(t).Query.String()
			return []any{text, must(n.Query(ctx, "url"))(t)}
		}},
	"has_query": {`[i(env).has_query(n) for n in ["url", "value"]]`, has(nodes.QueryMember, "url", "value")},
	"trace_query": {`[[s.query, s.value] for s in i(env).trace_query("url")[0].steps]`,
		func(t *testing.T, ctx context.Context, n *nodes.Env) any {
			var all []any
			for _, step := range must(n.TraceQuery(ctx, "url"))(t)[0].Steps {
				all = append(all, []any{step.Part, step.Value})
			}
			return all
		}},
	"get_references": {`[[r.node, r.name, r.attribute] for r in i(env).get_references()]`, at("", func(n *nodes.Place) []any {
		var all []any
		for _, r := range n.References() {
			all = append(all, []any{r.From.Path(), r.Name, r.Attr})
		}
		return all
	})},
	"is_callable": {`[i(n).is_callable() for n in [env, env.web]]`, func(t *testing.T, _ context.Context, n *nodes.Env) any {
		return []any{n.Place().IsCallable(), must(n.Place().Step("web"))(t).IsCallable()}
	}},
	"suppress_result_for_action": {`[i(env).suppress_result_for_action(n) for n in ["act", "quiet"]]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			return []any{must(n.Action("act"))(t).SuppressResult, must(n.Action("quiet"))(t).SuppressResult}
		}},
	"iter_isolations": {`[[k[0], cell] for k, cell in i(env.web.n).iter_isolations()]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			var all []any
			for _, cell := range must(nodeAt(t, n, "web/n").Isolations())(t) {
				all = append(all, []any{cell.CellSlugs()[0], cell.Path()})
			}
			return all
		}},
	"iter_isolations numbers": {`[k[0] for k, cell in i(env.web.n).iter_isolations("numbers")]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			var all []any
			for _, cell := range must(nodeAt(t, n, "web/n").Isolations())(t) {
				all = append(all, cell.CellNumbers()[0])
			}
			return all
		}},
	"iter_isolations hosts": {`[k[0].slug for k, cell in i(env.web.n).iter_isolations("hosts")]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			var all []any
			for _, cell := range must(nodeAt(t, n, "web/n").Isolations())(t) {
				all = append(all, cell.CellHosts()[0].Slug())
			}
			return all
		}},
	"get_isolation": {`[i(env.web).get_isolation(1), i(env.web).get_isolation("w1")]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			web := nodeAt(t, n, "web")
			return []any{must(web.CellOf(1))(t).Path(), must(web.CellOf("w1"))(t).Path()}
		}},
	"get_isolation_identifier": {`[i(n).get_isolation_identifier() or "" for n in [env.web[1], env.web[1].n, env.web]]`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			web := nodeAt(t, n, "web")
			cell := must(web.CellOf(1))(t)
			return []any{cell.CellSlug(), must(cell.Step("n"))(t).CellSlug(), web.CellSlug()}
		}},
	"walk":       {`list(i(env).walk())`, walked(func(w nodes.Walk) nodes.Walk { return w })},
	"walk again": {`len(i(env.web).walk())`, at("web", func(n *nodes.Place) int { return n.Walk().Len() })},
	"walk.filter": {`list(i(env).walk().filter(filters.private).filter(filters.has_action("act")))`,
		walked(func(w nodes.Walk) nodes.Walk { return w.Filter(nodes.Private()).Filter(nodes.HasAction("act")) })},
	"walk.prefer_isolation": {`list(i(env).walk().prefer_isolation("w2"))`,
		walked(func(w nodes.Walk) nodes.Walk { return w.PreferIsolation("w2") })},
	"walk.call_action": {`i(env).walk(filters.has_action("act")).call_action("act", "hard").values()`,
		func(t *testing.T, ctx context.Context, n *nodes.Env) any {
			args := nodes.Args{Positional: []any{"hard"}}
			return must(n.Walk().Filter(nodes.HasAction("act")).Call(ctx, "act", args))(t).Values
		}},
	"walk.call_action that fails": {
		`attempt(lambda: i(env).walk(filters.has_action("flaky")).call_action("flaky")).value.errors.keys()`,
		func(t *testing.T, ctx context.Context, n *nodes.Env) any {
			r, err := n.Walk().Filter(nodes.HasAction("flaky")).Call(ctx, "flaky", nodes.Args{})
			if err == nil {
				t.Error("nothing failed")
			}
			var failed []any
			for i, err := range r.Errors {
				if err != nil {
					failed = append(failed, r.Name(i))
				}
			}
			return failed
		}},
	"walk.errors": {`i(env).walk().errors()`, at("", func(n *nodes.Place) []any {
		var all []any
		for _, err := range n.Walk().All() {
			if err != nil {
				all = append(all, err.Error())
			}
		}
		return all
	})},
	"filters.public":  {`list(i(env).walk(filters.public))`, chosen(nodes.Public())},
	"filters.private": {`list(i(env).walk(filters.private))`, chosen(nodes.Private())},
	"filters.in_group": {`list(i(env).walk(filters.in_group(groups.staging)))`,
		chosen(nodes.InGroup("staging"))},
	"filters.has_action": {`list(i(env).walk(filters.has_action("go")))`, chosen(nodes.HasAction("go"))},
	"filters.instance_of": {`list(i(env).walk(filters.instance_of(Web)))`,
		func(t *testing.T, _ context.Context, n *nodes.Env) any {
			return list(slices.Collect(n.Walk().Filter(nodes.InstanceOf(nodeAt(t, n, "web").Template().Base)).Places()))
		}},
	"filters together": {`list(i(env).walk(filters.has_action("act") & ~filters.private | filters.in_group(groups.staging)))`,
		chosen(nodes.HasAction("act").And(nodes.Private().Not()).Or(nodes.InGroup("staging")))},
}

// TestInspectionInGo asks of one tree what scripts can ask, in a script and in Go, and compares the answers.
func TestInspectionInGo(t *testing.T) {
	var ask strings.Builder
	ask.WriteString("def i(env): return inspect(env)\ndef ask(env, what):\n    return {\n")
	for _, name := range slices.Sorted(maps.Keys(inspections)) {
		fmt.Fprintf(&ask, "        %q: lambda: %s,\n", name, inspections[name].script)
	}
	ask.WriteString("    }[what]()\n")
	root := newRun(t, ask.String()+inspectedTree, nodes.Options{}).root
	for name, one := range inspections {
		t.Run(name, func(t *testing.T) {
			v := must(root.Call(t.Context(), "ask", nodes.Args{Positional: []any{name}}))(t)
			script, inGo := must(nodes.FormatResult(v))(t), must(nodes.FormatResult(one.inGo(t, t.Context(), root)))(t)
			if script != inGo || script == "" || script == "[]\n" {
				t.Errorf("the script: %s in Go: %s", script, inGo)
			}
		})
	}
	for prefix, methods := range map[string][]string{
		"": inspector{}.AttrNames(), "walk.": walk{}.AttrNames(), "filters.": filtersValue{}.AttrNames(),
	} {
		for _, name := range methods {
			if _, ok := inspections[prefix+name]; !ok {
				t.Errorf("nothing is known of %s%s in Go", prefix, name)
			}
		}
	}
}

// must returns the value, once it is told which test fails with the error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// nodeAt is the node at a path.
func nodeAt(t *testing.T, n *nodes.Env, path string) *nodes.Place {
	t.Helper()
	at := n.Place()
	for step := range strings.SplitSeq(path, "/") {
		if step != "" {
			at = must(at.Step(step))(t)
		}
	}
	return at
}

func at[T any](path string, ask func(*nodes.Place) T) func(*testing.T, context.Context, *nodes.Env) any {
	return func(t *testing.T, _ context.Context, n *nodes.Env) any { return ask(nodeAt(t, n, path)) }
}

func has(kind nodes.MemberKind, names ...string) func(*testing.T, context.Context, *nodes.Env) any {
	return at("", func(n *nodes.Place) []any {
		var all []any
		for _, name := range names {
			all = append(all, n.Has(kind, name))
		}
		return all
	})
}

func names(kind nodes.MemberKind) func(*testing.T, context.Context, *nodes.Env) any {
	return at("", func(n *nodes.Place) []any {
		var all []any
		for _, name := range n.MemberNames(kind) {
			all = append(all, name)
		}
		return all
	})
}

func walked(how func(nodes.Walk) nodes.Walk) func(*testing.T, context.Context, *nodes.Env) any {
	return at("", func(n *nodes.Place) string { return list(slices.Collect(how(n.Walk()).Places())) })
}

func chosen(f nodes.Filter) func(*testing.T, context.Context, *nodes.Env) any {
	return walked(func(w nodes.Walk) nodes.Walk { return w.Filter(f) })
}

// list is a list of nodes as a script's result prints it.
func list(all []*nodes.Place) string {
	var paths []string
	for _, n := range all {
		paths = append(paths, fmt.Sprintf("%q", n.Path()))
	}
	return "[" + strings.Join(paths, ",") + "]"
}

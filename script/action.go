package script

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// action is action(f, …): a function with options.
type action struct {
	a     *nodes.Action
	named bool // the script gave it a name
}

func (a *action) String() string        { return fmt.Sprintf("<action %s>", a.a.Name) }
func (a *action) Type() string          { return "action" }
func (a *action) Truth() starlark.Bool  { return true }
func (a *action) Freeze()               {}
func (a *action) Hash() (uint32, error) { return starlark.String(a.a.Name).Hash() }

// actionOf is the action of a function that takes an env first: while the tree loads, the same for all nodes that have
// it.
func (s site) actionOf(f *starlark.Function) *nodes.Action {
	l := s.call.loader
	if l == nil {
		f.Freeze()
		return s.call.prog.newAction(f)
	}
	a := l.actions[f]
	if a == nil {
		a = s.call.prog.newAction(f)
		l.actions[f] = a
		s.keep(f)
	}
	return a
}

func (p *program) newAction(f *starlark.Function) *nodes.Action {
	a := &nodes.Action{
		Name: f.Name(), Doc: cleanDoc(f.Doc()), Pos: pos(f.Position()),
		Variadic: f.HasVarargs(), Keywords: f.HasKwargs(),
		Params: params(f),
	}
	a.Call = func(ctx context.Context, env *nodes.Env, args nodes.Args) (any, error) {
		return p.run(ctx, env, f, args)
	}
	return a
}

// params are the parameters of a function after env.
func params(f *starlark.Function) []nodes.Param {
	var out []nodes.Param
	byPosition := positionalParams(f)
	for i := 1; i < byPosition+f.NumKwonlyParams(); i++ {
		name, _ := f.Param(i)
		p := nodes.Param{Name: name, NamedOnly: i >= byPosition}
		if def := f.ParamDefault(i); def != nil {
			p.Optional, p.Default = true, defaultOf(def)
		}
		out = append(out, p)
	}
	return out
}

// defaultOf is a default value as it decides how words of a command line are read; nil if it does not.
func defaultOf(v starlark.Value) any {
	switch v := v.(type) {
	case starlark.String:
		return string(v)
	case starlark.Bool:
		return bool(v)
	case starlark.Float:
		return float64(v)
	case starlark.Int:
		if n, ok := v.Int64(); ok {
			return n
		}
	case *starlark.List, starlark.Tuple:
		list := []any{}
		for one := range starlark.Elements(v.(starlark.Iterable)) {
			list = append(list, defaultOf(one))
		}
		return list
	}
	return nil
}

// run calls a function of the tree with an env.
func (p *program) run(ctx context.Context, env *nodes.Env, f *starlark.Function, args nodes.Args) (any, error) {
	c := newCall(ctx, p, env)
	defer c.end()
	positional := starlark.Tuple{&envValue{c, env}}
	for _, arg := range args.Positional {
		v, err := fromGo(c, arg)
		if err != nil {
			return nil, err
		}
		positional = append(positional, v)
	}
	var kwargs []starlark.Tuple
	for _, arg := range args.Named {
		v, err := fromGo(c, arg.Value)
		if err != nil {
			return nil, err
		}
		kwargs = append(kwargs, starlark.Tuple{starlark.String(arg.Name), v})
	}
	v, err := c.invoke(f, positional, kwargs)
	err = c.closeFiles(err)
	c.endBars(err)
	if err != nil {
		return nil, err
	}
	if e, ok := v.(*envValue); ok {
		return e.env, nil // a node is the same for every front
	}
	return value{v}, nil
}

// actionBuiltin is action(f, …).
func actionBuiltin(s site) (starlark.Value, error) {
	var (
		f        starlark.Value
		name     string
		aliases  []string
		suppress bool
		isolate  string
		rolling  *nodes.Rolling
	)
	problems := s.bind("action", []param{
		{name: "f", set: anyValue(&f)},
		{name: "name", optional: true, byName: true, set: someText(&name)},
		{name: "alias", optional: true, byName: true, set: textOrWords(&aliases)},
		{name: "suppress_result", optional: true, byName: true, set: truth(&suppress)},
		{name: "isolate", optional: true, byName: true, set: oneOf(&isolate, "later", "one")},
		{name: "rolling", optional: true, byName: true, set: rollingOf(&rolling)},
	})
	made := &nodes.Action{Name: name, Pos: s.pos()}
	if f != nil {
		of, more := s.toAction(f, s.positional(0))
		problems = append(problems, more...)
		if of != nil {
			*made = *of
			made.Aliases = slices.Concat(of.Aliases, aliases)
		}
	}
	if name != "" {
		made.Name = name
	}
	if slices.Contains(made.Aliases, "") {
		problems = append(problems, nodes.Problem{Pos: s.keyword("alias"), Message: "action: alias: got an empty name"})
	}
	made.SuppressResult = made.SuppressResult || suppress
	made.Rolling = cmp.Or(rolling, made.Rolling)
	switch isolate {
	case "later":
		made.Isolate = nodes.IsolateLater
	case "one":
		made.Isolate = nodes.IsolateOne
	}
	return &action{made, name != ""}, s.complain(problems...)
}

// oneOf is one of some strings.
func oneOf(to *string, of ...string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		s, ok := v.(starlark.String)
		if ok && slices.Contains(of, string(s)) {
			*to = string(s)
			return nil
		}
		want := `"` + strings.Join(of, `" or "`) + `"`
		if ok {
			return fmt.Errorf("got %q, want %s", string(s), want)
		}
		return typeError(v, want)
	}
}

// propertyBuiltin is property(f).
func propertyBuiltin(s site) (starlark.Value, error) {
	var f starlark.Value
	problems := s.bind("property", []param{{name: "f", set: anyValue(&f)}})
	p := &nodes.Property{}
	fn, ok := f.(*starlark.Function)
	switch {
	case f == nil:
	case !ok:
		problems = append(problems, nodes.Problem{Pos: s.positional(0),
			Message: fmt.Sprintf("property: got %s, want a function", f.Type()), Hint: "property(lambda env: …)"})
	case !takesOne(fn):
		problems = append(problems, nodes.Problem{Pos: s.positional(0),
			Message: fmt.Sprintf("property: the function %s cannot be called with env alone", fn.Name()),
			Hint:    "property(lambda env: …)"})
	default:
		s.keep(fn)
		p.Doc = cleanDoc(fn.Doc())
		p.Eval = func(ctx context.Context, env *nodes.Env) (any, error) {
			return s.call.prog.run(ctx, env, fn, nodes.Args{})
		}
	}
	return &property{p}, s.complain(problems...)
}

// takesOne reports whether a function can be called with one argument by position.
func takesOne(f *starlark.Function) bool {
	n := positionalParams(f)
	if n == 0 && !f.HasVarargs() {
		return false
	}
	for i := range n + f.NumKwonlyParams() {
		if i > 0 && f.ParamDefault(i) == nil {
			return false
		}
	}
	return true
}

func requiredBuiltin(s site) (starlark.Value, error) {
	why := ""
	problems := s.bind("required", []param{{name: "why", optional: true, set: text(&why)}})
	return required(why), s.complain(problems...)
}

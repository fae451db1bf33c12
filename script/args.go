package script

import (
	"fmt"
	"math"
	"time"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/internal/nearest"
	"deployer/nodes"
)

// site is a call of a builtin in a script, with its arguments.
type site struct {
	call   *call
	thread *starlark.Thread
	args   starlark.Tuple
	kwargs []starlark.Tuple
}

// builtin is a function that scripts may call.
type builtin func(site) (starlark.Value, error)

// value is the function as scripts see it.
func (f builtin) value(name string) starlark.Value {
	return starlark.NewBuiltin(name, func(thread *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple,
		kwargs []starlark.Tuple) (starlark.Value, error) {
		return f(site{callOf(thread), thread, args, kwargs})
	})
}

// pos is the place of the call: of the function's name.
func (s site) pos() nodes.Pos {
	at := callerOf(s.thread).Pos
	if expr := s.expr(); expr != nil {
		start, _ := expr.Span()
		at.Line, at.Col = int(start.Line), int(start.Col)
	}
	return at
}

// expr is the call in the syntax tree, or nil: a function such as sorted may have called the builtin.
func (s site) expr() *syntax.CallExpr {
	at := callerOf(s.thread).Pos
	src := s.call.prog.sources[at.File]
	if src == nil {
		return nil
	}
	return src.calls[place{int32(at.Line), int32(at.Col)}]
}

// name is what the result of the call is assigned to: a global, or an argument of another call. It may be "".
func (s site) name() string {
	src := s.call.prog.sources[callerOf(s.thread).Pos.File]
	if src == nil {
		return ""
	}
	return src.names[s.expr()]
}

// keyword is the place of an argument that is given by name, or of the call.
func (s site) keyword(name string) nodes.Pos {
	if id, _ := s.argument(name); id != nil {
		return pos(id.NamePos)
	}
	return s.pos()
}

// argument returns an argument that is given by name, as it is written.
func (s site) argument(name string) (*syntax.Ident, syntax.Expr) {
	if expr := s.expr(); expr != nil {
		for _, arg := range expr.Args {
			if id, value := named(arg); id != nil && id.Name == name {
				return id, value
			}
		}
	}
	return nil, nil
}

// element is the place of an entry of a list or dict that is written as the argument of a name, or of the argument.
func (s site) element(name string, i int) nodes.Pos {
	_, expr := s.argument(name)
	var list []syntax.Expr
	switch expr := expr.(type) {
	case *syntax.ListExpr:
		list = expr.List
	case *syntax.TupleExpr:
		list = expr.List
	case *syntax.DictExpr:
		list = expr.List
	}
	if i >= len(list) {
		return s.keyword(name)
	}
	start, _ := list[i].Span()
	return pos(start)
}

// positional is the place of an argument that is given by position, or of the call.
func (s site) positional(i int) nodes.Pos {
	if expr := s.expr(); expr != nil && i < len(expr.Args) {
		arg := expr.Args[i]
		if u, ok := arg.(*syntax.UnaryExpr); !ok || u.Op != syntax.STAR && u.Op != syntax.STARSTAR {
			start, _ := arg.Span()
			return pos(start)
		}
	}
	return s.pos()
}

// problem makes a problem at the place of the call.
func (s site) problem(format string, args ...any) nodes.Problem {
	return nodes.Problem{Pos: s.pos(), Message: fmt.Sprintf(format, args...)}
}

// complain records problems while loading. Inside an action the first of them is returned as an error.
func (s site) complain(problems ...nodes.Problem) error {
	if s.call.loader == nil {
		for _, p := range problems {
			if !p.Warning {
				return plainError{p}
			}
		}
		return nil
	}
	for _, p := range problems {
		s.call.loader.record(p, s.trace())
	}
	return nil
}

// trace is the calls that led to this one, if it is inside a function.
func (s site) trace() []Frame {
	all := frames(s.thread.CallStack())
	if len(all) == 0 {
		return nil
	}
	return shorten(all[:len(all)-1])
}

// param is a parameter of a builtin.
type param struct {
	name     string
	optional bool
	byName   bool // cannot be given by position
	set      func(starlark.Value) error
}

// bind gives the arguments of a call to the parameters. Every mistake is a problem at its own place.
func (s site) bind(fn string, params []param) []nodes.Problem {
	b := binding{site: s, fn: fn, params: params, given: map[string]bool{}}
	for i, v := range s.args {
		b.position(i, v)
	}
	for _, kw := range s.kwargs {
		b.keyword(string(kw[0].(starlark.String)), kw[1])
	}
	for _, p := range params {
		if !p.optional && !b.given[p.name] {
			b.problems = append(b.problems, s.problem("%s: the argument %s is missing", fn, p.name))
		}
	}
	return b.problems
}

type binding struct {
	site
	fn       string
	params   []param
	given    map[string]bool
	problems []nodes.Problem
}

func (b *binding) position(i int, v starlark.Value) {
	n := 0
	for _, p := range b.params {
		if !p.byName {
			n++
		}
	}
	switch {
	case i < n:
		b.give(b.params[i], v, b.positional(i))
	case i == n:
		p := nodes.Problem{Pos: b.positional(i), Message: fmt.Sprintf("%s takes %s", b.fn, count(n, "positional argument"))}
		if n < len(b.params) {
			p.Hint = "give the others by name"
		}
		b.problems = append(b.problems, p)
	}
}

func (b *binding) keyword(name string, v starlark.Value) {
	var names []string
	for _, p := range b.params {
		if p.name == name {
			b.give(p, v, b.site.keyword(name))
			return
		}
		names = append(names, p.name)
	}
	b.problems = append(b.problems, nodes.Problem{Pos: b.site.keyword(name),
		Message: fmt.Sprintf("%s has no argument %s", b.fn, name), Hint: nearest.Hint(name, names)})
}

func (b *binding) give(p param, v starlark.Value, at nodes.Pos) {
	if b.given[p.name] {
		b.problems = append(b.problems, nodes.Problem{Pos: at, Message: fmt.Sprintf("%s: %s is given twice", b.fn, p.name)})
		return
	}
	b.given[p.name] = true
	if _, unavailable := v.(broken); unavailable {
		return // what is wrong with it was told
	}
	if err := p.set(v); err != nil {
		b.problems = append(b.problems, nodes.Problem{Pos: at, Message: fmt.Sprintf("%s: %s: %v", b.fn, p.name, err)})
	}
}

// count writes a number of things.
func count(n int, thing string) string {
	switch n {
	case 0:
		return "no " + thing
	case 1:
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// typeError says what was expected of a value, never the value: it may be a secret.
func typeError(v starlark.Value, want string) error {
	return fmt.Errorf("got %s, want %s", v.Type(), want)
}

func anyValue(to *starlark.Value) func(starlark.Value) error {
	return func(v starlark.Value) error { *to = v; return nil }
}

func text(to *string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		s, ok := v.(starlark.String)
		if !ok {
			return typeError(v, "a string")
		}
		*to = string(s)
		return nil
	}
}

// someText is text that is not empty.
func someText(to *string) func(starlark.Value) error {
	set := text(to)
	return func(v starlark.Value) error {
		if v == starlark.String("") {
			return fmt.Errorf("got an empty string")
		}
		return set(v)
	}
}

func truth(to *bool) func(starlark.Value) error {
	return func(v starlark.Value) error {
		b, ok := v.(starlark.Bool)
		if !ok {
			return typeError(v, "True or False")
		}
		*to = bool(b)
		return nil
	}
}

func number(to *int, low, high int) func(starlark.Value) error {
	return func(v starlark.Value) error {
		i, ok := v.(starlark.Int)
		if !ok {
			return typeError(v, "an int")
		}
		n, fits := i.Int64()
		if !fits || n < int64(low) || n > int64(high) {
			return fmt.Errorf("got %s, want %d to %d", i, low, high)
		}
		*to = int(n)
		return nil
	}
}

// seconds is a length of time, a number above 0.
func seconds(to *time.Duration) func(starlark.Value) error {
	return func(v starlark.Value) error {
		f, ok := starlark.AsFloat(v)
		if !ok {
			return typeError(v, "a number of seconds")
		}
		if !(f > 0 && f < math.MaxInt64/1e9) {
			return fmt.Errorf("got %v, want a number of seconds above 0", v)
		}
		*to = time.Duration(f * float64(time.Second))
		return nil
	}
}

// patience is a number of seconds, or 0 for ever, which becomes less than 0.
func patience(to *time.Duration) func(starlark.Value) error {
	return func(v starlark.Value) error {
		if f, ok := starlark.AsFloat(v); ok && f == 0 {
			*to = -1
			return nil
		}
		return seconds(to)(v)
	}
}

// words is a list of strings.
func words(to *[]string) func(starlark.Value) error {
	return func(v starlark.Value) error {
		items, ok := v.(starlark.Sequence)
		if !ok {
			return typeError(v, "a list of strings")
		}
		var out []string
		for item := range starlark.Elements(items) {
			s, ok := item.(starlark.String)
			if !ok {
				return fmt.Errorf("got a %s in the list, want strings", item.Type())
			}
			out = append(out, string(s))
		}
		*to = out
		return nil
	}
}

// textOrWords is a string, or a list of them.
func textOrWords(to *[]string) func(starlark.Value) error {
	list := words(to)
	return func(v starlark.Value) error {
		if s, ok := v.(starlark.String); ok {
			*to = []string{string(s)}
			return nil
		}
		if _, ok := v.(starlark.Sequence); !ok {
			return typeError(v, "a string or a list of strings")
		}
		return list(v)
	}
}

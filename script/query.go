package script

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/internal/expr"
	"deployer/nodes"
)

// query is Q, and what grows from it: an expression that is evaluated whenever the member that it becomes is read.
type query struct {
	e    expr.Expr
	size int // parts of the expression
	prog *program
}

var (
	_ starlark.Callable   = (*query)(nil)
	_ starlark.HasAttrs   = (*query)(nil)
	_ starlark.HasBinary  = (*query)(nil)
	_ starlark.HasUnary   = (*query)(nil)
	_ starlark.Mapping    = (*query)(nil)
	_ starlark.Container  = (*query)(nil)
	_ starlark.Comparable = (*query)(nil)
)

// newQ is Q.
func newQ(prog *program) *query { return &query{expr.Self{}, 1, prog} }

// String is the expression. While the tree loads, a query in a text is a mistake: the text would never change again.
func (q *query) String() string {
	if c := q.prog.loading; c != nil {
		c.loader.record(nodes.Problem{
			Pos: callerOf(c.thread).Pos, Message: "a query cannot be put into a text while the tree loads",
			Hint: `write Q("…%s…") % Q.x, which does so when it is read`,
		}, site{call: c, thread: c.thread}.trace())
	}
	return q.e.String()
}

func (q *query) Type() string { return "query" }

// Truth is that there is a query: functions that take one may ask whether they were given one.
func (q *query) Truth() starlark.Bool { return true }
func (q *query) Freeze()              {}
func (q *query) Name() string         { return "query" }

// Hash makes queries usable as keys of a dict in Q({…}).
func (q *query) Hash() (uint32, error) { return starlark.String(q.e.String()).Hash() }

var errCompared = plainError{nodes.Problem{Message: "a query cannot be compared while the tree loads",
	Hint: `write query("a == b"), which compares when it is read`}}

// CompareSameType refuses.
func (q *query) CompareSameType(_ syntax.Token, other starlark.Value, _ int) (bool, error) {
	if q == other {
		return true, nil // as a key of a dict
	}
	return false, errCompared
}

// Has refuses: it is what "in" asks.
func (q *query) Has(starlark.Value) (bool, error) { return false, errCompared }

// AttrNames are not known.
func (q *query) AttrNames() []string { return nil }

func (q *query) Attr(name string) (starlark.Value, error) {
	if !expr.IsName(name) {
		return nil, wrong("a query cannot read the attribute %q: it is no name", name)
	}
	return q.grow(&expr.Attr{X: q.e, Name: name}, 1)
}

// grow is a query that contains this one and some more parts.
func (q *query) grow(e expr.Expr, more int) (*query, error) {
	if q.size+more > expr.MaxSize {
		return nil, wrong("the query has more than %d parts", expr.MaxSize)
	}
	return &query{e, q.size + more, q.prog}, nil
}

// Get is Q.x[key]. A host stands for its cell.
func (q *query) Get(key starlark.Value) (starlark.Value, bool, error) {
	if h, ok := key.(*hostValue); ok {
		key = starlark.String(h.h.Slug())
	}
	k, size, err := toExpr(key)
	if err != nil {
		return nil, false, err
	}
	v, err := q.grow(&expr.Index{X: q.e, Key: k}, size)
	return v, true, err
}

// CallInternal is Q(constant), or a call of what the query gives.
func (q *query) CallInternal(_ *starlark.Thread, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if q.e == (expr.Self{}) {
		return q.constant(args, kwargs)
	}
	c := &expr.Call{Fn: q.e}
	size := 1
	for _, v := range args {
		e, n, err := toExpr(v)
		if err != nil {
			return nil, err
		}
		c.Args = append(c.Args, e)
		size += n
	}
	for _, kw := range kwargs {
		e, n, err := toExpr(kw[1])
		if err != nil {
			return nil, err
		}
		c.Named = append(c.Named, expr.NamedExpr{Name: string(kw[0].(starlark.String)), Value: e})
		size += n
	}
	return q.grow(c, size)
}

// constant makes a query of a value; of a query itself.
func (q *query) constant(args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if len(args) != 1 || len(kwargs) > 0 {
		return nil, wrong("Q(…) takes one value: call an action of the node as Q.name(…)")
	}
	if already, ok := args[0].(*query); ok {
		return already, nil
	}
	e, size, err := toExpr(args[0])
	if err != nil {
		return nil, err
	}
	return q.grow(&expr.Wrapped{X: e}, size)
}

// queryOps are the operators that scripts have between queries. & and | stand for "and" and "or", which no value can
// take over.
var queryOps = map[syntax.Token]expr.Op{
	syntax.PLUS: expr.Plus, syntax.MINUS: expr.Minus, syntax.STAR: expr.Times, syntax.SLASH: expr.Divide,
	syntax.SLASHSLASH: expr.FloorDivide, syntax.PERCENT: expr.Modulo, syntax.AMP: expr.Both, syntax.PIPE: expr.Either,
}

func (q *query) Binary(token syntax.Token, other starlark.Value, side starlark.Side) (starlark.Value, error) {
	op, ok := queryOps[token]
	if !ok {
		if token == syntax.IN {
			return nil, errCompared
		}
		return nil, wrong("there is no %s of queries", token)
	}
	y, size, err := toExpr(other)
	if err != nil {
		return nil, err
	}
	if side == starlark.Right {
		return q.grow(&expr.Binary{Op: op, X: y, Y: q.e}, size)
	}
	return q.grow(&expr.Binary{Op: op, X: q.e, Y: y}, size)
}

func (q *query) Unary(token syntax.Token) (starlark.Value, error) {
	op, ok := map[syntax.Token]expr.Op{syntax.TILDE: expr.Invert, syntax.MINUS: expr.Minus, syntax.PLUS: expr.Plus}[token]
	if !ok {
		return nil, nil
	}
	return q.grow(&expr.Unary{Op: op, X: q.e}, 1)
}

// toExpr is a value as a part of a query, and how many parts it has itself.
func toExpr(v starlark.Value) (expr.Expr, int, error) {
	switch v := v.(type) {
	case *query:
		return v.e, v.size, nil
	case starlark.NoneType:
		return expr.NewLiteral(nil), 1, nil
	case starlark.Bool:
		return expr.NewLiteral(bool(v)), 1, nil
	case starlark.String:
		return expr.NewLiteral(string(v)), 1, nil
	case starlark.Int:
		return expr.NewLiteral(v.BigInt()), 1, nil
	case starlark.Float:
		if f := float64(v); !math.IsInf(f, 0) && !math.IsNaN(f) {
			return expr.NewLiteral(f), 1, nil
		}
		return nil, 0, errors.New("a query cannot contain an endless number")
	case *starlark.List, starlark.Tuple:
		return listExpr(v.(starlark.Sequence))
	case *starlark.Dict:
		return dictExpr(v)
	}
	const can = "it can contain strings, numbers, bools, None, lists, dicts and queries"
	return nil, 0, wrong("a query cannot contain a %s: %s", v.Type(), can)
}

func listExpr(list starlark.Sequence) (expr.Expr, int, error) {
	elems, size, err := elements(list)
	if _, ok := list.(starlark.Tuple); ok {
		return &expr.Tuple{Elems: elems}, size, err
	}
	return &expr.List{Elems: elems}, size, err
}

func elements(list starlark.Iterable) (elems []expr.Expr, size int, err error) {
	size = 1
	for one := range starlark.Elements(list) {
		e, n, err := toExpr(one)
		if size += n; err == nil && size > expr.MaxSize {
			err = wrong("the query has more than %d parts", expr.MaxSize)
		}
		if err != nil {
			return nil, 0, err
		}
		elems = append(elems, e)
	}
	return elems, size, nil
}

func dictExpr(d *starlark.Dict) (expr.Expr, int, error) {
	out, size := &expr.Dict{}, 1
	for _, item := range d.Items() {
		pair, n, err := elements(item)
		if err != nil {
			return nil, 0, err
		}
		out.Entries = append(out.Entries, expr.Entry{Key: pair[0], Value: pair[1]})
		size += n
	}
	return out, size, nil
}

// queryBuiltin is query("…").
func queryBuiltin(s site) (starlark.Value, error) {
	var words string
	problems := s.bind("query", []param{{name: "expression", set: text(&words)}})
	if len(problems) == 0 {
		e, err := expr.Parse(words)
		if err == nil {
			return &query{e, countParts(e), s.call.prog}, nil
		}
		problems = append(problems, s.syntaxProblem(words, err))
	}
	return broken{}, s.complain(problems...)
}

func countParts(e expr.Expr) int {
	n := 1
	for _, part := range expr.Parts(e) {
		n += countParts(part)
	}
	return n
}

// syntaxProblem is what is wrong with the text of query(…), at its place inside the text if that is written there.
func (s site) syntaxProblem(words string, err error) nodes.Problem {
	var syntaxError *expr.SyntaxError
	if !errors.As(err, &syntaxError) {
		return s.problem("query: %v", err)
	}
	p := nodes.Problem{Message: "query: " + syntaxError.Message, Hint: syntaxError.Hint, Pos: s.positional(0)}
	if at, ok := s.within(words, syntaxError.Offset); ok {
		p.Pos = at
	} else {
		p.Message = fmt.Sprintf("query: after %q: %s", words[:syntaxError.Offset], syntaxError.Message)
	}
	return p
}

// member makes a query a member.
func (m memberSetter) query(q *query) *nodes.Query {
	at := m.at
	if _, value := m.argument(m.key); value != nil {
		start, _ := value.Span()
		at = pos(start)
	}
	made := nodes.NewQuery(q.e, at, q.prog.calculate)
	return &made
}

// holdsQuery reports whether there is a query somewhere in a list, a dict or a set. There it would never be evaluated.
func holdsQuery(v starlark.Value, depth int) bool {
	switch v := v.(type) {
	case *query:
		return true
	case *starlark.Dict:
		return slices.ContainsFunc(v.Items(), func(item starlark.Tuple) bool { return holdsQuery(item, depth) })
	case *starlark.List, starlark.Tuple, *starlark.Set:
		for one := range starlark.Elements(v.(starlark.Iterable)) {
			if depth > 0 && holdsQuery(one, depth-1) {
				return true
			}
		}
	}
	return false
}

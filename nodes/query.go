package nodes

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"

	"deployer/internal/expr"
)

// Query is an attribute that is computed from other attributes, anew whenever it is read:
//
//	Q("parent.domain")
//	Q(`"%s:%s" % (host_name, port)`)
//	Q("count > 3 and parent.enabled")
//
// A name is an attribute of the node that has the query: a constant, a property, another query, a child, parent, host,
// hosts or sandbox. An action of a node can be called. A query must change nothing: it is read whenever somebody looks.
//
// The zero Query is a mistake. A Query never changes.
type Query struct {
	expr expr.Expr
	pos  Pos
	err  error     // what Q found wrong
	with Calculate // nil: with Go values
}

// Calculate calls do with what computes with the values of a front, in a node of a run, and returns the error of do, or
// what ended the calculation from outside.
type Calculate func(ctx context.Context, env *Env, do func(context.Context, Values) error) error

// Values compute with the values of a front. A node is none of them.
type Values interface {
	Literal(v any) (any, error)
	List(elems []any) (any, error)
	Tuple(elems []any) (any, error)
	Dict(entries [][2]any) (any, error)
	Attr(x any, name string) (any, error)
	Index(x, key any) (any, error)
	Call(f any, args expr.Args) (any, error)
	Unary(op expr.Op, x any) (any, error)
	Binary(op expr.Op, x, y any) (any, error)
	Truth(x any) (bool, error)
}

// Q is the query of a text. What is wrong with the text is told with the other mistakes of the tree that the query is
// in, and by Err.
func Q(text string) Query {
	q, err := ParseQuery(text)
	q.err = err
	if _, file, line, ok := runtime.Caller(1); ok {
		q.pos = Pos{File: filepath.Base(file), Line: line}
	}
	return q
}

// ParseQuery reads a query. Its errors say where in the text the mistake is.
func ParseQuery(text string) (Query, error) {
	e, err := expr.Parse(text)
	var wrong *expr.SyntaxError
	if errors.As(err, &wrong) {
		err = fmt.Errorf("query %q, after %q: %w", text, text[:wrong.Offset], err)
	}
	return Query{expr: e}, err
}

// NewQuery is a query of a front, which computes with its own values.
func NewQuery(e expr.Expr, at Pos, with Calculate) Query { return Query{expr: e, pos: at, with: with} }

// Err is what is wrong with the text of the query, or nil.
func (q Query) Err() error {
	if q.expr == nil && q.err == nil {
		return errors.New("the query is empty: make it with nodes.Q")
	}
	return q.err
}

// Pos is where the query stands, as far as that is known.
func (q Query) Pos() Pos { return q.pos }

// Expr is the expression, for the front that made it.
func (q Query) Expr() expr.Expr { return q.expr }

// String is the query as it is written, with the brackets that it needs.
func (q Query) String() string {
	if q.expr == nil {
		return ""
	}
	return q.expr.String()
}

// QueryError says which part of which query could not be evaluated, in which node.
type QueryError struct {
	Node  string // path
	Name  string // of the attribute
	Query string
	Part  string // of the query; it may be the whole
	Pos   Pos    // of the query
	Err   error
}

func (e *QueryError) Error() string {
	text := "query " + e.Query
	if e.Pos.File != "" {
		text += " (" + e.Pos.String() + ")"
	}
	if e.Part != e.Query {
		text += ": " + e.Part
	}
	return text + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *QueryError) Unwrap() error { return e.Err }

// Query evaluates a query; on a node that is not isolated once in every cell, like Call. What a query finds wrong
// itself is a *QueryError inside an *ActionError.
func (e *Env) Query(ctx context.Context, name string) (any, error) {
	m := e.place.template.Member(name)
	if m == nil || m.Query == nil {
		return nil, e.place.noName("query", name, e.place.names(func(m *Member) bool { return m.Query != nil }))
	}
	return e.read(ctx, name, func(ctx context.Context, env *Env) (any, error) {
		return m.Query.eval(ctx, env, name, nil)
	})
}

// read runs the reading of an attribute, where an action would run.
func (e *Env) read(ctx context.Context, name string, eval func(context.Context, *Env) (any, error)) (any, error) {
	read := &Action{Name: name, Quiet: true, Call: func(ctx context.Context, env *Env, _ Args) (any, error) {
		return eval(ctx, env)
	}}
	return e.call(ctx, read, Args{})
}

// eval evaluates the query in this very node, as its attribute of that name.
func (q Query) eval(ctx context.Context, env *Env, name string, trace *Trace) (any, error) {
	if err := q.Err(); err != nil {
		return nil, &QueryError{env.place.Path(), name, q.String(), q.String(), q.pos, err}
	}
	ctx, err := q.enter(ctx, env, name)
	if err != nil {
		return nil, &QueryError{env.place.Path(), name, q.String(), q.String(), q.pos, err}
	}
	with := q.with
	if with == nil {
		with = withGoValues
	}
	var value any
	err = with(ctx, env, func(ctx context.Context, values Values) error {
		var err error
		value, err = expr.Eval(q.expr, &scope{values, ctx, env}, trace.add)
		return err
	})
	if err == nil {
		return value, nil
	}
	failed := &QueryError{env.place.Path(), name, q.String(), q.String(), q.pos, err}
	var part *expr.Error
	if errors.As(err, &part) {
		failed.Part, failed.Err = part.Part.String(), part.Err
	}
	return value, failed
}

// reading is a query that is being evaluated, and those that wait for it.
type reading struct {
	query Query
	tree  *Template // of the root: nodes of different trees may have equal paths
	path  string
	name  string
	above *reading
}

type readingKey struct{}

// enter notes in the context that a query is being evaluated. It is an error if it is so already.
func (q Query) enter(ctx context.Context, env *Env, name string) (context.Context, error) {
	above, _ := ctx.Value(readingKey{}).(*reading)
	r := &reading{q, env.place.root().template, env.place.Path(), name, above}
	text := r.String()
	for at := above; at != nil; at = at.above {
		text = at.String() + " → " + text
		if at.query.expr == r.query.expr && at.tree == r.tree && at.path == r.path {
			return ctx, fmt.Errorf("it needs its own value: %s", text)
		}
	}
	return context.WithValue(ctx, readingKey{}, r), nil
}

func (r *reading) String() string { return r.path + " " + r.name }

// Reader is a query that needs the value of an attribute, or what an action returns.
type Reader struct {
	Node  string // path
	Name  string // of the attribute
	Query string
	Pos   Pos // of the query
}

func (r Reader) String() string {
	text := r.Node + " " + r.Name + ": query " + r.Query
	if r.Pos.File != "" {
		text += " (" + r.Pos.String() + ")"
	}
	return text
}

// readers are the queries that are being evaluated in a context, the innermost first.
func readers(ctx context.Context) []Reader {
	var all []Reader
	at, _ := ctx.Value(readingKey{}).(*reading)
	for ; at != nil; at = at.above {
		all = append(all, Reader{at.path, at.name, at.query.String(), at.query.pos})
	}
	return all
}

func (n *Place) root() *Place {
	for n.parent != nil {
		n = n.parent
	}
	return n
}

// names are the names of some members, in definition order.
func (n *Place) names(which func(*Member) bool) []string {
	var names []string
	for _, m := range n.template.members {
		if which(m) {
			names = append(names, m.Name)
		}
	}
	return names
}

// noName says that the node has no such thing, and which may be meant.
func (n *Place) noName(what, name string, names []string) error {
	hint := alternatives(name, names)
	if len(names) == 0 {
		hint = ""
	}
	return &NameError{Node: n.Path(), What: what, Name: name, Hint: hint}
}

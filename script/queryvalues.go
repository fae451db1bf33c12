package script

import (
	"context"
	"errors"
	"fmt"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/internal/expr"
	"deployer/nodes"
)

// queryValues compute with the values of scripts, as the interpreter does.
type queryValues struct{ c *call }

var _ nodes.Values = queryValues{}

// calculate implements nodes.Calculate.
func (p *program) calculate(ctx context.Context, env *nodes.Env, do func(context.Context, nodes.Values) error) error {
	c := newCall(ctx, p, env)
	defer c.end()
	if c.depth > maxDepth {
		return errTooDeep
	}
	err := do(c.ctx, queryValues{c})
	if cause := c.failed(); cause != nil && !errors.Is(err, cause) {
		return cause
	}
	return err
}

// in is a value of a query as the interpreter has it.
func (q queryValues) in(v any) (starlark.Value, error) { return fromGo(q.c, v) }

// all is several of them.
func (q queryValues) all(values []any) ([]starlark.Value, error) {
	out := make([]starlark.Value, len(values))
	for i, v := range values {
		var err error
		if out[i], err = q.in(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// out is what the interpreter gave, as a query has it: a node by itself.
func (q queryValues) out(v starlark.Value, err error) (any, error) {
	if cause := q.c.failed(); cause != nil {
		return nil, cause
	}
	if err != nil {
		return nil, err
	}
	if e, ok := v.(*envValue); ok {
		return e.env, nil
	}
	return value{v}, nil
}

func (q queryValues) Literal(v any) (any, error) { return q.out(q.in(v)) }

func (q queryValues) List(elems []any) (any, error) {
	list, err := q.all(elems)
	return q.out(starlark.NewList(list), err)
}

func (q queryValues) Tuple(elems []any) (any, error) {
	list, err := q.all(elems)
	return q.out(starlark.Tuple(list), err)
}

func (q queryValues) Dict(entries [][2]any) (any, error) {
	d := starlark.NewDict(len(entries))
	for _, e := range entries {
		pair, err := q.all(e[:])
		if err != nil {
			return nil, err
		}
		if _, twice, err := d.Get(pair[0]); twice && err == nil {
			return nil, fmt.Errorf("the dict has the key %s twice", pair[0])
		}
		if err := d.SetKey(pair[0], pair[1]); err != nil {
			return nil, err
		}
	}
	return q.out(d, nil)
}

func (q queryValues) Truth(x any) (bool, error) {
	v, err := q.in(x)
	if err != nil {
		return false, err
	}
	yes := bool(v.Truth())
	return yes, q.c.failed()
}

func (q queryValues) Attr(x any, name string) (any, error) {
	v, err := q.in(x)
	if err != nil {
		return nil, err
	}
	has, ok := v.(starlark.HasAttrs)
	if !ok {
		return nil, fmt.Errorf("a %s has no attribute %q", v.Type(), name)
	}
	attr, err := has.Attr(name)
	var missing starlark.NoSuchAttrError
	if attr == nil && err == nil || errors.As(err, &missing) {
		err = noAttr("a "+v.Type(), name, has.AttrNames())
	}
	return q.out(attr, err)
}

func (q queryValues) Index(x, key any) (any, error) {
	both, err := q.all([]any{x, key})
	if err != nil {
		return nil, err
	}
	return q.out(q.entry(both[0], both[1]))
}

// entry is x[key].
func (q queryValues) entry(x, key starlark.Value) (starlark.Value, error) {
	switch x := x.(type) {
	case starlark.Mapping:
		v, found, err := x.Get(key)
		if err == nil && !found {
			err = fmt.Errorf("there is no key %s", key)
		}
		return v, err
	case starlark.Indexable:
		n, ok := key.(starlark.Int)
		if !ok {
			return nil, fmt.Errorf("the entries of a %s have numbers: got a %s", x.Type(), key.Type())
		}
		i, err := index(n, x.Len(), "a "+x.Type()+" has no entry")
		if err != nil {
			return nil, err
		}
		return x.Index(i), nil
	}
	return nil, fmt.Errorf("a %s has no entries", x.Type())
}

func (q queryValues) Call(f any, args expr.Args) (any, error) {
	fn, err := q.in(f)
	if err != nil {
		return nil, err
	}
	callable, ok := fn.(starlark.Callable)
	if !ok {
		return nil, fmt.Errorf("a %s cannot be called", fn.Type())
	}
	positional, err := q.all(args.Positional)
	if err != nil {
		return nil, err
	}
	var kwargs []starlark.Tuple
	for _, n := range args.Named {
		v, err := q.in(n.Value)
		if err != nil {
			return nil, err
		}
		kwargs = append(kwargs, starlark.Tuple{starlark.String(n.Name), v})
	}
	v, err := q.c.invoke(callable, positional, kwargs)
	var told *Error
	if errors.As(err, &told) && told.Err == nil && told.Pos.File == "" {
		err = errors.New(told.Msg) // of a builtin: it is nowhere in a script
	}
	return q.out(v, err)
}

// tokens are the operators as the interpreter has them.
var tokens = map[expr.Op]syntax.Token{
	expr.Equal: syntax.EQL, expr.Unequal: syntax.NEQ, expr.Less: syntax.LT, expr.LessEqual: syntax.LE,
	expr.Greater: syntax.GT, expr.GreaterEqual: syntax.GE, expr.In: syntax.IN, expr.NotIn: syntax.IN,
	expr.Plus: syntax.PLUS, expr.Minus: syntax.MINUS, expr.Times: syntax.STAR, expr.Divide: syntax.SLASH,
	expr.FloorDivide: syntax.SLASHSLASH, expr.Modulo: syntax.PERCENT,
}

func (q queryValues) Unary(op expr.Op, x any) (any, error) {
	v, err := q.in(x)
	if err != nil {
		return nil, err
	}
	return q.out(starlark.Unary(tokens[op], v))
}

func (q queryValues) Binary(op expr.Op, x, y any) (any, error) {
	both, err := q.all([]any{x, y})
	if err != nil {
		return nil, err
	}
	switch op {
	case expr.Equal, expr.Unequal, expr.Less, expr.LessEqual, expr.Greater, expr.GreaterEqual:
		yes, err := starlark.Compare(tokens[op], both[0], both[1])
		return q.out(starlark.Bool(yes), err)
	case expr.NotIn:
		found, err := starlark.Binary(syntax.IN, both[0], both[1])
		return q.out(starlark.Bool(found == starlark.False), err)
	}
	return q.out(starlark.Binary(tokens[op], both[0], both[1]))
}

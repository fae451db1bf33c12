package expr

import "errors"

// Values are what expressions are evaluated with: they know the node, and how to compute. What they return is never
// looked at here; it is given back to them.
type Values interface {
	// Self is the node itself.
	Self() any
	// Literal is the value of a Literal.
	Literal(v any) (any, error)
	List(elems []any) (any, error)
	Tuple(elems []any) (any, error)
	Dict(entries [][2]any) (any, error)

	Attr(x any, name string) (any, error)
	Index(x, key any) (any, error)
	Call(f any, args Args) (any, error)
	// Method may give what a call of an attribute calls, where that is not the attribute's value.
	Method(x any, name string) (f any, ok bool)

	// Unary computes with Minus and Plus.
	Unary(op Op, x any) (any, error)
	// Binary computes with what stands between two values, from Equal to Modulo.
	Binary(op Op, x, y any) (any, error)
	// Truth is what decides for Not, And, Or and conditions.
	Truth(x any) (bool, error)
}

// Args are the values of the arguments of a call.
type Args struct {
	Positional []any
	Named      []NamedValue
}

// NamedValue is an argument given by name.
type NamedValue struct {
	Name  string
	Value any
}

// Error says which part of an expression could not be evaluated: the smallest one.
type Error struct {
	Part Expr
	Err  error
}

func (e *Error) Error() string { return e.Part.String() + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Eval evaluates an expression. "and", "or" and conditions evaluate only what they need, and "and" and "or" give one of
// their operands. watch, if not nil, is told of every part with its value or error as soon as that is known, so that an
// operand comes before its operator; of constants, and of Q, it is not told. An error is an *Error.
func Eval(e Expr, v Values, watch func(part Expr, value any, err error)) (any, error) {
	if watch == nil {
		watch = func(Expr, any, error) {}
	}
	return (&evaluator{v, watch}).eval(e)
}

type evaluator struct {
	Values
	watch func(Expr, any, error)
}

func (ev *evaluator) eval(e Expr) (any, error) {
	v, err := ev.value(e)
	var inner *Error
	if err != nil && !errors.As(err, &inner) {
		err = &Error{e, err}
	}
	switch e.(type) {
	case Self, *Literal, *Wrapped, *List, *Tuple, *Dict:
	default:
		ev.watch(e, v, err)
	}
	return v, err
}

func (ev *evaluator) value(e Expr) (any, error) {
	switch e := e.(type) {
	case Self:
		return ev.Self(), nil
	case *Name:
		return ev.Attr(ev.Self(), e.Name)
	case *Literal:
		return ev.Literal(e.Value)
	case *Wrapped:
		return ev.eval(e.X)
	case *Attr:
		x, err := ev.eval(e.X)
		if err != nil {
			return nil, err
		}
		return ev.Attr(x, e.Name)
	case *Call:
		return ev.call(e)
	case *Index:
		both, err := ev.all(e.X, e.Key)
		if err != nil {
			return nil, err
		}
		return ev.Index(both[0], both[1])
	case *Cond:
		return ev.cond(e)
	case *Unary:
		return ev.unary(e)
	case *Binary:
		return ev.binary(e)
	}
	return ev.container(e)
}

// all evaluates several expressions, in order.
func (ev *evaluator) all(list ...Expr) ([]any, error) {
	values := make([]any, len(list))
	for i, e := range list {
		var err error
		if values[i], err = ev.eval(e); err != nil {
			return nil, err
		}
	}
	return values, nil
}

func (ev *evaluator) container(e Expr) (any, error) {
	values, err := ev.all(Parts(e)...)
	if err != nil {
		return nil, err
	}
	switch e.(type) {
	case *List:
		return ev.List(values)
	case *Tuple:
		return ev.Tuple(values)
	}
	entries := make([][2]any, len(values)/2)
	for i := range entries {
		entries[i] = [2]any{values[2*i], values[2*i+1]}
	}
	return ev.Dict(entries)
}

func (ev *evaluator) call(c *Call) (any, error) {
	f, err := ev.called(c.Fn)
	if err != nil {
		return nil, err
	}
	args, err := ev.args(c)
	if err != nil {
		return nil, err
	}
	return ev.Call(f, args)
}

// called evaluates what is called.
func (ev *evaluator) called(fn Expr) (any, error) {
	of, name := fn, ""
	switch fn := fn.(type) {
	case *Attr:
		of, name = fn.X, fn.Name
	case *Name:
		of, name = Self{}, fn.Name
	}
	v, err := ev.eval(of)
	if err != nil || name == "" {
		return v, err
	}
	if method, ok := ev.Method(v, name); ok {
		return method, nil
	}
	if v, err = ev.Attr(v, name); err != nil {
		err = &Error{fn, err}
	}
	ev.watch(fn, v, err)
	return v, err
}

func (ev *evaluator) args(c *Call) (Args, error) {
	positional, err := ev.all(c.Args...)
	args := Args{Positional: positional}
	for i := 0; err == nil && i < len(c.Named); i++ {
		var v any
		v, err = ev.eval(c.Named[i].Value)
		args.Named = append(args.Named, NamedValue{c.Named[i].Name, v})
	}
	return args, err
}

func (ev *evaluator) cond(c *Cond) (any, error) {
	x, err := ev.eval(c.If)
	if err != nil {
		return nil, err
	}
	yes, err := ev.Truth(x)
	switch {
	case err != nil:
		return nil, &Error{c.If, err}
	case yes:
		return ev.eval(c.Then)
	}
	return ev.eval(c.Else)
}

func (ev *evaluator) unary(u *Unary) (any, error) {
	x, err := ev.eval(u.X)
	if err != nil {
		return nil, err
	}
	if u.Op != Not && u.Op != Invert {
		return ev.Unary(u.Op, x)
	}
	yes, err := ev.Truth(x)
	return !yes, err
}

func (ev *evaluator) binary(b *Binary) (any, error) {
	x, err := ev.eval(b.X)
	if err != nil {
		return nil, err
	}
	switch b.Op {
	case And, Both, Or, Either:
		yes, err := ev.Truth(x)
		if err != nil || yes == (b.Op == Or || b.Op == Either) {
			return x, err
		}
		return ev.eval(b.Y)
	}
	y, err := ev.eval(b.Y)
	if err != nil {
		return nil, err
	}
	return ev.Binary(b.Op, x, y)
}

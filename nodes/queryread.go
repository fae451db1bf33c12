package nodes

import (
	"context"
	"fmt"
	"math/big"
	"reflect"
)

// Read evaluates a query in a node, in the run of ctx, as a value of the type T:
//
//	url, err := nodes.Read[string](ctx, site, site.URL)
//
// A number is converted where nothing is lost. On a node that is not isolated T is *ParallelResult.
func Read[T any](ctx context.Context, n Embedder, q Query) (T, error) {
	var want T
	env, err := EnvOf(ctx, n)
	if err != nil {
		return want, err
	}
	name := env.place.nameOfQuery(q)
	got, err := env.read(ctx, name, func(ctx context.Context, env *Env) (any, error) {
		return q.eval(ctx, env, name, nil)
	})
	if err != nil {
		return want, err
	}
	if v, ok := got.(T); ok {
		return v, nil
	}
	v, ok := convert(got, reflect.TypeFor[T]())
	if !ok {
		return want, fmt.Errorf("%s %s: the query %s gives %s, not a %v", env.place.Path(), name, q, article(got),
			reflect.TypeFor[T]())
	}
	return v.Interface().(T), nil
}

// nameOfQuery is the attribute of the node that has the query; if none has, it is the query itself.
func (n *Place) nameOfQuery(q Query) string {
	for _, m := range n.template.members {
		if m.Query != nil && m.Query.expr == q.expr {
			return m.Name
		}
	}
	return q.String()
}

// convert returns a value as one of a type, if it is the same value there.
func convert(v any, to reflect.Type) (out reflect.Value, ok bool) {
	plain, err := operand(v)
	if err != nil {
		return out, false
	}
	switch plain := plain.(type) {
	case *big.Int:
		return convertInt(plain, to)
	case tuple:
		return convertList(plain, to)
	case []any:
		return convertList(plain, to)
	}
	from := reflect.ValueOf(plain)
	if !from.IsValid() || from.Kind() != to.Kind() || !from.CanConvert(to) {
		return out, false
	}
	return from.Convert(to), true
}

func convertInt(n *big.Int, to reflect.Type) (out reflect.Value, ok bool) {
	out = reflect.New(to).Elem()
	switch {
	case out.CanInt() && n.IsInt64() && !out.OverflowInt(n.Int64()):
		out.SetInt(n.Int64())
	case out.CanUint() && n.IsUint64() && !out.OverflowUint(n.Uint64()):
		out.SetUint(n.Uint64())
	case out.CanFloat():
		f, accuracy := new(big.Float).SetInt(n).Float64()
		out.SetFloat(f)
		return out, accuracy == big.Exact
	default:
		return out, false
	}
	return out, true
}

func convertList(list []any, to reflect.Type) (out reflect.Value, ok bool) {
	if to.Kind() != reflect.Slice {
		return out, false
	}
	out = reflect.MakeSlice(to, len(list), len(list))
	for i, one := range list {
		v, ok := convert(one, to.Elem())
		if !ok {
			return out, false
		}
		out.Index(i).Set(v)
	}
	return out, true
}

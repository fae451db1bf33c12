package nodes

import (
	"context"
	"fmt"
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
	if assign(reflect.ValueOf(&want).Elem(), got) != nil {
		return want, fmt.Errorf("%s %s: the query %s gives %s, not a %v", env.place.Path(), name, q, article(got),
			reflect.TypeFor[T]())
	}
	return want, nil
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

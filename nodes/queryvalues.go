package nodes

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"reflect"

	"deployer/hosts"
	"deployer/internal/expr"
)

// goValues compute with the values of Go trees, by the rules of Starlark, which scripts have: package script compares
// the two. The types are those of [Plainer], and tuple.
type goValues struct{}

func withGoValues(ctx context.Context, _ *Env, do func(context.Context, Values) error) error {
	return do(ctx, goValues{})
}

// tuple is a list that was written with round brackets: % takes its elements one by one, and it equals no list.
type tuple []any

// Plain implements Plainer.
func (t tuple) Plain() (any, error) { return []any(t), nil }

func (goValues) Literal(v any) (any, error) {
	if n, ok := v.(*big.Int); ok {
		return small(n), nil
	}
	return v, nil
}

func (goValues) List(elems []any) (any, error)  { return elems, nil }
func (goValues) Tuple(elems []any) (any, error) { return tuple(elems), nil }

func (goValues) Dict(entries [][2]any) (any, error) {
	d := Dict{}
	for _, e := range entries {
		if err := checkKey(e[0]); err != nil {
			return nil, err
		}
		if d.find(e[0]) >= 0 {
			return nil, fmt.Errorf("the dict has the key %s twice", represent(e[0]))
		}
		d = append(d, Entry{e[0], e[1]})
	}
	return d, nil
}

// checkKey says whether a value can be a key of a dict.
func checkKey(key any) error {
	k, err := operand(key)
	if err != nil {
		return err
	}
	switch k := k.(type) {
	case []any, Dict:
		return fmt.Errorf("a %s cannot be a key", typeOf(k))
	case tuple:
		for _, one := range k {
			if err := checkKey(one); err != nil {
				return err
			}
		}
	}
	return nil
}

// find returns the index of the entry of a key, or -1.
func (d Dict) find(key any) int {
	for i, e := range d {
		if same, err := equal(e.Key, key, maxDepth); err == nil && same {
			return i
		}
	}
	return -1
}

// operand returns a value as one that this file and its neighbours compute with: nil, bool, string, *big.Int, float64,
// []byte, []any, tuple, Dict, or one that is only passed on.
func operand(v any) (any, error) {
	switch known := v.(type) {
	case tuple, *BoundAction, *hosts.Set:
		return v, nil
	case *big.Int:
		return known, nil
	}
	v, err := plain(v)
	if n, ok := v.(int64); ok {
		return big.NewInt(n), nil
	}
	return v, err
}

// small is an integer as other parts of the program want it.
func small(n *big.Int) any {
	if n.IsInt64() {
		return n.Int64()
	}
	return n
}

// stringOf is the string that a value is.
func stringOf(v any) (string, bool) {
	p, err := operand(v)
	s, ok := p.(string)
	return s, ok && err == nil
}

// typeOf is what messages call the type of a value.
func typeOf(v any) string {
	switch v.(type) {
	case nil:
		return "None"
	case bool:
		return "bool"
	case string:
		return "string"
	case int64, *big.Int:
		return "int"
	case float64:
		return "float"
	case []byte:
		return "bytes"
	case []any:
		return "list"
	case tuple:
		return "tuple"
	case Dict:
		return "dict"
	case *ParallelResult:
		return "parallel result"
	case *hosts.Handle, hosts.Host:
		return "host"
	case *hosts.Set:
		return "set of hosts"
	case *Env, *Place:
		return "node"
	case *BoundAction:
		return "action"
	}
	return fmt.Sprintf("%T", v)
}

func (goValues) Truth(x any) (bool, error) {
	v, err := operand(x)
	switch v := v.(type) {
	case nil:
		return false, err
	case bool:
		return v, err
	case string:
		return v != "", err
	case *big.Int:
		return v.Sign() != 0, err
	case float64:
		return v != 0, err
	case []byte:
		return len(v) > 0, err
	case []any:
		return len(v) > 0, err
	case tuple:
		return len(v) > 0, err
	case Dict:
		return len(v) > 0, err
	case *ParallelResult:
		return len(v.Values) > 0, err
	case *hosts.Set:
		return v.Len() > 0, err
	}
	return true, err
}

// Attr is an attribute of a host, or a field of a struct under the name that it has in a tree; nothing else has any.
func (goValues) Attr(x any, name string) (any, error) {
	v, err := operand(x)
	if err != nil {
		return nil, err
	}
	if d, ok := v.(Dict); ok && isStruct(x) {
		return fieldNamed(d, name)
	}
	if handle, ok := v.(*hosts.Handle); ok {
		v = handle.Host()
	}
	if h, ok := v.(hosts.Host); ok {
		switch name {
		case "slug":
			return h.Slug(), nil
		case "address":
			return h.Address(), nil
		case "username":
			return h.Login(), nil
		}
		attrs := []string{"slug", "address", "username"}
		return nil, fmt.Errorf("a host has no attribute %q: %s", name, alternatives(name, attrs))
	}
	return nil, fmt.Errorf("%s has no attribute %q", article(v), name)
}

func isStruct(x any) bool {
	t := reflect.TypeOf(x)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct
}

func fieldNamed(fields Dict, name string) (any, error) {
	if i := fields.find(name); i >= 0 {
		return fields[i].Value, nil
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Key.(string))
	}
	return nil, fmt.Errorf("there is no field %q: %s", name, alternatives(name, names))
}

func (goValues) Call(f any, _ expr.Args) (any, error) {
	v, err := operand(f)
	if err != nil {
		return nil, err
	}
	return nil, fmt.Errorf("%s cannot be called", article(v))
}

// article is the type of a value in a sentence.
func article(v any) string { return withArticle(typeOf(v)) }

// withArticle puts a or an before a word, but for None.
func withArticle(name string) string {
	switch name[0] {
	case 'N':
		return name
	case 'a', 'i':
		return "an " + name
	default:
		return "a " + name
	}
}

// Index is an entry of a list, a string, a dict, a set of hosts or a parallel result.
func (goValues) Index(x, key any) (any, error) {
	v, err := operand(x)
	if err != nil {
		return nil, err
	}
	k, err := operand(key)
	if err != nil {
		return nil, err
	}
	if d, ok := v.(Dict); ok {
		if i := d.find(k); i >= 0 {
			return d[i].Value, nil
		}
		return nil, fmt.Errorf("there is no key %s", represent(k))
	}
	name, named := k.(string)
	switch v := v.(type) {
	case string:
		i, err := position(v, k, len(v))
		if err != nil {
			return nil, err
		}
		return v[i : i+1], nil
	case []any:
		return element(v, v, k)
	case tuple:
		return element(v, v, k)
	case *hosts.Set:
		if named {
			return hostNamed(v, name)
		}
		return element(v, v.Handles(), k)
	case *ParallelResult:
		if named {
			return resultNamed(v, name)
		}
		return element(v, v.Values, k)
	}
	return nil, fmt.Errorf("%s has no entries", article(v))
}

// element is an element of a list; of is what messages call it.
func element[E any](of any, list []E, key any) (any, error) {
	i, err := position(of, key, len(list))
	if err != nil {
		return nil, err
	}
	return list[i], nil
}

// position is an index from 0, or from the end if it is negative.
func position(of, key any, length int) (int, error) {
	n, ok := key.(*big.Int)
	if !ok {
		return 0, fmt.Errorf("the entries of %s have numbers: got %s", article(of), article(key))
	}
	i := n.Int64()
	if i < 0 {
		i += int64(length)
	}
	if !n.IsInt64() || i < 0 || i >= int64(length) {
		return 0, fmt.Errorf("there is no entry %s: the %s has %d", n, typeOf(of), length)
	}
	return int(i), nil
}

func hostNamed(s *hosts.Set, slug string) (any, error) {
	if h := s.Slug(slug); h != nil {
		return h, nil
	}
	var slugs []string
	for _, h := range s.Handles() {
		slugs = append(slugs, h.Slug())
	}
	return nil, fmt.Errorf("there is no host %q: %s", slug, otherHosts(slug, slugs))
}

func resultNamed(r *ParallelResult, slug string) (any, error) {
	if i := r.At(slug); i >= 0 {
		return r.Values[i], nil
	}
	return nil, fmt.Errorf("there is no result of %q: %s", slug, alternatives(slug, r.Names()))
}

// Unary computes with a minus or a plus.
func (goValues) Unary(op expr.Op, x any) (any, error) {
	v, err := operand(x)
	if err != nil {
		return nil, err
	}
	switch n := v.(type) {
	case *big.Int:
		if op == expr.Minus {
			n = new(big.Int).Neg(n)
		}
		return small(n), nil
	case float64:
		if op == expr.Minus {
			n = -n
		}
		return n, nil
	}
	return nil, fmt.Errorf("%s takes a number, not %s", op, article(v))
}

// Binary computes with what stands between two values.
func (goValues) Binary(op expr.Op, x, y any) (any, error) {
	a, err := operand(x)
	if err != nil {
		return nil, err
	}
	b, err := operand(y)
	if err != nil {
		return nil, err
	}
	switch op {
	case expr.Equal, expr.Unequal:
		same, err := equal(a, b, maxDepth)
		return same == (op == expr.Equal), err
	case expr.Less, expr.LessEqual, expr.Greater, expr.GreaterEqual:
		return ordered(op, a, b)
	case expr.In, expr.NotIn:
		found, err := contains(b, a)
		return found == (op == expr.In), err
	}
	v, err := compute(op, a, b)
	if errors.Is(err, errNoOperator) {
		return nil, fmt.Errorf("there is no %s of %s and %s", op, article(a), article(b))
	}
	if n, ok := v.(*big.Int); ok {
		v = small(n)
	}
	return v, err
}

package nodes

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

	"deployer/hosts"
	"deployer/internal/expr"
)

var errTooDeepToCompare = errors.New("the values are nested too deep to be compared, or contain themselves")

// equal compares two values. Values of different types are not equal, except for an int and a float.
func equal(x, y any, depth int) (bool, error) {
	if depth == 0 {
		return false, errTooDeepToCompare
	}
	a, err := operand(x)
	if err != nil {
		return false, err
	}
	b, err := operand(y)
	if err != nil {
		return false, err
	}
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b) == 0, nil
	}
	switch a := a.(type) {
	case nil:
		return b == nil, nil
	case []byte:
		other, ok := b.([]byte)
		return ok && bytes.Equal(a, other), nil
	case []any:
		other, ok := b.([]any)
		return allEqual(a, other, ok, depth-1)
	case tuple:
		other, ok := b.(tuple)
		return allEqual(a, other, ok, depth-1)
	case Dict:
		other, ok := b.(Dict)
		return equalDicts(a, other, ok, depth-1)
	}
	return identity(a) == identity(b), nil
}

// identity is what makes two values the same that have nothing to compare: hosts by their slug, nodes by their place.
func identity(v any) any {
	switch v := v.(type) {
	case bool, string, *hosts.Set, *ParallelResult:
		return v
	case *hosts.Handle:
		return [2]string{"host", v.Slug()}
	case hosts.Host:
		return [2]string{"host", v.Slug()}
	case *Env:
		return [2]any{v.place.root().template, v.place.Path()}
	case *BoundAction:
		return [2]any{identity(v.Env), v.Name}
	}
	return &v // equal to nothing
}

func allEqual(x, y []any, sameType bool, depth int) (bool, error) {
	if !sameType || len(x) != len(y) {
		return false, nil
	}
	for i := range x {
		if same, err := equal(x[i], y[i], depth); !same {
			return false, err
		}
	}
	return true, nil
}

func equalDicts(x, y Dict, sameType bool, depth int) (bool, error) {
	if !sameType || len(x) != len(y) {
		return false, nil
	}
	for _, e := range x {
		i := y.find(e.Key)
		if i < 0 {
			return false, nil
		}
		if same, err := equal(e.Value, y[i].Value, depth); !same {
			return false, err
		}
	}
	return true, nil
}

// compareNumbers compares exactly. NaN is above all others, and equal to itself.
func compareNumbers(a, b any) int {
	x, xIsFloat := a.(float64)
	y, yIsFloat := b.(float64)
	special := func(f float64) bool { return math.IsNaN(f) || math.IsInf(f, 0) }
	switch {
	case xIsFloat && yIsFloat:
		if math.IsNaN(x) || math.IsNaN(y) {
			return cmp.Compare(y, x) // for cmp, NaN is below all others
		}
		return cmp.Compare(x, y)
	case xIsFloat && special(x):
		return sign(x)
	case yIsFloat && special(y):
		return -sign(y)
	}
	return rational(a).Cmp(rational(b))
}

func sign(f float64) int {
	if f < 0 {
		return -1
	}
	return 1
}

func rational(v any) *big.Rat {
	if n, ok := v.(*big.Int); ok {
		return new(big.Rat).SetInt(n)
	}
	return new(big.Rat).SetFloat64(v.(float64))
}

// ordered compares two values that have an order.
func ordered(op expr.Op, a, b any) (bool, error) {
	c, err := order(a, b, maxDepth)
	if errors.Is(err, errNoOperator) {
		return false, fmt.Errorf("%s and %s have no order", article(a), article(b))
	}
	switch op {
	case expr.Less:
		return c < 0, err
	case expr.LessEqual:
		return c <= 0, err
	case expr.Greater:
		return c > 0, err
	}
	return c >= 0, err
}

func order(x, y any, depth int) (int, error) {
	if depth == 0 {
		return 0, errTooDeepToCompare
	}
	a, err := operand(x)
	if err != nil {
		return 0, err
	}
	b, err := operand(y)
	if err != nil {
		return 0, err
	}
	if isNumber(a) && isNumber(b) {
		return compareNumbers(a, b), nil
	}
	switch a := a.(type) {
	case bool:
		if other, ok := b.(bool); ok {
			return number(a) - number(other), nil
		}
	case string:
		if other, ok := b.(string); ok {
			return cmp.Compare(a, other), nil
		}
	case []byte:
		if other, ok := b.([]byte); ok {
			return bytes.Compare(a, other), nil
		}
	case []any:
		if other, ok := b.([]any); ok {
			return orderLists(a, other, depth-1)
		}
	case tuple:
		if other, ok := b.(tuple); ok {
			return orderLists(a, other, depth-1)
		}
	}
	return 0, errNoOperator
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// orderLists orders lists by the first elements that differ.
func orderLists(x, y []any, depth int) (int, error) {
	for i := range min(len(x), len(y)) {
		same, err := equal(x[i], y[i], depth)
		if err != nil {
			return 0, err
		}
		if !same {
			return order(x[i], y[i], depth)
		}
	}
	return len(x) - len(y), nil
}

// contains reports whether a value is in another one.
func contains(in, v any) (bool, error) {
	switch in := in.(type) {
	case string:
		part, ok := v.(string)
		if !ok {
			return false, fmt.Errorf("a string contains strings only, not %s", article(v))
		}
		return strings.Contains(in, part), nil
	case []any:
		return among(in, v)
	case tuple:
		return among(in, v)
	case Dict:
		return in.find(v) >= 0, nil
	}
	return false, fmt.Errorf("%s contains nothing", article(in))
}

func among(list []any, v any) (bool, error) {
	for _, one := range list {
		if same, err := equal(one, v, maxDepth); same || err != nil {
			return same, err
		}
	}
	return false, nil
}

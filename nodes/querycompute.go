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

// errNoOperator says that an operator is not defined for the types of two values.
var errNoOperator = errors.New("no such operator")

// compute computes with two operands.
func compute(op expr.Op, a, b any) (any, error) {
	if text, ok := a.(string); ok && op == expr.Modulo {
		return format(text, b)
	}
	if isNumber(a) && isNumber(b) {
		return calculate(op, a, b)
	}
	switch op {
	case expr.Plus:
		return join(a, b)
	case expr.Times:
		if n, ok := b.(*big.Int); ok {
			return repeat(a, n)
		}
		if n, ok := a.(*big.Int); ok {
			return repeat(b, n)
		}
	}
	return nil, errNoOperator
}

func isNumber(v any) bool {
	switch v.(type) {
	case *big.Int, float64:
		return true
	}
	return false
}

// calculate computes with two numbers: with integers if both are, else with floats.
func calculate(op expr.Op, a, b any) (any, error) {
	m, isInt := a.(*big.Int)
	n, both := b.(*big.Int)
	if isInt && both && op != expr.Divide {
		return integers(op, m, n)
	}
	x, err := float(a)
	if err != nil {
		return nil, err
	}
	y, err := float(b)
	if err != nil {
		return nil, err
	}
	return floats(op, x, y)
}

// float is a number as a float.
func float(v any) (float64, error) {
	n, ok := v.(*big.Int)
	if !ok {
		return v.(float64), nil
	}
	f, _ := new(big.Float).SetInt(n).Float64()
	if math.IsInf(f, 0) {
		return 0, errors.New("the int is too large for a float")
	}
	return f, nil
}

var errZero = errors.New("division by zero")

func integers(op expr.Op, m, n *big.Int) (any, error) {
	z := new(big.Int)
	switch op {
	case expr.Plus:
		return z.Add(m, n), nil
	case expr.Minus:
		return z.Sub(m, n), nil
	case expr.Times:
		return z.Mul(m, n), nil
	}
	if n.Sign() == 0 {
		return nil, errZero
	}
	rest := new(big.Int)
	z.QuoRem(m, n, rest)
	if rest.Sign() != 0 && rest.Sign() != n.Sign() { // towards minus infinity
		z.Sub(z, big.NewInt(1))
		rest.Add(rest, n)
	}
	if op == expr.Modulo {
		return rest, nil
	}
	return z, nil
}

func floats(op expr.Op, x, y float64) (any, error) {
	switch op {
	case expr.Plus:
		return x + y, nil
	case expr.Minus:
		return x - y, nil
	case expr.Times:
		return x * y, nil
	}
	if y == 0 {
		return nil, errZero
	}
	switch op {
	case expr.Divide:
		return x / y, nil
	case expr.FloorDivide:
		return math.Floor(x / y), nil
	}
	rest := math.Mod(x, y)
	if rest != 0 && (x < 0) != (y < 0) {
		rest += y
	}
	return rest, nil
}

// join joins two values of one type.
func join(a, b any) (any, error) {
	switch x := a.(type) {
	case string:
		if y, ok := b.(string); ok {
			return x + y, nil
		}
	case []byte:
		if y, ok := b.([]byte); ok {
			return append(bytes.Clone(x), y...), nil
		}
	case []any:
		if y, ok := b.([]any); ok {
			return append(append([]any{}, x...), y...), nil
		}
	case tuple:
		if y, ok := b.(tuple); ok {
			return append(append(tuple{}, x...), y...), nil
		}
	}
	return nil, errNoOperator
}

// maxRepeat is how long a repeated value may be, in bytes or elements.
const maxRepeat = 16 << 20

func repeat(v any, n *big.Int) (any, error) {
	times := 0
	if n.Sign() > 0 {
		times = maxRepeat + 1
		if n.IsInt64() && n.Int64() < maxRepeat {
			times = int(n.Int64())
		}
	}
	length := 0
	switch v := v.(type) {
	case string:
		length = len(v)
	case []byte:
		length = len(v)
	case []any:
		length = len(v)
	case tuple:
		length = len(v)
	default:
		return nil, errNoOperator
	}
	if length*times > maxRepeat {
		return nil, fmt.Errorf("%s * %s is too large", article(v), n)
	}
	switch v := v.(type) {
	case string:
		return strings.Repeat(v, times), nil
	case []byte:
		return bytes.Repeat(v, times), nil
	case []any:
		return repeated(v, times), nil
	}
	return tuple(repeated(v.(tuple), times)), nil
}

func repeated(list []any, times int) []any {
	out := []any{}
	for range times {
		out = append(out, list...)
		if len(list) == 0 {
			break
		}
	}
	return out
}

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

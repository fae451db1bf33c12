package nodes

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strings"

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

package expr

import (
	"math/big"
	"math/rand/v2"
)

// random makes expressions, as deep as told.
type random struct{ *rand.Rand }

func pick[T any](r random, from ...T) T { return from[r.IntN(len(from))] }

func (r random) expr(depth int) Expr {
	if depth == 0 || r.IntN(8) == 0 {
		return r.leaf()
	}
	sub := func() Expr { return r.expr(depth - 1) }
	switch r.IntN(12) {
	case 0:
		return &Wrapped{sub()}
	case 1:
		return &Attr{sub(), pick(r, "a", "parent", "is", "Q", "_x", "größe")}
	case 2:
		return &Index{sub(), sub()}
	case 3:
		return r.call(depth - 1)
	case 4, 5:
		return &Unary{pick(r, Not, Invert, Minus, Plus), sub()}
	case 6:
		return &Cond{sub(), sub(), sub()}
	case 7:
		return &List{r.exprs(depth - 1)}
	case 8:
		return &Tuple{r.exprs(depth - 1)}
	case 9:
		d := &Dict{}
		for range r.IntN(3) {
			d.Entries = append(d.Entries, Entry{sub(), sub()})
		}
		return d
	}
	return &Binary{pick(r, Or, And, Equal, Unequal, Less, LessEqual, Greater, GreaterEqual, In, NotIn, Either, Both, Plus,
		Minus, Times, Divide, FloorDivide, Modulo), sub(), sub()}
}

func (r random) exprs(depth int) (list []Expr) {
	for range r.IntN(3) {
		list = append(list, r.expr(depth))
	}
	return list
}

// call makes a call, but not of Q, which is not written as one.
func (r random) call(depth int) Expr {
	c := &Call{Fn: r.expr(depth), Args: r.exprs(depth)}
	if c.Fn == (Self{}) {
		c.Fn = &Name{"f"}
	}
	for _, name := range []string{"x", "y"}[:r.IntN(3)] {
		c.Named = append(c.Named, NamedExpr{name, r.expr(depth)})
	}
	return c
}

func (r random) leaf() Expr {
	switch r.IntN(4) {
	case 0:
		return Self{}
	case 1:
		return &Name{pick(r, "a", "parent", "count", "_x", "größe", "None2")}
	}
	return &Literal{pick[any](r, nil, true, false, big.NewInt(0), big.NewInt(7), new(big.Int).Lsh(big.NewInt(3), 90), 0.0,
		1.5, 1e100, 3.0, 5e-324, "", "a b", "'\"\\\n\t\x00é日\u200b\U0001F600\ufffd")}
}

// Package expr is the language of queries: expressions over the attributes of a node.
//
//	parent.domain
//	"%s:%s" % (host_name, port)
//	count > 3 and parent.enabled
//	Q.web["web1"].get_url("x", secure = True)
//
// The language is that of Starlark's expressions, with the same precedence and the same meaning, less what makes or
// binds names: no lambda, no comprehension. A name is an attribute of the node, and Q is the node itself, so count is
// Q.count. Where Starlark has no way to write them lazily, & and | stand for "and" and "or", and ~ for "not".
//
// [Parse] reads a text, String of an [Expr] writes it, and Parse reads that again as an equal Expr. [Eval] evaluates it
// over [Values], which know what a node is; this package does not.
package expr

import (
	"math"
	"math/big"
)

// Expr is an expression: one of the types of this file, all of them by pointer, except for Self.
type Expr interface {
	// String is the expression as it is written, with the brackets that it needs.
	String() string

	level() level
	write(w *writer)
}

// Self is the node itself: Q.
type Self struct{}

// Name is an attribute of the node itself: count.
type Name struct{ Name string }

// Literal is a constant: nil, bool, string, or a number that is not negative: *big.Int or a finite float64. See
// [NewLiteral].
type Literal struct{ Value any }

// Wrapped is Q(X), which is X; in a script it makes a query of a constant.
type Wrapped struct{ X Expr }

// Attr is an attribute of a value: X.Name.
type Attr struct {
	X    Expr
	Name string
}

// Index is an entry of a value, or a cell of a node: X[Key].
type Index struct{ X, Key Expr }

// Call is a call: Fn(Args…, Named…).
type Call struct {
	Fn    Expr
	Args  []Expr
	Named []NamedExpr
}

// NamedExpr is an argument given by name.
type NamedExpr struct {
	Name  string
	Value Expr
}

// Unary is an operator before a value.
type Unary struct {
	Op Op // Not, Invert, Minus or Plus
	X  Expr
}

// Binary is an operator between two values.
type Binary struct {
	Op   Op
	X, Y Expr
}

// Cond is Then if If else Else.
type Cond struct{ Then, If, Else Expr }

// List is [Elems…].
type List struct{ Elems []Expr }

// Tuple is (Elems…).
type Tuple struct{ Elems []Expr }

// Dict is {Key: Value, …}.
type Dict struct{ Entries []Entry }

// Entry is an entry of a Dict.
type Entry struct{ Key, Value Expr }

// Op is an operator, as it is written.
type Op string

// The operators. Invert and Not mean the same, as do Either and Or, Both and And.
const (
	Or           Op = "or"
	And          Op = "and"
	Not          Op = "not"
	Equal        Op = "=="
	Unequal      Op = "!="
	Less         Op = "<"
	LessEqual    Op = "<="
	Greater      Op = ">"
	GreaterEqual Op = ">="
	In           Op = "in"
	NotIn        Op = "not in"
	Either       Op = "|"
	Both         Op = "&"
	Plus         Op = "+"
	Minus        Op = "-"
	Times        Op = "*"
	Divide       Op = "/"
	FloorDivide  Op = "//"
	Modulo       Op = "%"
	Invert       Op = "~"
)

// level is how tightly an expression holds together: the operand of an operator needs at least a certain level, or
// brackets.
type level int

const (
	condLevel level = iota
	orLevel
	andLevel
	notLevel
	compareLevel
	eitherLevel
	bothLevel
	sumLevel
	productLevel
	unaryLevel
	primaryLevel
)

// binaryLevels are the operators between two values.
var binaryLevels = map[Op]level{
	Or: orLevel, And: andLevel, Equal: compareLevel, Unequal: compareLevel, Less: compareLevel, LessEqual: compareLevel,
	Greater: compareLevel, GreaterEqual: compareLevel, In: compareLevel, NotIn: compareLevel, Either: eitherLevel,
	Both: bothLevel, Plus: sumLevel, Minus: sumLevel, Times: productLevel, Divide: productLevel,
	FloorDivide: productLevel, Modulo: productLevel,
}

// unaryLevels are the operators before a value.
var unaryLevels = map[Op]level{Not: notLevel, Invert: unaryLevel, Minus: unaryLevel, Plus: unaryLevel}

func (Self) level() level      { return primaryLevel }
func (*Name) level() level     { return primaryLevel }
func (*Literal) level() level  { return primaryLevel }
func (*Wrapped) level() level  { return primaryLevel }
func (*Attr) level() level     { return primaryLevel }
func (*Index) level() level    { return primaryLevel }
func (*Call) level() level     { return primaryLevel }
func (*List) level() level     { return primaryLevel }
func (*Tuple) level() level    { return primaryLevel }
func (*Dict) level() level     { return primaryLevel }
func (*Cond) level() level     { return condLevel }
func (u *Unary) level() level  { return unaryLevels[u.Op] }
func (b *Binary) level() level { return binaryLevels[b.Op] }

// Parts are the expressions that e consists of, in the order in which they are written.
func Parts(e Expr) []Expr {
	switch e := e.(type) {
	case *Wrapped:
		return []Expr{e.X}
	case *Attr:
		return []Expr{e.X}
	case *Index:
		return []Expr{e.X, e.Key}
	case *Call:
		parts := append([]Expr{e.Fn}, e.Args...)
		for _, n := range e.Named {
			parts = append(parts, n.Value)
		}
		return parts
	case *Unary:
		return []Expr{e.X}
	case *Binary:
		return []Expr{e.X, e.Y}
	case *Cond:
		return []Expr{e.Then, e.If, e.Else}
	case *List:
		return e.Elems
	case *Tuple:
		return e.Elems
	case *Dict:
		var parts []Expr
		for _, entry := range e.Entries {
			parts = append(parts, entry.Key, entry.Value)
		}
		return parts
	}
	return nil
}

// NewLiteral is a constant: nil, bool, string, *big.Int or a finite float64. A negative number is one with a minus
// before it.
func NewLiteral(v any) Expr {
	switch n := v.(type) {
	case *big.Int:
		if n.Sign() < 0 {
			return &Unary{Minus, &Literal{new(big.Int).Neg(n)}}
		}
	case float64:
		if math.Signbit(n) {
			return &Unary{Minus, &Literal{-n}}
		}
	}
	return &Literal{v}
}

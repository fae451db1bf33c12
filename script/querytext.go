package script

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"deployer/nodes"
)

// within is the place of an offset inside a string that is written as the first argument of the call. It returns false
// if the string is not written there, or has escapes.
func (s site) within(words string, offset int) (nodes.Pos, bool) {
	call := s.expr()
	if call == nil || len(call.Args) == 0 {
		return nodes.Pos{}, false
	}
	literal, ok := call.Args[0].(*syntax.Literal)
	if !ok || literal.Token != syntax.STRING {
		return nodes.Pos{}, false
	}
	start := strings.Index(literal.Raw, words)
	if start < 0 || strings.Trim(literal.Raw[:start], `r"'`) != "" {
		return nodes.Pos{}, false
	}
	at := pos(literal.TokenPos)
	before := literal.Raw[:start+offset]
	if i := strings.LastIndexByte(before, '\n'); i >= 0 {
		at.Line += strings.Count(before, "\n")
		at.Col = 1
		before = before[i+1:]
	}
	at.Col += utf8.RuneCountInString(before)
	return at, true
}

// queryMistakes finds what is written with queries and cannot mean what it looks like: a query has no value while the
// tree loads, so that comparing or testing it gives one answer for ever. The same goes for joining filters with "and".
// The names of the file must be resolved.
func (s *source) queryMistakes() []nodes.Problem {
	f := &queryFinder{globals: map[string]syntax.Expr{}}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		if a, ok := n.(*syntax.AssignStmt); ok && a.Op == syntax.EQ {
			if id, ok := a.LHS.(*syntax.Ident); ok && scopeOf(id) == resolve.Global {
				f.globals[id.Name] = a.RHS
			}
		}
		return true
	})
	syntax.Walk(s.file, func(n syntax.Node) bool {
		f.look(n)
		return true
	})
	return f.problems
}

// queryFinder finds out which expressions are queries by the look of them.
type queryFinder struct {
	globals  map[string]syntax.Expr // what they are set to
	problems []nodes.Problem
}

func (f *queryFinder) tell(at syntax.Position, hint, message string) {
	f.problems = append(f.problems, nodes.Problem{Pos: pos(at), Message: message, Hint: hint})
}

func (f *queryFinder) look(n syntax.Node) {
	switch n := n.(type) {
	case *syntax.BinaryExpr:
		f.binary(n)
	case *syntax.UnaryExpr:
		switch {
		case n.Op != syntax.NOT:
		case f.isQuery(n.X):
			f.tell(n.OpPos, `write ~, or query("not a")`, "a query has no truth until it is read")
		case f.isFilter(n.X):
			f.tell(n.OpPos, "write ~", "not says nothing about filters")
		}
	case *syntax.CondExpr:
		f.condition(n.Cond)
	case *syntax.IfStmt:
		f.condition(n.Cond)
	case *syntax.WhileStmt:
		f.condition(n.Cond)
	}
}

func (f *queryFinder) condition(e syntax.Expr) {
	if f.isQuery(e) {
		start, _ := e.Span()
		f.tell(start, `write query("a if b else c"), or read it as env.NAME`, "a query has no truth until it is read")
	}
}

func (f *queryFinder) binary(n *syntax.BinaryExpr) {
	switch left := f.isQuery(n.X); n.Op {
	case syntax.EQL, syntax.NEQ, syntax.LT, syntax.GT, syntax.LE, syntax.GE, syntax.IN, syntax.NOT_IN:
		if left || f.isQuery(n.Y) {
			f.tell(n.OpPos, errCompared.problem.Hint, errCompared.problem.Message)
		}
	case syntax.AND, syntax.OR:
		if f.isFilter(n.X) {
			f.tell(n.OpPos, "write & and |", fmt.Sprintf("%s does not join filters", n.Op))
		}
		if !left {
			return // domain or Q.parent.domain tests no query
		}
		f.tell(n.OpPos, `write & and |, or query("a and b")`, "a query has no truth until it is read")
	}
}

// isQuery reports whether an expression is certainly a query.
func (f *queryFinder) isQuery(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		return f.isQueryName(e)
	case *syntax.ParenExpr:
		return f.isQuery(e.X)
	case *syntax.DotExpr:
		return f.isQuery(e.X)
	case *syntax.IndexExpr:
		return f.isQuery(e.X)
	case *syntax.CallExpr:
		id, ok := e.Fn.(*syntax.Ident)
		return ok && id.Name == "query" && scopeOf(id) == resolve.Predeclared || f.isQuery(e.Fn)
	case *syntax.UnaryExpr:
		return e.Op != syntax.NOT && e.X != nil && f.isQuery(e.X)
	case *syntax.BinaryExpr:
		_, ok := queryOps[e.Op]
		return ok && (f.isQuery(e.X) || f.isQuery(e.Y))
	}
	return false
}

// isFilter reports whether an expression is certainly a filter.
func (f *queryFinder) isFilter(e syntax.Expr) bool {
	switch e := e.(type) {
	case *syntax.Ident:
		return e.Name == "filters" && scopeOf(e) == resolve.Predeclared
	case *syntax.ParenExpr:
		return f.isFilter(e.X)
	case *syntax.DotExpr:
		return f.isFilter(e.X)
	case *syntax.CallExpr:
		return f.isFilter(e.Fn)
	case *syntax.UnaryExpr:
		return e.Op == syntax.TILDE && f.isFilter(e.X)
	case *syntax.BinaryExpr:
		return (e.Op == syntax.AMP || e.Op == syntax.PIPE) && f.isFilter(e.X)
	}
	return false
}

func (f *queryFinder) isQueryName(id *syntax.Ident) bool {
	switch scopeOf(id) {
	case resolve.Predeclared:
		return id.Name == "Q"
	case resolve.Global:
		value, ok := f.globals[id.Name]
		delete(f.globals, id.Name) // a global that is set to itself would have no end
		is := ok && f.isQuery(value)
		if ok {
			f.globals[id.Name] = value
		}
		return is
	}
	return false
}

// scopeOf is the scope of a resolved name.
func scopeOf(id *syntax.Ident) resolve.Scope {
	if b, ok := id.Binding.(*resolve.Binding); ok {
		return b.Scope
	}
	return resolve.Undefined
}

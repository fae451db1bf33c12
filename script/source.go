package script

import (
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"deployer/nodes"
)

// source is one file of a tree. It does not change once its file is loaded.
type source struct {
	path  string // as messages show it
	text  string
	lines []string

	file   *syntax.File                // nil if it could not be parsed, and once it was executed
	calls  map[place]*syntax.CallExpr  // by their opening bracket, which is where the interpreter says they are
	names  map[*syntax.CallExpr]string // what the result of a call is assigned to
	scopes []scope                     // every function, outer ones first
}

// place is a line and a column.
type place struct{ line, col int32 }

// scope is the names that a function binds itself, for "did you mean".
type scope struct {
	start, end syntax.Position
	names      []string
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

func newSource(path, text string) *source {
	text = strings.TrimPrefix(text, "\ufeff") // a byte order mark, as some editors write it
	return &source{
		path: path, text: text, lines: strings.Split(lineEnds.Replace(text), "\n"),
		calls: map[place]*syntax.CallExpr{}, names: map[*syntax.CallExpr]string{},
	}
}

// line returns a line without its end, or "".
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return s.lines[n-1]
}

// index remembers where the calls of a parsed file are.
func (s *source) index(f *syntax.File) {
	s.file = f
	syntax.Walk(f, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			s.calls[place{n.Lparen.Line, n.Lparen.Col}] = n
			for _, arg := range n.Args {
				if name, value := named(arg); name != nil {
					s.nameCall(value, lastStep(name.Name))
				}
			}
		case *syntax.AssignStmt:
			if id, ok := n.LHS.(*syntax.Ident); ok && n.Op == syntax.EQ {
				s.nameCall(n.RHS, id.Name)
			}
		case *syntax.DefStmt:
			start, end := n.Span()
			s.scopes = append(s.scopes, scope{start, end, boundNames(n)})
		}
		return true
	})
}

// forget lets go of the syntax of the file, but for the calls in functions, which may be made later: of a large tree
// that is written out, the syntax takes more memory than the tree.
func (s *source) forget() {
	calls, names := map[place]*syntax.CallExpr{}, map[*syntax.CallExpr]string{}
	syntax.Walk(s.file, func(n syntax.Node) bool {
		switch n.(type) {
		case *syntax.DefStmt, *syntax.LambdaExpr:
			syntax.Walk(n, func(n syntax.Node) bool {
				if call, ok := n.(*syntax.CallExpr); ok {
					calls[place{call.Lparen.Line, call.Lparen.Col}] = call
					if name, ok := s.names[call]; ok {
						names[call] = name
					}
				}
				return true
			})
			return false
		}
		return true
	})
	s.file, s.calls, s.names = nil, calls, names
}

func (s *source) nameCall(value syntax.Expr, name string) {
	if call, ok := value.(*syntax.CallExpr); ok {
		s.names[call] = name
	}
}

// named returns the name and the value of an argument name = value, or nil.
func named(arg syntax.Expr) (*syntax.Ident, syntax.Expr) {
	b, ok := arg.(*syntax.BinaryExpr)
	if !ok || b.Op != syntax.EQ {
		return nil, nil
	}
	id, _ := b.X.(*syntax.Ident)
	return id, b.Y
}

// boundNames are the parameters and variables of a function.
func boundNames(def *syntax.DefStmt) []string {
	var names []string
	bind := func(e syntax.Expr) {
		syntax.Walk(e, func(n syntax.Node) bool {
			if id, ok := n.(*syntax.Ident); ok {
				names = append(names, id.Name)
			}
			return true
		})
	}
	for _, param := range def.Params {
		if id, _ := named(param); id != nil {
			names = append(names, id.Name)
		} else {
			bind(param)
		}
	}
	for _, stmt := range def.Body {
		syntax.Walk(stmt, func(n syntax.Node) bool {
			switch n := n.(type) {
			case *syntax.AssignStmt:
				bind(n.LHS)
			case *syntax.ForStmt:
				bind(n.Vars)
			case *syntax.ForClause:
				bind(n.Vars)
			case *syntax.DefStmt:
				names = append(names, n.Name.Name)
			}
			return true
		})
	}
	return names
}

// namesAt are the local names that can be used at a place.
func (s *source) namesAt(pos syntax.Position) []string {
	var names []string
	for _, sc := range s.scopes {
		if !before(pos, sc.start) && !before(sc.end, pos) {
			names = append(names, sc.names...)
		}
	}
	return names
}

func before(a, b syntax.Position) bool { return a.Line < b.Line || a.Line == b.Line && a.Col < b.Col }

// pos is a place of the interpreter as the rest of the program writes it.
func pos(p syntax.Position) nodes.Pos {
	return nodes.Pos{File: p.Filename(), Line: int(p.Line), Col: int(p.Col)}
}

// loadStmt is the first load statement of a file name.
func (s *source) loadStmt(name string) *syntax.LoadStmt {
	for _, stmt := range s.file.Stmts {
		if load, ok := stmt.(*syntax.LoadStmt); ok && load.ModuleName() == name {
			return load
		}
	}
	return nil
}

// loadedNames are the names that the file wants of another one.
func (s *source) loadedNames(name string) []*syntax.Ident {
	var names []*syntax.Ident
	for _, stmt := range s.file.Stmts {
		if load, ok := stmt.(*syntax.LoadStmt); ok && load.ModuleName() == name {
			names = append(names, load.From...)
		}
	}
	return names
}

// globalPos is where a global is assigned.
func (s *source) globalPos(name string, fallback nodes.Pos) nodes.Pos {
	if module, ok := s.file.Module.(*resolve.Module); ok {
		for _, b := range module.Globals {
			if b.First.Name == name {
				return pos(b.First.NamePos)
			}
		}
	}
	return fallback
}

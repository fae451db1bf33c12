package script

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.starlark.net/resolve"
	"go.starlark.net/syntax"

	"deployer/internal/nearest"
	"deployer/nodes"
)

// dialect is Starlark with what scripts of deployment need: sets, while, recursion, and if and for at the top level.
// A global has one value, so that the order of functions in a file does not matter.
var dialect = &syntax.FileOptions{Set: true, While: true, TopLevelControl: true, Recursion: true}

// parse reads the file and remembers its calls. If it has mistakes, what could be read in spite of them is remembered,
// and suspect are the names that stand in the rest: whether these are defined cannot be said.
func (s *source) parse() (problems []nodes.Problem, suspect map[string]bool) {
	if p := longChain(s.text); p != nil {
		p.Pos.File = s.path
		return []nodes.Problem{*p}, nil
	}
	f, err := dialect.Parse(s.path, s.text, 0)
	if err == nil {
		s.index(f)
		return nil, nil
	}
	r := newRecovery(s)
	r.report(pythonisms(r.tokens))
	for range 20 { // more than these nobody reads at once
		f, err = dialect.Parse(s.path, strings.Join(r.lines, "\n"), 0)
		if err == nil {
			s.index(f)
			break
		}
		p := r.explain(err)
		if !r.report([]nodes.Problem{p}) {
			break
		}
	}
	return r.problems, r.suspect
}

// recovery finds several syntax errors in one file: after each the top-level statement that contains it is taken out,
// and the rest is parsed again.
type recovery struct {
	*source
	tokens   []token
	chunks   []chunk // top-level statements
	lines    []string
	problems []nodes.Problem
	suspect  map[string]bool
}

// chunk is a top-level statement: its lines, counted from 1, the last included.
type chunk struct{ first, last int }

func newRecovery(s *source) *recovery {
	r := &recovery{source: s, tokens: slices.Collect(scan(s.text)), lines: slices.Clone(s.lines), suspect: map[string]bool{}}
	start := true
	for _, t := range r.tokens {
		if start && t.col == 1 && !isContinuation(t) {
			if n := len(r.chunks); n > 0 {
				r.chunks[n-1].last = t.line - 1
			}
			r.chunks = append(r.chunks, chunk{t.line, len(r.lines)})
		}
		start = t.kind == lineToken
	}
	return r
}

// isContinuation reports whether a line that begins with t belongs to the statement before it.
func isContinuation(t token) bool {
	return t.is("elif") || t.is("else") || t.is("except") || t.is("finally") || strings.Contains(")]}", t.text)
}

// report takes note of problems and takes their statements out. It returns false if there was nothing to take out.
func (r *recovery) report(problems []nodes.Problem) (progress bool) {
	for _, p := range problems {
		p.Pos.File = r.path
		r.problems = append(r.problems, p)
		for i, c := range r.chunks {
			if p.Pos.Line < c.first || c.last < p.Pos.Line {
				continue
			}
			progress = r.remove(c) || progress
			if i > 0 && strings.Contains(p.Message, "want an indented block") {
				r.remove(r.chunks[i-1]) // it is the one that misses the block
			}
		}
	}
	return progress
}

var anyName = regexp.MustCompile(`[\pL_][\pL\d_]*`)

func (r *recovery) remove(c chunk) (removed bool) {
	for i := c.first - 1; i < c.last; i++ {
		for _, name := range anyName.FindAllString(r.lines[i], -1) {
			r.suspect[name] = true
		}
		removed = removed || r.lines[i] != ""
		r.lines[i] = ""
	}
	return removed
}

// explain makes a problem of an error of the parser.
func (r *recovery) explain(err error) nodes.Problem {
	var e syntax.Error
	if !errors.As(err, &e) {
		return nodes.Problem{Message: err.Error()}
	}
	at := r.at(e)
	p := nodes.Problem{Pos: pos(e.Pos), Message: e.Msg}
	if at >= 0 {
		t := r.tokens[at]
		p.Pos.Line, p.Pos.Col = t.line, t.col
		if b := r.bracket(t); b != nil {
			return *b
		}
		p.Hint = r.hint(at, e.Msg)
	}
	for _, w := range parserWords {
		p.Message = strings.ReplaceAll(p.Message, w[0], w[1])
	}
	return p
}

// parserWords are the parser's words and better ones.
var parserWords = [][2]string{
	{"primary expression", "a value"},
	{"got illegal token", "got a reserved word"},
	{"got outdent", "got a line that is not indented"},
	{"want indent", "want an indented block"},
	{"got indent", "got a line that is indented too far"},
	{"got newline", "got the end of the line"},
	{"want newline", "want the end of the line"},
	{"got end of file", "got the end of the file"},
	{"unexpected newline in string", "the string does not end on this line"},
	{"unexpected EOF in string", "the string does not end"},
}

// at returns the index of the token that an error is about, or -1. The parser says where a token ends, the scanner
// where it begins.
func (r *recovery) at(e syntax.Error) int {
	line, col := int(e.Pos.Line), int(e.Pos.Col)
	if strings.Contains(e.Msg, "got newline") {
		return r.last(func(t token) bool { return t.kind == lineToken && t.line < line || t.line == line && t.col < col })
	}
	if i := slices.IndexFunc(r.tokens, func(t token) bool {
		return t.kind != lineToken && t.endLine == line && t.endCol == col && strings.Contains(e.Msg, "got ")
	}); i >= 0 {
		return i
	}
	return slices.IndexFunc(r.tokens, func(t token) bool { return t.line == line && t.col == col })
}

// last returns the index of the last token that fits, or -1.
func (r *recovery) last(fits func(token) bool) int {
	for i := len(r.tokens) - 1; i >= 0; i-- {
		if fits(r.tokens[i]) {
			return i
		}
	}
	return -1
}

// bracket returns the problem of a bracket that is not closed, if there is one in the statement before the token or
// around it: the parser would complain about something innocent far below.
func (r *recovery) bracket(at token) *nodes.Problem {
	var open []token
	for _, t := range r.tokens {
		if t.kind == lineToken && len(open) == 0 || t.kind != signToken || r.lines[t.line-1] == "" {
			continue
		}
		switch i := strings.Index("()[]{}", t.text); {
		case i < 0 || len(t.text) != 1:
		case i%2 == 0:
			open = append(open, t)
		case len(open) == 0 || open[len(open)-1].text != "()[]{}"[i-1:i]:
			return wrongBracket(t, open, at)
		default:
			open = open[:len(open)-1]
		}
	}
	if len(open) == 0 || at.line < open[0].line {
		return nil
	}
	t := open[len(open)-1]
	return &nodes.Problem{Pos: nodes.Pos{Line: t.line, Col: t.col}, Message: fmt.Sprintf("%q is never closed", t.text)}
}

// wrongBracket is about a closing bracket that does not fit the one that is open.
func wrongBracket(t token, open []token, at token) *nodes.Problem {
	if at.line > t.line {
		return nil
	}
	p := &nodes.Problem{Pos: nodes.Pos{Line: t.line, Col: t.col}, Message: fmt.Sprintf("%q closes nothing", t.text)}
	if len(open) > 0 {
		before := open[len(open)-1]
		if at.line < before.line {
			return nil
		}
		p.Message = fmt.Sprintf("%q does not close the %q of line %d", t.text, before.text, before.line)
	}
	return p
}

// hint says what to do about a syntax error at a token.
func (r *recovery) hint(at int, message string) string {
	t := r.tokens[at]
	var prev token
	if at > 0 {
		prev = r.tokens[at-1]
	}
	switch {
	case prev.is("else") && t.is("if"):
		return "write elif"
	case prev.is("print"):
		return "write print(…)"
	case t.is("="):
		return "compare with ==; an argument by name is name = value"
	case t.is(":") && (strings.Contains(message, "want ','") || strings.Contains(message, "want ')'")):
		return "parameters have no types here; an argument by name is name = value"
	case t.is("++"), t.is("--"):
		return "write += 1 or -= 1"
	case strings.Contains(message, "want ':'"):
		return "end the line with a colon"
	case strings.Contains(message, "want indent"):
		return "a block needs at least one line: pass does nothing"
	case strings.Contains(message, "does not associate"):
		return `write "a < b and b < c"`
	case strings.Contains(message, "newline in string"):
		return `a text of several lines stands between """ and """`
	}
	return ""
}

// resolveProblems makes problems of the resolver's errors: names that are not defined, above all.
func (s *source) resolveProblems(err error, suspect map[string]bool, known []string) []nodes.Problem {
	var list resolve.ErrorList
	if !errors.As(err, &list) {
		return []nodes.Problem{{Pos: nodes.Pos{File: s.path}, Message: err.Error()}}
	}
	var problems []nodes.Problem
	for _, e := range list {
		p := nodes.Problem{Pos: pos(e.Pos), Message: e.Msg}
		if name, undefined := strings.CutPrefix(e.Msg, "undefined: "); undefined {
			name, _, _ = strings.Cut(name, " ")
			if suspect[name] {
				continue
			}
			p.Message = name + " is not defined"
			p.Hint = s.nameHint(name, e.Pos, known)
		} else if strings.HasPrefix(e.Msg, "cannot reassign") {
			p.Hint = "a global has one value: choose another name, or compute it in a function"
		}
		problems = append(problems, p)
	}
	return problems
}

// nameHint says what may be meant by a name that is not defined.
func (s *source) nameHint(name string, at syntax.Position, known []string) string {
	if hint := cmp.Or(strangers[name], stockHint(name)); hint != "" {
		return hint
	}
	names := slices.Concat(s.namesAt(at), s.globals(), known)
	slices.Sort(names)
	return nearest.Hint(name, slices.Compact(names))
}

// globals are the names that the file binds.
func (s *source) globals() []string {
	module, ok := s.file.Module.(*resolve.Module)
	if !ok {
		return nil
	}
	var names []string
	for _, b := range slices.Concat(module.Globals, module.Locals) {
		names = append(names, b.First.Name)
	}
	return names
}

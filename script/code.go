package script

import (
	"strings"

	"go.starlark.net/syntax"

	"deployer/nodes"
)

// code is the text of what is defined at a place, in whole lines, and where it begins; "" where nothing is. The file is
// parsed for it: what loading a tree keeps of its files is their text alone.
func (p *program) code(at nodes.Pos) (string, nodes.Pos) {
	s := p.sources[at.File]
	if s == nil {
		return "", nodes.Pos{}
	}
	file, err := dialect.Parse(s.path, s.text, 0)
	if err != nil {
		return "", nodes.Pos{} // it was loaded, and so this does not happen
	}
	var found syntax.Node
	syntax.Walk(file, func(n syntax.Node) bool {
		if n != nil && found == nil && n != syntax.Node(file) && startsAt(n, at) {
			found = n // what begins here and is outermost
		}
		return found == nil
	})
	if found == nil {
		return "", nodes.Pos{}
	}
	start, end := found.Span()
	return strings.Join(s.lines[start.Line-1:end.Line], "\n") + "\n", nodes.Pos{File: at.File, Line: int(start.Line), Col: 1}
}

func startsAt(n syntax.Node, at nodes.Pos) bool {
	start, _ := n.Span()
	return int(start.Line) == at.Line && int(start.Col) == at.Col
}

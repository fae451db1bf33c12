package script

import "deployer/nodes"

// The library walks expressions recursively, on the stack of this program, whose overflow nothing can catch. It bounds
// brackets and prefixes, but not chains such as 1+1+…, a.b.b.… and f()()…, nor elif after elif. No person writes such
// chains thousands of links long; a file that contains one is refused before it is parsed.

const (
	maxChain = 10_000
	maxElif  = 10_000
	// smallSource is the size in bytes below which no chain can do harm.
	smallSource = 32 << 10
)

// longChain finds a chain that is too long.
func longChain(text string) *nodes.Problem {
	if len(text) < smallSource {
		return nil
	}
	links, elifs := []int{0}, 0 // links of the chain at each depth of brackets
	var prev token
	for t := range scan(text) {
		top := len(links) - 1
		switch {
		case t.kind == lineToken:
			links = []int{0}
		case t.is(","), t.is("="):
			links[top] = 0
		case t.is("("), t.is("["), t.is("{"):
			if endsValue(prev) {
				links[top]++
			}
			links = append(links, 0)
		case t.is(")"), t.is("]"), t.is("}"):
			links = links[:max(1, top)]
		case t.is("elif"):
			elifs++
		case t.kind == signToken, t.is("and"), t.is("or"), t.is("in"), t.is("if"), t.is("else"):
			links[top]++
		}
		if links[len(links)-1] > maxChain || elifs > maxElif {
			return &nodes.Problem{Pos: nodes.Pos{Line: t.line, Col: t.col}, Message: "this goes on for too long to be read",
				Hint: "use a loop, a list or a dict"}
		}
		prev = t
	}
	return nil
}

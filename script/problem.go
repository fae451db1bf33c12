package script

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"deployer/nodes"
)

// Problem is one mistake in the files of a tree.
type Problem struct {
	nodes.Problem
	Node  string  // the path of the first node that has it, where that is known and the message does not say it
	Line  string  // the line of the file, without its end; secrets are masked
	Trace []Frame // the calls that led to it, outermost first, if it lies inside a function
	mark  int     // the column of Pos in Line, counted from 1; 0: it cannot be said
}

// Frame is a call of a function of a script.
type Frame struct {
	Name string
	Pos  nodes.Pos // where it is at
}

// String says where the call is, or that some are left out.
func (f Frame) String() string {
	switch {
	case f.Pos.Line == 0:
		return f.Name
	case f.Name == "<toplevel>":
		return "called from " + f.Pos.String()
	}
	return fmt.Sprintf("called from %s, in %s", f.Pos, f.Name)
}

// String is the problem on one line: "FILE:LINE:COL: message (hint)".
func (p Problem) String() string {
	text := p.Message
	if p.Node != "" {
		text = p.Node + ": " + text
	}
	if p.Warning {
		text = "warning: " + text
	}
	if p.Hint != "" {
		text += " (" + p.Hint + ")"
	}
	if p.Pos.File == "" {
		return text
	}
	return p.Pos.String() + ": " + text
}

// Format writes the problem on several lines: place and message, the line of the file with a mark below the column,
// the calls that led there, and what to do.
func (p Problem) Format(w io.Writer) error {
	head := p
	head.Hint = ""
	var b strings.Builder
	fmt.Fprintln(&b, head.String())
	if p.Line != "" {
		fmt.Fprintf(&b, "    %s\n", p.Line)
		if p.mark > 0 {
			fmt.Fprintf(&b, "    %s^\n", indentTo(p.Line, p.mark))
		}
	}
	for i := len(p.Trace) - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "  %s\n", p.Trace[i])
	}
	if p.Hint != "" {
		fmt.Fprintf(&b, "  hint: %s\n", p.Hint)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// indentTo returns blanks as wide as what stands in line before the column, which counts characters from 1.
func indentTo(line string, col int) string {
	var b strings.Builder
	for _, r := range line {
		if col--; col <= 0 {
			break
		}
		switch {
		case r == '\t':
			b.WriteByte('\t')
		case isWide(r):
			b.WriteString("  ")
		default:
			b.WriteByte(' ')
		}
	}
	return b.String()
}

// isWide reports whether terminals draw r two columns wide: the blocks of East Asian scripts and of emoji.
func isWide(r rune) bool {
	for _, block := range [][2]rune{
		{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF}, {0xFE30, 0xFE6F},
		{0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF}, {0x20000, 0x3FFFD},
	} {
		if block[0] <= r && r <= block[1] {
			return true
		}
	}
	return false
}

// Problems is the error of a tree with mistakes: all that were found, by file in the order of loading, then by place.
type Problems struct {
	List []Problem // at least one mistake; warnings with Options.Check only
}

// Error lists the problems, one on a line.
func (p *Problems) Error() string {
	lines := make([]string, len(p.List))
	for i, one := range p.List {
		lines[i] = one.String()
	}
	return strings.Join(lines, "\n")
}

// Format writes every problem as Problem.Format does, with an empty line between two.
func (p *Problems) Format(w io.Writer) error {
	for i, one := range p.List {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := one.Format(w); err != nil {
			return err
		}
	}
	return nil
}

// sortProblems sorts by file in the given order, then by place, and leaves out what is there twice.
func sortProblems(list []Problem, files []string) []Problem {
	rank := func(p Problem) int { return slices.Index(files, p.Pos.File) }
	slices.SortStableFunc(list, func(a, b Problem) int {
		return cmp.Or(rank(a)-rank(b), a.Pos.Line-b.Pos.Line, a.Pos.Col-b.Pos.Col)
	})
	return slices.CompactFunc(list, func(a, b Problem) bool { return a.Pos == b.Pos && a.Message == b.Message })
}

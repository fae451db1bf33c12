package console

import (
	"maps"
	"slices"
	"strings"

	"deployer/journal"
)

// tree shows a run as a tree of actions and of the commands in them:
//
//	/ upgrade 2.1
//	├ /web[web1] restart
//	│ ├ web1 # systemctl restart web
//	│ │ │ what it prints
//	│ │ └ ok 0.31s
//	│ └ ok 0.32s
//	└ ok 0.40s
//
// What runs alone is shown while it runs. Of several that run at once each is kept until it ends, and is shown as a
// whole then: no line of one stands among those of another, and a host that hangs holds up none of them. One that prints
// more than maxKept is shown in parts, so that no output can fill the memory.
type tree struct {
	screen   *Screen
	root     branch
	branches map[uint64]*branch // what is going on
}

// maxKept is how many bytes are kept of what has not ended.
const maxKept = 1 << 20

// branch is something that is going on: an action or a command.
type branch struct {
	parent *branch
	depth  int    // how many branches it is in
	start  string // its first line
	open   int    // how many inside it are going on and shown
	failed bool   // something inside it was not done

	top    *branch // the outermost branch around it that is kept; nil if it is shown while it runs
	pieces []piece
	listed bool // it is one of the pieces of its parent
	begun  bool // its first line was shown
	kept   int  // bytes, of the outermost branch
}

// piece is a line inside a branch that is kept, or a branch.
type piece struct {
	line  string
	to    *surface
	child *branch
}

func newTree(s *Screen) *tree { return &tree{screen: s, branches: map[uint64]*branch{}} }

// in is the branch of an ID. What is not known happened in the run itself.
func (t *tree) in(id uint64) *branch {
	if b := t.branches[id]; b != nil {
		return b
	}
	return &t.root
}

// write shows an event, or keeps it.
func (t *tree) write(e journal.Event) error {
	log := t.screen.stderr
	switch e.Kind {
	case journal.ActionStart:
		if e.Quiet { // the reading of a property: what happens in it happens where it is read
			t.branches[e.ID] = t.in(e.Parent)
			return nil
		}
		return t.begin(e, actionLine(e, log.palette))
	case journal.CommandStart:
		return t.begin(e, commandLine(e, log.palette))
	case journal.ActionEnd:
		defer delete(t.branches, e.ID)
		if e.Quiet {
			return nil
		}
		return t.end(e, verdict(t.ownCause(e), log.palette))
	case journal.CommandEnd:
		defer delete(t.branches, e.ID)
		return t.end(e, verdict(e, log.palette))
	case journal.Message, journal.Warning, journal.BatchStart:
		return t.put(t.in(e.Parent), "├ "+logLine(e, log.palette), log)
	}
	if isFile(e) {
		return t.file(e)
	}
	return nil // a connection that fails is told by what wanted it
}

// file shows what was done with a file.
func (t *tree) file(e journal.Event) error {
	b := t.in(e.Parent)
	b.failed = b.failed || isFailure(e.State)
	mark := "├ "
	for _, line := range fileLines(e, t.screen.stderr.palette) {
		if err := t.put(b, mark+line, t.screen.stderr); err != nil {
			return err
		}
		mark = "│ "
	}
	return nil
}

// begin begins a branch. One beside another that is shown is kept, though nobody said that they run at once.
func (t *tree) begin(e journal.Event, line string) error {
	parent := t.in(e.Parent)
	b := &branch{parent: parent, depth: parent.depth + 1, start: line, top: parent.top}
	t.branches[e.ID] = b
	switch {
	case b.top != nil:
		b.list()
		return t.grow(b, len(line))
	case e.Parallel || parent.open > 0:
		b.top = b
		return nil
	}
	parent.open++
	b.begun = true
	return t.show(parent, "├ "+line, t.screen.stderr)
}

// close shows what is still kept: of what was left behind.
func (t *tree) close() error {
	for _, id := range slices.Sorted(maps.Keys(t.branches)) {
		if b := t.branches[id]; b != nil && b.top == b && (b.kept > 0 || !b.begun) {
			if err := t.flush(b); err != nil {
				return err
			}
		}
	}
	return nil
}

// end ends a branch.
func (t *tree) end(e journal.Event, line string) error {
	b := t.branches[e.ID]
	if b == nil {
		return nil // its start was not seen
	}
	b.parent.failed = b.parent.failed || e.State != journal.Done && e.State != journal.WouldRun
	if b.top == nil {
		b.parent.open--
	}
	if err := t.put(b, "└ "+line, t.screen.stderr); err != nil || b.top != b {
		return err
	}
	return t.flush(b)
}

// ownCause returns the end of an action with the cause as far as nothing in the action has shown it.
func (t *tree) ownCause(e journal.Event) journal.Event {
	if b := t.branches[e.ID]; e.Error == nil || b == nil || b.failed {
		e.Error = nil
		return e
	}
	cause := strings.TrimPrefix(e.Error.Message, e.Node+" "+e.Action+": ")
	e.Error = &journal.Error{Kind: e.Error.Kind, Message: strings.TrimPrefix(cause, string(e.State)+": ")}
	return e
}

// line shows a line that a command or a script printed.
func (t *tree) line(e journal.Event, text string, to *surface) error {
	b := t.branches[e.ID]
	if b == nil {
		b = t.in(e.Parent)
	}
	return t.put(b, "│ "+text, to)
}

// note shows something about a moment at once, in the innermost branch that is shown.
func (t *tree) note(e journal.Event, line string) error {
	b := t.in(e.Parent)
	if b.top != nil {
		b = b.top.parent
	}
	return t.show(b, "├ "+line, t.screen.stderr)
}

// put puts a line into a branch.
func (t *tree) put(b *branch, line string, to *surface) error {
	if b.top == nil {
		return t.show(b, line, to)
	}
	b.list()
	b.pieces = append(b.pieces, piece{line: line, to: to})
	return t.grow(b, len(line))
}

// list makes a branch a piece of the one around it.
func (b *branch) list() {
	if b.listed || b == b.top {
		return
	}
	b.listed = true
	b.parent.list()
	b.parent.pieces = append(b.parent.pieces, piece{child: b})
}

// grow notes that more is kept.
func (t *tree) grow(b *branch, bytes int) error {
	if b.top.kept += bytes; b.top.kept > maxKept {
		return t.flush(b.top)
	}
	return nil
}

// flush shows what is kept of a branch.
func (t *tree) flush(b *branch) error {
	line := b.start
	if b.begun {
		line += " …"
	}
	pieces := b.pieces
	b.pieces, b.kept, b.listed, b.begun = nil, 0, false, true
	if err := t.show(b.parent, "├ "+line, t.screen.stderr); err != nil {
		return err
	}
	for _, p := range pieces {
		var err error
		if p.child != nil {
			err = t.flush(p.child)
		} else {
			err = t.show(b, p.line, p.to)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// show shows a line inside a branch.
func (t *tree) show(b *branch, line string, to *surface) error {
	if b.depth == 0 {
		line = strings.TrimPrefix(strings.TrimPrefix(line, "├ "), "│ ")
	}
	return t.screen.line(to, strings.Repeat("│ ", max(0, b.depth-1))+line)
}

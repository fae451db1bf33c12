package nodes

import (
	"fmt"
	"strings"
)

// Path is where to go in a tree, as a person writes it: PATH = ['/'] STEP {SEP STEP}.
//
// A SEP is one of . / and space, with any spaces around it. A STEP is a name, "." (here) or ".." (up), each followed by
// any number of cells, or cells alone; a cell is [x] or :x. Inside brackets all but ] is literal. Quotes, '…' or "…",
// and a backslash keep what they quote whole, as in sh.
//
// A name in a tree may contain separators, so a path alone does not tell where its steps end: [Resolve] takes, at each
// place, the longest name that the place has. A step in quotes is that name and never a part of a longer one.
//
// The zero Path is the place itself.
type Path struct {
	raw      string
	text     string // without quotes
	class    string // of each byte of text: bare, quoted or inBracket
	absolute bool
}

// Classes of the bytes of a path. Only a bare byte can be a separator, a bracket or a colon.
const (
	bare      = 'b'
	quoted    = 'q'
	inBracket = 'c'
)

// PathError says what is wrong with a path, and where.
type PathError struct {
	Path    string // as it was given
	Message string // what is wrong
	Hint    string // the next step; may be ""
}

func (e *PathError) Error() string {
	s := fmt.Sprintf("path %q: %s", e.Path, e.Message)
	if e.Hint != "" {
		s += ": " + e.Hint
	}
	return s
}

// ParsePath reads a path. Its errors are *PathError: an empty path or step, a bracket or a quote that is not closed.
func ParsePath(raw string) (Path, error) {
	p, err := lexPath(raw)
	if err != nil {
		return Path{}, err
	}
	if len(p.text) == 0 {
		return Path{}, p.wrong("it is empty", "write / for the root, or . for here")
	}
	c := p.start()
	for !c.atEnd() {
		if err := c.step(syntaxOnly{}); err != nil {
			return Path{}, err
		}
		if err := c.separator(); err != nil {
			return Path{}, err
		}
	}
	return p, nil
}

// Absolute reports whether the path starts at the root.
func (p Path) Absolute() bool { return p.absolute }

// String returns the path as it was given.
func (p Path) String() string { return p.raw }

func (p Path) wrong(message, hint string) *PathError {
	return &PathError{Path: p.raw, Message: message, Hint: hint}
}

// walk is told the steps of a path. Each method gets the cursor where the step begins, and returns how long it is.
type walk interface {
	name(c *cursor) (size int, err error)
	key(c *cursor) (size int, err error) // of a cell written :x
	cell(c *cursor, key string) error
	up(c *cursor) error
}

// cursor goes through a path step by step.
type cursor struct {
	Path
	pos int
}

// start returns a cursor at the first step.
func (p Path) start() *cursor {
	c := &cursor{Path: p}
	if p.absolute {
		c.pos = 1
		c.spaces()
	}
	return c
}

func (c *cursor) atEnd() bool { return c.pos == len(c.text) }

// is reports whether the byte at pos is bare and one of set.
func (c *cursor) is(pos int, set string) bool {
	return pos < len(c.text) && c.class[pos] == bare && strings.IndexByte(set, c.text[pos]) >= 0
}

const (
	space     = " \t\r\n"
	boundary  = "./[:" + space
	cellStart = "[:"
)

func (c *cursor) spaces() (some bool) {
	for c.is(c.pos, space) {
		c.pos++
		some = true
	}
	return some
}

// separator goes over the separator after a step.
func (c *cursor) separator() error {
	some := c.spaces()
	switch {
	case c.atEnd():
		return nil
	case c.is(c.pos, "/"), c.is(c.pos, ".") && !some: // after a space, dots are a step
		dot := c.is(c.pos, ".")
		c.pos++
		c.spaces()
		if c.atEnd() && dot || c.is(c.pos, "./") && (dot || c.text[c.pos] == '/') {
			return c.emptyStep()
		}
	case !some:
		return c.wrong(fmt.Sprintf("no separator before %q", c.text[c.pos:]), "put a / between steps")
	}
	return nil
}

func (c *cursor) emptyStep() error {
	at := "at its end"
	if !c.atEnd() {
		at = fmt.Sprintf("before %q", c.text[c.pos:])
	}
	return c.wrong("empty step "+at, "put names with separators in them into quotes")
}

// step goes over one step.
func (c *cursor) step(w walk) error {
	switch {
	case c.is(c.pos, "."):
		if err := c.dots(w); err != nil {
			return err
		}
	case !c.is(c.pos, cellStart):
		size, err := w.name(c)
		if err != nil {
			return err
		}
		c.pos += size
	}
	for c.is(c.pos, cellStart) {
		if err := c.cells(w); err != nil {
			return err
		}
	}
	return nil
}

// dots goes over "." or "..", which stand alone: next to a separator "." they would be misread.
func (c *cursor) dots(w walk) error {
	size := 1
	for c.is(c.pos+size, ".") {
		size++
	}
	if end := c.pos + size; size > 2 || end < len(c.text) && !c.is(end, boundary) {
		return c.emptyStep()
	}
	if size == 2 {
		if err := w.up(c); err != nil {
			return err
		}
	}
	c.pos += size
	return nil
}

// cells goes over one cell.
func (c *cursor) cells(w walk) error {
	var key string
	if c.is(c.pos, "[") {
		c.pos++
		end := c.pos
		for c.class[end] != bare {
			end++
		}
		key = c.text[c.pos:end]
		if key == "" {
			return c.wrong("[] names no cell", "put a host or a number into it")
		}
		c.pos = end + 1
		return w.cell(c, key)
	}
	c.pos++
	size, err := w.key(c)
	if err != nil {
		return err
	}
	key = c.text[c.pos : c.pos+size]
	c.pos += size
	return w.cell(c, key)
}

// segment is the length of what is left up to the next boundary.
func (c *cursor) segment() int {
	end := c.pos
	for end < len(c.text) && !c.is(end, boundary) {
		end++
	}
	return end - c.pos
}

// longest is the length of the longest of names that comes next, or -1.
func (c *cursor) longest(names []string) int {
	best := -1
	for _, name := range names {
		if len(name) > best && strings.HasPrefix(c.text[c.pos:], name) && c.whole(c.pos, c.pos+len(name)) {
			best = len(name)
		}
	}
	return best
}

// whole reports whether what is between two places can be one name: it ends at a boundary, and goes over a bare one
// only if nothing in it is quoted.
func (c *cursor) whole(from, to int) bool {
	if to < len(c.text) && !c.is(to, boundary) {
		return false
	}
	if strings.IndexByte(c.class[from:to], quoted) < 0 {
		return true
	}
	for i := from; i < to; i++ {
		if c.is(i, boundary) {
			return false
		}
	}
	return true
}

// syntaxOnly walks without a tree.
type syntaxOnly struct{}

func (syntaxOnly) name(c *cursor) (int, error) {
	if size := c.segment(); size > 0 {
		return size, nil
	}
	return 0, c.emptyStep()
}

func (syntaxOnly) key(c *cursor) (int, error) {
	if size := c.segment(); size > 0 {
		return size, nil
	}
	return 0, c.wrong("a colon without a cell after it", "put a host or a number after it")
}

func (syntaxOnly) cell(*cursor, string) error { return nil }
func (syntaxOnly) up(*cursor) error           { return nil }

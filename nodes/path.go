package nodes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"deployer/internal/nearest"
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

// Stepper is a place in a tree that a path can lead through.
type Stepper[P any] interface {
	// Path is how a person names the place.
	Path() string
	// Up is the place that ".." means. At the root there is none.
	Up() (P, bool)
	// Steps are the names of the places below.
	Steps() []string
	// Step goes to one of Steps.
	Step(name string) (P, error)
	// Cells are the slugs of the cells to choose from, in order; of the next dimension, if there are several.
	// It is empty for a place that has no cells, or is one.
	Cells() []string
	// Cell goes to the cell of that index in Cells.
	Cell(index int) (P, error)
}

// Resolve returns the place that a path leads to from here. Its errors are *PathError or come from the places.
func Resolve[P Stepper[P]](p Path, here P) (P, error) {
	w := &resolver[P]{here: here}
	if p.absolute {
		for up, ok := here.Up(); ok; up, ok = up.Up() {
			w.here = up
		}
	}
	for c := p.start(); !c.atEnd(); {
		err := c.step(w)
		if err == nil {
			err = c.separator()
		}
		if err != nil {
			var none P
			return none, err
		}
	}
	return w.here, nil
}

// resolver walks through a tree.
type resolver[P Stepper[P]] struct{ here P }

func (r *resolver[P]) name(c *cursor) (int, error) {
	names := r.here.Steps()
	size := c.longest(names)
	if size < 0 {
		size, err := syntaxOnly{}.name(c)
		if err != nil {
			return 0, err
		}
		name := c.text[c.pos : c.pos+size]
		return 0, c.wrong(fmt.Sprintf("there is no %q in %s", name, r.here.Path()), alternatives(name, names))
	}
	next, err := r.here.Step(c.text[c.pos : c.pos+size])
	if err != nil {
		return 0, err
	}
	r.here = next
	return size, nil
}

func (r *resolver[P]) key(c *cursor) (int, error) {
	if size := c.longest(r.here.Cells()); size > 0 {
		return size, nil
	}
	return syntaxOnly{}.key(c)
}

func (r *resolver[P]) cell(c *cursor, key string) error {
	slugs := r.here.Cells()
	index, err := CellIndex(slugs, key)
	if err != nil {
		if len(slugs) == 0 {
			return c.wrong(fmt.Sprintf("%s has no cells, so no %q", r.here.Path(), key), "leave the cell out")
		}
		return c.wrong(fmt.Sprintf("%s: %v", r.here.Path(), err), otherHosts(key, slugs))
	}
	next, err := r.here.Cell(index)
	if err != nil {
		return err
	}
	r.here = next
	return nil
}

func (r *resolver[P]) up(c *cursor) error {
	up, ok := r.here.Up()
	if !ok {
		return c.wrong(".. leads above the root", "")
	}
	r.here = up
	return nil
}

// CellIndex returns which of slugs a key names: the slug itself, else a number from 0.
func CellIndex(slugs []string, key string) (int, error) {
	if i := slices.Index(slugs, key); i >= 0 {
		return i, nil
	}
	if i, err := strconv.ParseUint(key, 10, 31); err == nil {
		if int(i) < len(slugs) {
			return int(i), nil
		}
		return 0, fmt.Errorf("there is no cell %d: the numbers go from 0 to %d", i, len(slugs)-1)
	}
	return 0, fmt.Errorf("there is no cell %q", key)
}

// maxListed is how many names an error lists where none is near.
const maxListed = 8

// alternatives is a hint that names what word may have meant: the nearest of names, else what there is.
func alternatives(word string, names []string) string {
	if hint := nearest.Hint(word, names); hint != "" {
		return hint
	}
	if len(names) == 0 {
		return "there is nothing below it"
	}
	listed := strings.Join(names[:min(maxListed, len(names))], ", ")
	if more := len(names) - maxListed; more > 0 {
		listed += fmt.Sprintf(" and %d more", more)
	}
	return "there is " + listed
}

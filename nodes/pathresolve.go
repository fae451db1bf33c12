package nodes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"deployer/internal/nearest"
)

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

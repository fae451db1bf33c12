package hostset

import (
	"errors"
	"fmt"
	"strings"

	"deployer/internal/nearest"
)

// Space is what the words of an expression may name.
type Space struct {
	Hosts []string // the slugs there are, in definition order
	// Named returns the slugs of a role or a group: of @web, @role:web and @group:web the part after @. Nil: there are
	// none.
	Named func(name string) ([]string, error)
	// Path returns the slugs of a node of the tree. Nil: there is no tree.
	Path func(path string) ([]string, error)
}

// Slugs returns the hosts of an expression in definition order; an error is an *Error. A word that names no host is one;
// a role, group or node without hosts is not.
func (e *Expr) Slugs(space Space) ([]string, error) {
	index := make(map[string]bool, len(space.Hosts))
	for _, slug := range space.Hosts {
		index[slug] = true
	}
	in := map[string]bool{}
	for _, s := range e.steps {
		found, err := space.slugs(s.word, index)
		if err != nil {
			return nil, e.at(s.word, err)
		}
		in = combine(in, found, s.operator)
	}
	var slugs []string
	for _, slug := range space.Hosts {
		if in[slug] {
			slugs = append(slugs, slug)
			delete(in, slug) // also if Hosts names it twice
		}
	}
	return slugs, nil
}

// at is an error about a word of the expression.
func (e *Expr) at(w word, err error) error {
	var unknown *unknownError
	if errors.As(err, &unknown) {
		return failAt(e.text, w.at, unknown.what, unknown.hint)
	}
	return failAt(e.text, w.at, err.Error(), "")
}

// unknownError says that a word names nothing.
type unknownError struct{ what, hint string }

func (e *unknownError) Error() string { return e.what }

// combine returns what an operator makes of two sets.
func combine(a, b map[string]bool, operator byte) map[string]bool {
	both := map[string]bool{}
	for slug := range a {
		if inB := b[slug]; operator == ',' || operator == '&' && inB || strings.IndexByte("!^", operator) >= 0 && !inB {
			both[slug] = true
		}
	}
	if operator == ',' || operator == '^' {
		for slug := range b {
			if operator == ',' || !a[slug] {
				both[slug] = true
			}
		}
	}
	return both
}

// slugs returns the hosts of a word; index has every host.
func (s Space) slugs(w word, index map[string]bool) (map[string]bool, error) {
	switch w.kind {
	case treePath:
		if s.Path == nil {
			return nil, fmt.Errorf("%s is a path, and here is no tree", w.text)
		}
		found, err := s.Path(w.text)
		return setOf(found), err
	case named:
		return s.named(w)
	}
	return s.matching(w, index)
}

func setOf(slugs []string) map[string]bool {
	set := make(map[string]bool, len(slugs))
	for _, slug := range slugs {
		set[slug] = true
	}
	return set
}

// named returns the hosts of the roles and groups that a word names.
func (s Space) named(w word) (map[string]bool, error) {
	if s.Named == nil {
		return nil, fmt.Errorf("%s is a role or a group, and here are none", w.text)
	}
	names, err := w.names()
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	for _, name := range names {
		if name.parts != nil {
			return nil, errors.New("patterns are for slugs, not for roles and groups")
		}
		found, err := s.Named(name.text)
		if err != nil {
			return nil, err
		}
		for _, slug := range found {
			in[slug] = true
		}
	}
	return in, nil
}

// matching returns the hosts whose slugs a word names.
func (s Space) matching(w word, index map[string]bool) (map[string]bool, error) {
	names, err := w.names()
	if err != nil {
		return nil, err
	}
	in := map[string]bool{}
	var missing []string
	for _, name := range names {
		switch {
		case name.parts != nil:
			if !s.addMatching(in, name.parts) {
				return nil, &unknownError{"no host matches " + name.text, ""}
			}
		case index[name.text]:
			in[name.text] = true
		default:
			missing = append(missing, name.text)
		}
	}
	if len(missing) > 0 {
		return nil, s.unknown(missing)
	}
	return in, nil
}

// addMatching adds the hosts that a pattern matches to a set, and reports whether there are any.
func (s Space) addMatching(in map[string]bool, parts []piece) bool {
	found := false
	for _, slug := range s.Hosts {
		if matches(parts, slug) {
			in[slug] = true
			found = true
		}
	}
	return found
}

// maxMissing is how many characters an error has for the slugs that do not exist.
const maxMissing = 200

func (s Space) unknown(missing []string) error {
	if len(missing) == 1 {
		return &unknownError{fmt.Sprintf("there is no host %q", missing[0]), nearest.Hint(missing[0], s.Hosts)}
	}
	return &unknownError{"there are no hosts " + FoldWithin(missing, maxMissing), nearest.Hint(missing[0], s.Hosts)}
}

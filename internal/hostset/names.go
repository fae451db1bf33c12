package hostset

import (
	"errors"
	"slices"
	"strings"
	"unicode/utf8"
)

// Expand returns the slugs of a set without patterns, roles and paths, in the order in which it names them; an error is
// an *Error. It is what [Fold] writes, and operators may be in it.
func Expand(set string) ([]string, error) {
	if set == "" {
		return nil, nil
	}
	e, err := Parse(set)
	if err != nil {
		return nil, err
	}
	var space Space
	seen := map[string]bool{}
	for _, s := range e.steps {
		names, err := s.word.names()
		switch {
		case s.word.kind != slugs:
			return nil, failAt(set, s.word.at, s.word.text+" is no slug and no range", "")
		case err != nil:
			return nil, failAt(set, s.word.at, err.Error(), "")
		}
		for _, n := range names {
			if n.parts != nil {
				return nil, failAt(set, s.word.at, s.word.text+" is a pattern, and here is nothing to match", "")
			}
			if !seen[n.text] {
				seen[n.text] = true
				space.Hosts = append(space.Hosts, n.text)
			}
		}
	}
	return e.Slugs(space)
}

// name is one of the names that a word stands for.
type name struct {
	text  string
	parts []piece // of a pattern; nil: it is none
}

// names returns the names that a word stands for, in order.
func (w word) names() ([]name, error) {
	all := []name{{}}
	isPattern := slices.ContainsFunc(w.pieces, func(p piece) bool { return p.pattern })
	for _, p := range w.pieces {
		texts := p.numbers
		if texts == nil {
			texts = []string{p.text}
		}
		if len(all)*len(texts) > MaxHosts {
			return nil, errors.New(tooMany)
		}
		longer := make([]name, 0, len(all)*len(texts))
		for _, n := range all {
			for _, text := range texts {
				next := name{text: n.text + text}
				if isPattern {
					next.parts = append(slices.Clip(n.parts), piece{text: text, pattern: p.pattern})
				}
				longer = append(longer, next)
			}
		}
		all = longer
	}
	return all, nil
}

// matches reports whether a slug has the parts of a pattern: * is any text, ? any character.
func matches(parts []piece, slug string) bool {
	if len(parts) == 0 {
		return slug == ""
	}
	first, rest := parts[0], parts[1:]
	switch {
	case !first.pattern:
		after, has := strings.CutPrefix(slug, first.text)
		return has && matches(rest, after)
	case first.text == "?":
		_, n := utf8.DecodeRuneInString(slug)
		return n > 0 && matches(rest, slug[n:])
	case len(rest) > 0 && rest[0].pattern && rest[0].text == "*":
		return matches(rest, slug) // ** is *
	}
	for i := range len(slug) + 1 {
		if matches(rest, slug[i:]) {
			return true
		}
	}
	return false
}

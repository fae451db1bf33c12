package hostset

import (
	"errors"
	"slices"
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
	first, others := cutStar(parts)
	slug, ok := begins(first, slug)
	if others == nil || !ok {
		return ok && slug == ""
	}
	for {
		var part []piece
		if part, others = cutStar(others); others == nil {
			return ends(part, slug)
		}
		if slug, ok = within(part, slug); !ok { // its first place is as good as any
			return false
		}
	}
}

// cutStar returns the parts before the first *, and those after it; nil if there is none.
func cutStar(parts []piece) (before, after []piece) {
	i := slices.IndexFunc(parts, func(p piece) bool { return p.pattern && p.text == "*" })
	if i < 0 {
		return parts, nil
	}
	return parts[:i], append([]piece{}, parts[i+1:]...)
}

// begins returns what is left of a slug after parts without *.
func begins(parts []piece, slug string) (rest string, ok bool) {
	for _, p := range parts {
		n := len(p.text)
		if p.pattern {
			_, n = utf8.DecodeRuneInString(slug)
		}
		if n > len(slug) || p.pattern && n == 0 || !p.pattern && slug[:n] != p.text {
			return "", false
		}
		slug = slug[n:]
	}
	return slug, true
}

// within returns what is left of a slug after the first place where parts without * are in it.
func within(parts []piece, slug string) (rest string, ok bool) {
	for i := range len(slug) + 1 {
		if rest, ok = begins(parts, slug[i:]); ok {
			return rest, true
		}
	}
	return "", false
}

// ends reports whether a slug ends in parts without *.
func ends(parts []piece, slug string) bool {
	for i := range len(slug) + 1 {
		if rest, ok := begins(parts, slug[i:]); ok && rest == "" {
			return true
		}
	}
	return false
}

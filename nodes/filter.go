package nodes

import (
	"fmt"
	"strings"
)

// Filter chooses nodes of a [Walk]. The zero Filter chooses all.
type Filter struct {
	text  string // as a script writes it
	level filterLevel
	match func(*Place) bool
}

// filterLevel is how tightly the text of a filter holds together.
type filterLevel int

const (
	orFilter filterLevel = iota
	andFilter
	notFilter
	oneFilter
)

// Public chooses nodes whose names do not begin with _. What is above them does not count.
func Public() Filter {
	return newFilter("filters.public", func(n *Place) bool { return !IsPrivate(n.name) })
}

// Private chooses nodes whose names begin with _.
func Private() Filter {
	return newFilter("filters.private", func(n *Place) bool { return IsPrivate(n.name) })
}

// IsPrivate reports whether a name is not offered: it begins with _.
func IsPrivate(name string) bool { return strings.HasPrefix(name, "_") }

// InstanceOf chooses nodes of a template, or of one derived from it.
func InstanceOf(t *Template) Filter {
	return newFilter(fmt.Sprintf("filters.instance_of(%s)", t.called()), func(n *Place) bool {
		for of := n.template; of != nil; of = of.Base {
			if of == t {
				return true
			}
		}
		return false
	})
}

// OfType chooses nodes that are structs of the type T, which is a pointer to a struct or an interface.
func OfType[T any]() Filter {
	return newFilter(fmt.Sprintf("OfType[%T]", *new(T)), func(n *Place) bool {
		_, ok := n.template.self.(T)
		return ok
	})
}

// HasAction chooses nodes that have an action of that name or alias.
func HasAction(name string) Filter {
	return newFilter(fmt.Sprintf("filters.has_action(%q)", name), func(n *Place) bool {
		m := n.template.find(name)
		return m != nil && m.Action != nil
	})
}

// InGroup chooses nodes that are in a group, their own or the nearest one above.
func InGroup(name string) Filter {
	return newFilter(fmt.Sprintf("filters.in_group(%s)", name), func(n *Place) bool {
		g := n.Group()
		return g != nil && g.Name == name
	})
}

func newFilter(text string, match func(*Place) bool) Filter { return Filter{text, oneFilter, match} }

// Match reports whether the filter chooses a node.
func (f Filter) Match(n *Place) bool { return f.match == nil || f.match(n) }

// And chooses what both choose.
func (f Filter) And(g Filter) Filter {
	both := func(n *Place) bool { return f.Match(n) && g.Match(n) }
	return Filter{f.in(andFilter) + " & " + g.in(notFilter), andFilter, both}
}

// Or chooses what one of them chooses, or both.
func (f Filter) Or(g Filter) Filter {
	either := func(n *Place) bool { return f.Match(n) || g.Match(n) }
	return Filter{f.in(orFilter) + " | " + g.in(andFilter), orFilter, either}
}

// Not chooses what the filter does not choose.
func (f Filter) Not() Filter {
	return Filter{"~" + f.in(notFilter), notFilter, func(n *Place) bool { return !f.Match(n) }}
}

// in is the text where one of at least that level is needed.
func (f Filter) in(needs filterLevel) string {
	if f.level < needs {
		return "(" + f.String() + ")"
	}
	return f.String()
}

// String is the filter as a script writes it.
func (f Filter) String() string {
	if f.match == nil {
		return "filters.all"
	}
	return f.text
}

package sshconfig

import (
	"slices"
	"strings"
)

// Algorithms is a list of algorithms as ssh_config writes it: names that replace the default ones, or +, ^ or - and
// names or patterns to add at the end, to put to the front, or to take away. The empty list means the default ones.
type Algorithms string

// Of returns the list that is meant, out of all that are known. It may be empty.
func (a Algorithms) Of(defaults, all []string) []string {
	list := strings.TrimLeft(string(a[:min(1, len(a))]), "+^-") + string(a[min(1, len(a)):])
	names := strings.Split(list, ",")
	switch {
	case a == "":
		return slices.Clone(defaults)
	case a[0] == '-':
		return slices.DeleteFunc(slices.Clone(defaults), func(name string) bool { return matchesList(list, name) })
	case a[0] == '+':
		names = slices.Concat(defaults, names)
	case a[0] == '^':
		names = slices.Concat(names, defaults)
	}
	var out []string
	for _, pattern := range names {
		for _, name := range all {
			if matches(pattern, name) && !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

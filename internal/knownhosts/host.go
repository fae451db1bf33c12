package knownhosts

import (
	"slices"
	"strconv"
	"strings"
)

// Place is what a host is called: its names in known_hosts, the first of which counts, and in certificates.
type Place struct {
	Names     []string
	Principal string
}

const defaultPort = 22

// PlaceOf returns how known_hosts calls a host; alias is what HostKeyAlias calls it, or "". An entry without a port is
// good for every port.
func PlaceOf(host string, port int, alias string) Place {
	if alias != "" {
		name := strings.ToLower(alias)
		return Place{[]string{name}, name}
	}
	host = strings.ToLower(host)
	if port == defaultPort {
		return Place{[]string{host}, host}
	}
	return Place{[]string{"[" + host + "]:" + strconv.Itoa(port), host}, host}
}

// Host is what known_hosts says of one host.
type Host struct {
	place   Place
	by      []Entries // as place.Names
	signing []string
}

// At returns the entries about a host. signing is what authorities may sign certificates with; nil: all that is safe.
func (k Known) At(p Place, signing []string) *Host {
	h := &Host{place: p, signing: signing}
	for _, name := range p.Names {
		var about Entries
		for _, x := range k {
			about = append(about, x.about(name)...)
		}
		h.by = append(h.by, about)
	}
	return h
}

// Lines are the entries about the host, those for its first name first.
func (h *Host) Lines() Entries { return slices.Concat(h.by...) }

// Order returns algorithms with those first whose keys are known: a server has several keys and shows one, and it is no
// good to be shown one that cannot be judged.
func (h *Host) Order(algorithms []string) []string {
	var order []string
	add := func(wanted func(algorithm string) bool) {
		for _, a := range algorithms {
			if wanted(a) && !slices.Contains(order, a) {
				order = append(order, a)
			}
		}
	}
	for _, about := range h.by {
		add(func(a string) bool { return slices.ContainsFunc(about, func(l Line) bool { return l.judges(a) }) })
	}
	add(func(string) bool { return true })
	return order
}

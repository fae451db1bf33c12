package report

import (
	"cmp"
	"slices"
	"strings"

	"deployer/journal"
)

// Group is hosts that printed the same and ended alike, in order. It has at least one.
type Group struct{ Hosts []*Host }

// Slugs are those of its hosts.
func (g Group) Slugs() []string {
	slugs := make([]string, len(g.Hosts))
	for i, h := range g.Hosts {
		slugs[i] = h.Slug
	}
	return slugs
}

// State is how all of them ended.
func (g Group) State() journal.State { return g.Hosts[0].State }

// Cause says why they did not succeed, if it is the same for all; else "".
func (g Group) Cause() string {
	cause := causeOf(g.Hosts[0])
	for _, h := range g.Hosts[1:] {
		if causeOf(h) != cause {
			return ""
		}
	}
	return cause
}

func causeOf(h *Host) string {
	if h.Error == nil {
		return ""
	}
	return h.Error.Message
}

// Groups puts every host of the run into one group: with those that printed the same on standard output, the same on
// standard error, and ended in the same state, a failed command also with the same exit status. The largest comes first,
// of equal ones that of the host that is defined first.
func (c *Collector) Groups() []Group {
	at := map[string]int{}
	var groups []Group
	for _, h := range c.Hosts() {
		key := h.key()
		i, known := at[key]
		if !known {
			i = len(groups)
			at[key] = i
			groups = append(groups, Group{})
		}
		groups[i].Hosts = append(groups[i].Hosts, h)
	}
	slices.SortStableFunc(groups, func(a, b Group) int { return cmp.Compare(len(b.Hosts), len(a.Hosts)) })
	return groups
}

// commandFailed is the kind of an error whose message is the exit status of a command, and so the same for all hosts.
// Other messages may name what is different on each of them.
const commandFailed = "command"

// key is equal for hosts that belong together.
func (h *Host) key() string {
	parts := []string{string(h.State)}
	if h.Error != nil {
		parts = append(parts, h.Error.Kind)
		if h.Error.Kind == commandFailed {
			parts = append(parts, h.Error.Message)
		}
	}
	for _, p := range h.Parts {
		if p.Out.Size()+p.Err.Size() > 0 {
			parts = append(parts, p.Out.Sum()+p.Err.Sum())
		}
	}
	return strings.Join(parts, "\x00")
}

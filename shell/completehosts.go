package shell

import (
	"strings"

	"deployer/internal/hostset"
	"deployer/nodes"
	"deployer/prompt"
)

// The kinds of candidates for a set of hosts.
const (
	KindHost  = "host"
	KindRole  = "role"
	KindGroup = "group"
)

// CompleteHosts returns what a set of hosts, typed so far, may become: its last word is completed to a slug, to @role,
// @group, or a path.
func CompleteHosts(n *nodes.Place, typed string) []prompt.Candidate {
	at := hostset.LastWord(typed)
	lead, word := typed[:at], typed[at:]
	if strings.HasPrefix(word, "/") {
		found := CompletePath(n.Root(), word)
		for i := range found {
			found[i].Text = lead + found[i].Text
		}
		return found
	}
	var all []prompt.Candidate
	add := func(text, kind, description string) {
		if strings.HasPrefix(text, word) {
			all = append(all, prompt.Candidate{Text: lead + text, Shown: text, Kind: kind, Description: description})
		}
	}
	for _, h := range n.HostsBelow() {
		add(hostset.Fold([]string{h.Slug()}), KindHost, h.Address())
	}
	roles, groups := n.RolesUsed(), n.GroupsUsed()
	for _, name := range roles {
		add(named("role", name, groups), KindRole, "hosts of the role")
	}
	for _, name := range groups {
		add(named("group", name, roles), KindGroup, "hosts of the group")
	}
	return all
}

// named is how a role or a group is written, given the names of the others.
func named(kind, name string, others []string) string {
	written := hostset.Fold([]string{name})
	for _, other := range others {
		if other == name {
			return "@" + kind + ":" + written
		}
	}
	return "@" + written
}

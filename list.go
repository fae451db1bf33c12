package deployer

import (
	"slices"

	"deployer/hosts"
	"deployer/nodes"
)

// allHosts are the different hosts of a node and of everything below it.
func allHosts(n *nodes.Place) []hosts.Host {
	all := n.Hosts()
	for _, name := range n.Steps() {
		child, err := n.Step(name)
		if err != nil {
			continue // it has no hosts to speak of
		}
		for _, h := range allHosts(child) {
			if !slices.ContainsFunc(all, func(have hosts.Host) bool { return have.Slug() == h.Slug() }) {
				all = append(all, h)
			}
		}
	}
	return all
}

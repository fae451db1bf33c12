package shell

import (
	"strings"

	"deployer/hosts"
)

func information() []*Command { return nil }

// hostNames are the hosts of a role, with their addresses.
func hostNames(role hosts.Role) string {
	var names []string
	for _, h := range role.Hosts {
		name := h.Slug()
		if address := h.Address(); address != "" && address != name {
			name += " (" + address + ")"
		}
		names = append(names, name)
	}
	if len(names) == 0 {
		return "no hosts"
	}
	return strings.Join(names, ", ")
}

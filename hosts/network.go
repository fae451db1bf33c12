package hosts

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"deployer/internal/iflist"
)

// NetworkInterface is a network interface of a host.
type NetworkInterface = iflist.Interface

// listInterfaces prints what the host has to tell of its network: as JSON, else as text of one of two kinds.
const listInterfaces = `PATH=$PATH:/usr/sbin:/sbin
for list in 'ip -j addr' 'ip addr' 'ifconfig -a'; do
	found=$($list 2>/dev/null) && [ -n "$found" ] && printf '%s\n' "$found" && exit
done
echo 'there is neither ip nor ifconfig' >&2
exit 1`

// Interfaces asks the host for its network interfaces. It only reads, so that it works in a sandbox too.
func (h *Handle) Interfaces(ctx context.Context) ([]NetworkInterface, error) {
	text, err := h.ask(ctx, listInterfaces)
	if err != nil {
		return nil, err
	}
	found, err := iflist.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", h.Slug(), err)
	}
	return found, nil
}

// IPAddress is the first IPv4 address of an interface; without a name, of the first interface that is up and is not a
// loopback.
func (h *Handle) IPAddress(ctx context.Context, name string) (string, error) {
	all, err := h.Interfaces(ctx)
	if err != nil {
		return "", err
	}
	var names []string
	for _, i := range all {
		wanted := i.Name == name || name == "" && i.Up && !i.Loopback
		if ip := i.IP(); ip != "" && wanted {
			return ip, nil
		}
		names = append(names, i.Name)
	}
	if name == "" {
		return "", fmt.Errorf("%s has no interface that is up and has an IPv4 address, other than loopbacks", h.Slug())
	}
	if slices.Contains(names, name) {
		return "", fmt.Errorf("%s: the interface %s has no IPv4 address", h.Slug(), name)
	}
	return "", fmt.Errorf("%s has no interface %q: it has %s", h.Slug(), name, strings.Join(names, ", "))
}

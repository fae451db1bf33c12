// Package iflist reads the lists of network interfaces that ip and ifconfig print.
package iflist

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Interface is a network interface.
type Interface struct {
	Name      string
	Up        bool
	Loopback  bool
	Hardware  string         // the hardware address; "" if it has none
	Addresses []netip.Prefix // with the size of their network, in the order in which the host lists them
}

// IP is the first IPv4 address of the interface, or "".
func (i Interface) IP() string {
	for _, a := range i.Addresses {
		if a.Addr().Is4() {
			return a.Addr().String()
		}
	}
	return ""
}

// Parse reads what ip -j addr, ip addr or ifconfig print, whichever of the systems it comes from.
func Parse(text string) ([]Interface, error) {
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		return parseIPJSON(text)
	}
	var all []Interface
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if line[0] != ' ' && line[0] != '\t' {
			all = append(all, newInterface(fields))
		}
		if len(all) == 0 {
			return nil, fmt.Errorf("this is not what ip or ifconfig print: %q", strings.TrimSpace(line))
		}
		all[len(all)-1].read(fields)
	}
	return all, nil
}

// newInterface reads the name in a first line: "2: eth0@if5: <UP>", "eth0: flags=4163<UP>" or "eth0  Link encap:Ethernet".
func newInterface(fields []string) Interface {
	name := fields[0]
	if len(fields) > 1 && strings.Trim(name, "0123456789") == ":" {
		name, _, _ = strings.Cut(fields[1], "@")
	}
	return Interface{Name: strings.TrimSuffix(name, ":")}
}

// read takes from a line what is known of the interface.
func (i *Interface) read(fields []string) {
	for at, field := range fields {
		rest := fields[at+1:]
		switch {
		case strings.HasSuffix(field, ">") && strings.Contains(field, "<"):
			_, flags, _ := strings.Cut(strings.TrimSuffix(field, ">"), "<")
			i.flags(strings.Split(flags, ","))
		case field == "UP", field == "LOOPBACK": // on a line of their own
			i.flags([]string{field})
		case len(rest) == 0:
		case field == "ether", field == "link/ether", field == "HWaddr":
			i.Hardware = rest[0]
		case field == "inet", field == "inet6":
			i.address(rest)
		}
	}
}

func (i *Interface) flags(flags []string) {
	i.Up = i.Up || slices.Contains(flags, "UP")
	i.Loopback = i.Loopback || slices.Contains(flags, "LOOPBACK")
}

// address reads an address and what follows it: "10.0.0.1/24", "10.0.0.1 netmask 255.255.255.0", "fe80::1 prefixlen 64",
// "addr:10.0.0.1 Mask:255.255.255.0", "addr: fe80::1/64".
func (i *Interface) address(fields []string) {
	text := strings.TrimPrefix(fields[0], "addr:")
	if text == "" && len(fields) > 1 {
		fields = fields[1:]
		text = fields[0]
	}
	text, bits, hasBits := strings.Cut(text, "/")
	addr, err := netip.ParseAddr(text)
	if err != nil {
		return // such as the word in "inet alias": what is no address is not asked for
	}
	addr = addr.WithZone("")
	if !hasBits {
		bits = maskOf(fields[1:])
	}
	i.Addresses = append(i.Addresses, netip.PrefixFrom(addr, prefixLength(addr, bits)))
}

// maskOf is what a line says of the size of the network.
func maskOf(fields []string) string {
	for at, field := range fields {
		if mask, ok := strings.CutPrefix(field, "Mask:"); ok {
			return mask
		}
		if (field == "netmask" || field == "prefixlen") && at+1 < len(fields) {
			return fields[at+1]
		}
	}
	return ""
}

// prefixLength is a mask as a number of bits: "24", "255.255.255.0" or "0xffffff00"; all bits where it says nothing.
func prefixLength(addr netip.Addr, mask string) int {
	var n uint32
	if dotted, err := netip.ParseAddr(mask); err == nil && dotted.Is4() {
		b := dotted.As4()
		n = uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3])
	} else if _, err := fmt.Sscanf(mask, "0x%x", &n); err != nil {
		if _, err := fmt.Sscanf(mask, "%d", &n); err == nil && int(n) <= addr.BitLen() {
			return int(n)
		}
		return addr.BitLen()
	}
	length := 0
	for ; n&(1<<31) != 0; n <<= 1 {
		length++
	}
	return length
}

// parseIPJSON reads what ip -j addr prints.
func parseIPJSON(text string) ([]Interface, error) {
	var list []struct {
		Name      string   `json:"ifname"`
		Flags     []string `json:"flags"`
		Hardware  string   `json:"address"`
		Kind      string   `json:"link_type"`
		Addresses []struct {
			Local  string `json:"local"`
			Length int    `json:"prefixlen"`
		} `json:"addr_info"`
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return nil, fmt.Errorf("read the output of ip -j addr: %w", err)
	}
	var all []Interface
	for _, one := range list {
		if one.Name == "" {
			continue // an entry that was filtered out is an empty object
		}
		i := Interface{Name: one.Name}
		i.flags(one.Flags)
		if one.Kind == "ether" {
			i.Hardware = one.Hardware
		}
		for _, a := range one.Addresses {
			if addr, err := netip.ParseAddr(a.Local); err == nil {
				i.Addresses = append(i.Addresses, netip.PrefixFrom(addr, a.Length))
			}
		}
		all = append(all, i)
	}
	return all, nil
}

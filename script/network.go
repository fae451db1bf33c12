package script

import (
	"context"
	"fmt"
	"strings"

	"deployer/hosts"
	"deployer/internal/iflist"

	"go.starlark.net/starlark"
)

// ipAddressMethod is ip_address(interface).
func ipAddressMethod(s site, on machines) (starlark.Value, error) {
	var name string
	problems := s.bind("ip_address", []param{{name: "interface", optional: true, set: textOrNone(&name)}})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		ip, err := h.IPAddress(ctx, name)
		return starlark.String(ip), err
	})
}

// ifconfigMethod is ifconfig(only_active_interfaces = True).
func ifconfigMethod(s site, on machines) (starlark.Value, error) {
	active := true
	if err := s.complain(s.bind("ifconfig", []param{onlyActive(&active)})...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		found, err := h.Interfaces(ctx)
		if err != nil {
			return nil, err
		}
		return newIfconfig(found, active), nil
	})
}

// parseIfconfig is parse_ifconfig_output(output, only_active_interfaces = True).
func parseIfconfig(s site) (starlark.Value, error) {
	var output string
	active := true
	problems := s.bind("parse_ifconfig_output", []param{{name: "output", set: text(&output)}, onlyActive(&active)})
	found, err := iflist.Parse(output)
	if err != nil && len(problems) == 0 {
		problems = append(problems, s.problem("parse_ifconfig_output: %v", err))
	}
	return newIfconfig(found, active), s.complain(problems...)
}

func onlyActive(to *bool) param {
	return param{name: "only_active_interfaces", optional: true, set: truth(to)}
}

// ifconfig is what ifconfig() returns.
type ifconfig struct {
	interfaces *starlark.List
	list       []hosts.NetworkInterface
}

var _ starlark.HasAttrs = (*ifconfig)(nil)

// newIfconfig takes interfaces as a script sees them; with active those alone that have an IPv4 address.
func newIfconfig(found []hosts.NetworkInterface, active bool) *ifconfig {
	c := &ifconfig{interfaces: starlark.NewList(nil)}
	for _, i := range found {
		if active && i.IP() == "" {
			continue
		}
		c.list = append(c.list, i)
		_ = c.interfaces.Append(interfaceStruct(i)) // a new list: neither frozen nor iterated over
	}
	return c
}

func interfaceStruct(i hosts.NetworkInterface) starlark.Value {
	addresses := starlark.NewList(nil)
	for _, a := range i.Addresses {
		_ = addresses.Append(starlark.String(a.String())) // as above
	}
	return newStruct(starlark.StringDict{
		"name": starlark.String(i.Name), "ip": starlark.String(i.IP()), "up": starlark.Bool(i.Up),
		"hardware": starlark.String(i.Hardware), "addresses": addresses,
	})
}

func (c *ifconfig) String() string        { return fmt.Sprintf("<ifconfig %s>", strings.Join(c.names(), " ")) }
func (c *ifconfig) Type() string          { return "ifconfig" }
func (c *ifconfig) Truth() starlark.Bool  { return len(c.list) > 0 }
func (c *ifconfig) Freeze()               { c.interfaces.Freeze() }
func (c *ifconfig) Hash() (uint32, error) { return 0, wrong("an ifconfig cannot be a key") }

func (c *ifconfig) names() []string {
	var names []string
	for _, i := range c.list {
		names = append(names, i.Name)
	}
	return names
}

func (c *ifconfig) AttrNames() []string {
	return []string{"get_address", "get_interface", "interfaces"}
}

func (c *ifconfig) Attr(name string) (starlark.Value, error) {
	switch name {
	case "interfaces":
		return c.interfaces, nil
	case "get_interface":
		return c.find(name, "name", func(i hosts.NetworkInterface, key string) bool { return i.Name == key }), nil
	case "get_address":
		return c.find(name, "ip", func(i hosts.NetworkInterface, key string) bool {
			for _, a := range i.Addresses {
				if a.Addr().String() == key {
					return true
				}
			}
			return false
		}), nil
	}
	return nil, noAttr("an ifconfig", name, c.AttrNames())
}

// find is a method that finds one interface.
func (c *ifconfig) find(fn, arg string, is func(hosts.NetworkInterface, string) bool) starlark.Value {
	return builtin(func(s site) (starlark.Value, error) {
		var key string
		if err := s.complain(s.bind(fn, []param{{name: arg, set: text(&key)}})...); err != nil {
			return nil, err
		}
		for at, i := range c.list {
			if is(i, key) {
				return c.interfaces.Index(at), nil
			}
		}
		return nil, wrong("%s: there is no %q among %s", fn, key, strings.Join(c.names(), ", "))
	}).value(fn)
}

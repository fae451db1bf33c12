package sshconfig

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// settle finds what the host is called once the files were read: what HostName makes of it, in lower case, and complete
// if CanonicalizeHostname says so. An address gets its usual form.
func (e *evaluation) settle(ctx context.Context) (err error) {
	if e.host, err = e.hostNow(); err != nil {
		return err
	}
	address, known := parseAddress(e.host, e.first("addressfamily"))
	switch {
	case known:
		if text := address.String(); !strings.EqualFold(text, e.host) {
			e.host = text
		}
		return nil
	case looksLikeAddress(e.host):
		return nil
	}
	e.host = strings.ToLower(e.host)
	if e.canonicalize() == "no" || !e.direct() && e.canonicalize() != "always" {
		return nil
	}
	return e.complete(ctx)
}

// looksLikeAddress reports whether a name cannot be anything but an address, if perhaps a wrong one.
func looksLikeAddress(name string) bool {
	return strings.ContainsAny(name, "%:") || strings.Trim(name, "0123456789.") == ""
}

// parseAddress reads an IP address in any form that inet_aton(3) knows: 127.1 is one.
func parseAddress(name, family string) (netip.Addr, bool) {
	address, err := netip.ParseAddr(name)
	if err != nil {
		var ok bool
		if address, ok = parseOldAddress(name); !ok {
			return address, false
		}
	}
	return address, !(family == "inet" && address.Is6() || family == "inet6" && address.Is4())
}

// parseOldAddress reads one to four numbers, which may be octal or hexadecimal and of which the last one fills the rest.
func parseOldAddress(name string) (netip.Addr, bool) {
	parts := strings.Split(name, ".")
	if len(parts) > 4 {
		return netip.Addr{}, false
	}
	var address uint64
	for i, part := range parts {
		most := uint64(255)
		if i == len(parts)-1 {
			most = 1<<(8*(4-i)) - 1
		}
		n, ok := parseOldNumber(part)
		if !ok || n > most {
			return netip.Addr{}, false
		}
		if i < len(parts)-1 {
			n <<= 8 * (3 - i)
		}
		address |= n
	}
	return netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}), true
}

func parseOldNumber(text string) (uint64, bool) {
	if text == "" || !isAlphanumeric(text[0]) {
		return 0, false
	}
	base := 10
	if digits, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		base, text = 16, digits
	} else if len(text) > 1 && text[0] == '0' {
		base = 8
	}
	n, err := strconv.ParseUint(text, base, 32)
	return n, err == nil
}

// direct reports whether the host is connected to without help, so that its name is looked up on this machine.
func (e *evaluation) direct() bool {
	proxy := e.values[optionProxy]
	return len(proxy) == 0 || strings.EqualFold(proxy[1].Text, "none")
}

// complete looks a name up with each of CanonicalDomains, and takes the first that there is.
func (e *evaluation) complete(ctx context.Context) error {
	if name, ok := strings.CutSuffix(e.host, "."); ok {
		if e.exists(ctx, e.host) {
			return e.follow(ctx, name, e.host)
		}
		return e.missing(ctx)
	}
	most, err := strconv.Atoi(e.or("canonicalizemaxdots", "1"))
	if err != nil {
		return err
	}
	if strings.Count(e.host, ".") > most {
		return e.follow(ctx, e.host, e.host)
	}
	for _, domain := range e.values["canonicaldomains"] {
		if domain.Text == "none" {
			break
		}
		if name := e.host + "." + domain.Text; e.exists(ctx, name+".") {
			return e.follow(ctx, name, name+".")
		}
	}
	return e.missing(ctx)
}

// network is the family of addresses to look for.
func (e *evaluation) network() string {
	switch e.first("addressfamily") {
	case "inet":
		return "ip4"
	case "inet6":
		return "ip6"
	}
	return "ip"
}

func (e *evaluation) exists(ctx context.Context, name string) bool {
	found, err := e.config.local.Resolver.LookupNetIP(ctx, e.network(), name)
	return err == nil && len(found) > 0
}

// missing goes on with a name that none of CanonicalDomains knows, if that is allowed.
func (e *evaluation) missing(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if e.or("canonicalizefallbacklocal", "yes") == "no" {
		return fmt.Errorf("cannot look up %s in any of CanonicalDomains, and CanonicalizeFallbackLocal is no", e.host)
	}
	return e.follow(ctx, e.host, e.host)
}

// follow takes a name, or what it is an alias of where CanonicalizePermittedCNAMEs allows that. asked is the name as it
// is looked up.
func (e *evaluation) follow(ctx context.Context, name, asked string) error {
	e.host = name
	rules := e.values["canonicalizepermittedcnames"]
	if len(rules) == 0 || rules[0].Text == "none" {
		return nil
	}
	found, err := e.config.local.Resolver.LookupCNAME(ctx, asked)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return nil // nobody can say more about the name here; connecting may fail, or a proxy may know it
	}
	found = strings.TrimSuffix(found, ".")
	for _, rule := range rules {
		from, to, ok := strings.Cut(rule.Text, ":")
		if !ok {
			from, to = rule.Text, rule.Text
		}
		if found != name && matchesList(from, name) && matchesList(to, found) {
			e.host = found
			return nil
		}
	}
	return nil
}

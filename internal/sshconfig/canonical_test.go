package sshconfig

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

// zone is a resolver that knows some names, with the names that they are aliases of or "". Names are complete.
type zone struct {
	names  map[string]string
	family string // of all its addresses
}

func (z zone) LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if _, ok := z.names[name]; !ok || network != "ip" && network != z.family {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
}

func (z zone) LookupCNAME(_ context.Context, name string) (string, error) {
	alias, ok := z.names[name]
	if !ok && !strings.HasSuffix(name, ".") {
		alias, ok = z.names[name+"."]
	}
	switch {
	case !ok:
		return "", &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	case alias == "":
		return name, nil
	}
	return alias, nil
}

// example has machines in two domains, and one that is an alias in another.
var example = zone{family: "ip4", names: map[string]string{
	"web.one.example.": "", "web.two.example.": "", "db.two.example.": "", "a.b.two.example.": "", "a.b.c.two.example.": "",
	"www.two.example.": "web.elsewhere.example.", "cdn.two.example.": "web.other.test.", "whole.": "",
}}

const domains = "CanonicalDomains One.example two.example\n"

// Names become complete as ssh_config(5) says. ssh cannot be asked here: it would need a name server.
func TestCanonical(t *testing.T) {
	t.Parallel()
	const yes = "CanonicalizeHostname yes\n" + domains
	const cnames = "CanonicalizePermittedCNAMEs *.two.example:*.elsewhere.example\n"
	for _, c := range []struct{ name, config, host, want string }{
		{"in the first domain that knows it", yes, "web", "web.one.example"},
		{"in another domain", yes, "DB", "db.two.example"},
		{"in none", yes, "mail", "mail"},
		{"in none, which is not allowed", yes + "CanonicalizeFallbackLocal no\n", "mail", "error: cannot look up mail"},
		{"with a dot", yes, "a.b", "a.b.two.example"},
		{"with too many dots", yes, "a.b.c", "a.b.c"},
		{"with as many dots as allowed", yes + "CanonicalizeMaxDots 2\n", "a.b.c", "a.b.c.two.example"},
		{"complete already", yes, "whole.", "whole"},
		{"complete, and not there", yes + "CanonicalizeFallbackLocal no\n", "nowhere.", "error: cannot look up"},
		{"an address", yes, "192.0.2.7", "192.0.2.7"},
		{"not asked for", domains, "web", "web"},
		{"no domains", "CanonicalizeHostname yes\nCanonicalDomains none\n", "web", "web"},
		{"of another family", yes + "AddressFamily inet6\n", "web", "web"},
		{"of its family", yes + "AddressFamily inet\n", "web", "web.one.example"},
		{"an alias that is allowed", yes + cnames, "www", "web.elsewhere.example"},
		{"an alias that is not allowed", yes + cnames, "cdn", "cdn.two.example"},
		{"no alias", yes + cnames, "db", "db.two.example"},
		{"aliases of none", yes + "CanonicalizePermittedCNAMEs none\n", "www", "www.two.example"},
		{"any alias", yes + "CanonicalizePermittedCNAMEs *\n", "cdn", "web.other.test"},
		{"an alias of a complete name", yes + cnames, "www.two.example", "web.elsewhere.example"},
		{"through a proxy", yes + "ProxyCommand nc %h %p\n", "web", "web"},
		{"through a jump host", yes + "ProxyJump db\n", "web", "web"},
		{"always", strings.Replace(yes, "yes", "always", 1) + "ProxyJump db\n", "web", "web.one.example"},
		{"after HostName", yes + "Host w\nHostName db\n", "w", "db.two.example"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o, err := canonical(t, t.Context(), c.config, c.host)
			if want, wrong := strings.CutPrefix(c.want, "error: "); wrong {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("error %v, want %q", err, want)
				}
				return
			}
			if err != nil || o.HostName != c.want {
				t.Errorf("%v, %v; want %q", o, err, c.want)
			}
		})
	}
}

func canonical(t *testing.T, ctx context.Context, text, host string) (*Options, error) {
	t.Helper()
	local := here(t)
	local.Resolver = example
	read, err := Read(local, File{Name: filepath.Join(folder(t, config(text)), "config")})
	if err != nil {
		t.Fatal(err)
	}
	return read.Evaluate(ctx, Query{Host: host})
}

// What is said about the complete name counts, after what was said about the one that was given.
func TestCanonicalSecondPass(t *testing.T) {
	t.Parallel()
	o, err := canonical(t, t.Context(), "CanonicalizeHostname yes\n"+domains+"Host web\nSendEnv A\nPort 1\n"+
		"Host *.one.example\nSendEnv B\nPort 2\nUser u\nMatch canonical originalhost web\nSendEnv C\nMatch final\n"+
		"SendEnv D\n", "web")
	if err != nil {
		t.Fatal(err)
	}
	if o.HostName != "web.one.example" || o.Port != 1 || o.User != "u" || strings.Join(o.SendEnv, "") != "ABCD" {
		t.Errorf("%+v", o)
	}
}

func TestCanonicalCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("somebody wants no more")
	cancel(why)
	if _, err := canonical(t, ctx, "CanonicalizeHostname yes\n"+domains, "web"); !errors.Is(err, why) {
		t.Errorf("error %v", err)
	}
}

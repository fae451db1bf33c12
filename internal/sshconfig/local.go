package sshconfig

import (
	"context"
	"fmt"
	"net/netip"
	"os/user"
	"strings"
)

// Local is the machine and the account that connections come from: what ~ and tokens stand for.
type Local struct {
	User     string // its name
	UID      string
	Home     string // its home directory
	Hostname string // of this machine
	// Variable returns a variable of the environment, as os.LookupEnv does.
	Variable func(name string) (value string, ok bool)
	// Resolver looks names up for CanonicalizeHostname; net.DefaultResolver is one.
	Resolver Resolver
}

// Resolver looks names up. A name that ends in a dot is complete.
type Resolver interface {
	// LookupNetIP returns the addresses of a name. network is "ip", "ip4" or "ip6".
	LookupNetIP(ctx context.Context, network, name string) ([]netip.Addr, error)
	// LookupCNAME returns the name that a name is an alias of, or the same name.
	LookupCNAME(ctx context.Context, name string) (string, error)
}

// home replaces a leading ~ or ~user by the home directory.
func (l *Local) home(name string) (string, error) {
	if !strings.HasPrefix(name, "~") {
		return name, nil
	}
	who, rest, _ := strings.Cut(name[1:], "/")
	home := l.Home
	if who != "" {
		account, err := user.Lookup(who)
		if err != nil {
			return "", fmt.Errorf("%s: there is no user %s", name, who)
		}
		home = account.HomeDir
	}
	return strings.TrimSuffix(home, "/") + "/" + strings.TrimLeft(rest, "/"), nil
}

// variables replaces ${VARIABLES} by their values.
func (l *Local) variables(text string) (string, error) {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, "${")
		out.WriteString(before)
		if !found {
			return out.String(), nil
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || name == "" {
			return "", fmt.Errorf("${%s is not ${VARIABLE}", after)
		}
		value, ok := l.Variable(name)
		if !ok {
			return "", fmt.Errorf("the environment has no ${%s}", name)
		}
		out.WriteString(value)
		text = rest
	}
}

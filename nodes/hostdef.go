package nodes

import (
	"context"
	"runtime"

	"deployer/hosts"
)

// SSHHost returns a machine behind SSH. What is wrong with the options is told, with all other mistakes, when the tree
// is bound that has the host.
func SSHHost(o hosts.SSHOptions) hosts.Host {
	h, err := hosts.NewSSH(o)
	if err != nil {
		return newBadHost(o.Slug, err)
	}
	return h
}

// LocalHost returns this machine, of the slug "localhost" where the options name no other. Mistakes are told as of
// SSHHost.
func LocalHost(o hosts.LocalOptions) hosts.Host {
	h, err := hosts.NewLocal(o)
	if err != nil {
		return newBadHost(o.Slug, err)
	}
	return h
}

// WrappedHost returns a place that a command of this machine reaches. Mistakes are told as of SSHHost.
func WrappedHost(o hosts.WrappedOptions) hosts.Host {
	h, err := hosts.NewWrapped(o)
	if err != nil {
		return newBadHost(o.Slug, err)
	}
	return h
}

// badHost stands for a host whose options are wrong, until a tree is bound that has it.
type badHost struct {
	slug string
	err  error
	pos  Pos
}

// newBadHost is called by what makes a host, whose caller is the place of the mistake.
func newBadHost(slug string, err error) *badHost {
	h := &badHost{slug: slug, err: err}
	if _, file, line, ok := runtime.Caller(2); ok {
		h.pos = Pos{File: file, Line: line}
	}
	return h
}

// Slug implements hosts.Host.
func (h *badHost) Slug() string { return h.slug }

// Address implements hosts.Host.
func (h *badHost) Address() string { return "" }

// Login implements hosts.Host.
func (h *badHost) Login() string { return "" }

// Common implements hosts.Host.
func (h *badHost) Common() hosts.Common { return hosts.Common{} }

// Start implements hosts.Host.
func (h *badHost) Start(context.Context, *hosts.Session, hosts.Command) (hosts.Process, error) {
	return nil, &hosts.Error{Fault: hosts.Unreachable, Host: h.slug, Op: "connect", Err: h.err}
}

package nodes

import (
	"context"
	"errors"
	"strings"

	"deployer/hosts"
)

// Host is a host as an action of a Go program sees it: commands run in the context, and are recorded at the node, that
// it was asked for. It belongs to that action and is not kept beyond it. It never changes: Cd, Env, Prefix and their
// like return another one. A mistake on the way (a node without exactly one host, a bad name of a variable) is the error
// of every command after it.
type Host struct {
	ctx     context.Context // of one action, as the host is
	handle  *hosts.Handle
	options hosts.RunOptions
	err     error
}

// Slug is the name of the host, "" if there is none.
func (h Host) Slug() string {
	if h.handle == nil {
		return ""
	}
	return h.handle.Slug()
}

// Handle returns what the host is made of: its other methods take a context and options of their own.
func (h Host) Handle() (*hosts.Handle, error) { return h.handle, h.err }

// Cd returns the host in another directory; see [hosts.Handle.Cd].
func (h Host) Cd(dir string) Host {
	return h.change(func(on *hosts.Handle) (*hosts.Handle, error) { return on.Cd(dir), nil })
}

// Prefix returns the host with a command that runs before every other, in the same shell, and must succeed.
func (h Host) Prefix(command string) Host {
	return h.change(func(on *hosts.Handle) (*hosts.Handle, error) { return on.Prefix(command), nil })
}

// Env returns the host with an environment variable, which may be a secret.
func (h Host) Env(name, value string) Host {
	return h.change(func(on *hosts.Handle) (*hosts.Handle, error) { return on.Env(name, value, false) })
}

func (h Host) change(to func(*hosts.Handle) (*hosts.Handle, error)) Host {
	if h.err == nil {
		h.handle, h.err = to(h.handle)
	}
	return h
}

// With returns the host with these options for every command, in place of those it had.
func (h Host) With(o hosts.RunOptions) Host {
	h.options = o
	return h
}

// Sudo returns the host with every command under sudo.
func (h Host) Sudo() Host { return h.As("") }

// As returns the host with every command under sudo as that account; "" is root.
func (h Host) As(user string) Host {
	h.options.Sudo, h.options.User = true, user
	return h
}

// Reads returns the host with commands that only look: they run in a sandbox too.
func (h Host) Reads() Host {
	h.options.Reads = true
	return h
}

// Run runs a command. What it prints is shown while it comes.
func (h Host) Run(command string) error {
	_, err := h.Result(command)
	return err
}

// Output runs a command and returns what it prints on its standard output, without the last newline. Nothing is shown,
// and it gets no terminal. In a sandbox it is not run, and the error is an *UnknownError, unless it only looks.
func (h Host) Output(command string) (string, error) {
	h.options.Quiet, h.options.NoTerminal = true, true
	out, err := h.Result(command)
	if err != nil {
		return "", err
	}
	return outputText(out)
}

// outputText is what a command printed on its standard output.
func outputText(out *hosts.Output) (string, error) {
	if out.Unknown {
		return "", &UnknownError{Command: out.Command}
	}
	text, err := out.Stdout.String()
	if err != nil {
		return "", &hosts.Error{Fault: hosts.Failed, Host: out.Host, Op: out.Command, Err: err}
	}
	return strings.TrimSuffix(text, "\n"), nil
}

// Result runs a command and returns all that is known of it. With a command that failed it returns both.
func (h Host) Result(command string) (*hosts.Output, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.handle.Run(h.ctx, command, h.options)
}

// Hosts are several hosts as an action of a Go program sees them; see [Host]. Commands run on all of them at once. One
// that fails stops no other; the error joins those of all hosts.
type Hosts struct {
	ctx     context.Context // of one action, as the hosts are
	set     *hosts.Set
	options hosts.RunOptions
	err     error
}

// Set returns what the hosts are made of: its other methods take a context and options of their own.
func (h Hosts) Set() (*hosts.Set, error) { return h.set, h.err }

// All are the hosts, one by one, in the order in which they were defined.
func (h Hosts) All() []Host {
	if h.err != nil {
		return nil
	}
	var all []Host
	for _, handle := range h.set.Handles() {
		all = append(all, Host{ctx: h.ctx, handle: handle, options: h.options})
	}
	return all
}

// Len is the number of different hosts.
func (h Hosts) Len() int { return len(h.All()) }

// Slugs are the names of the hosts.
func (h Hosts) Slugs() []string {
	var slugs []string
	for _, one := range h.All() {
		slugs = append(slugs, one.Slug())
	}
	return slugs
}

// Roles are the hosts as they are defined, by role: what the field Roles of a node for [Initialize] can be.
func (h Hosts) Roles() Roles {
	if h.err != nil {
		return nil
	}
	return h.set.ByRole()
}

// Filter returns the hosts of some roles. A role that is not there holds no hosts.
func (h Hosts) Filter(roles ...string) Hosts {
	return h.change(func(set *hosts.Set) (*hosts.Set, error) { return set.Filter(roles...), nil })
}

// Select returns the hosts of a set, written as in "web[1-3],db1!web2"; "@web" are those of a role. A word that names no
// host is the error of every command after it. Hosts that the run is limited not to reach are left out.
func (h Hosts) Select(set string) Hosts {
	return h.change(func(from *hosts.Set) (*hosts.Set, error) {
		return frameOf(h.ctx).env.place.SelectFrom(from, set)
	})
}

// Cd is Host.Cd for every host.
func (h Hosts) Cd(dir string) Hosts {
	return h.change(func(set *hosts.Set) (*hosts.Set, error) { return set.Cd(dir), nil })
}

// Prefix is Host.Prefix for every host.
func (h Hosts) Prefix(command string) Hosts {
	return h.change(func(set *hosts.Set) (*hosts.Set, error) { return set.Prefix(command), nil })
}

// Env is Host.Env for every host.
func (h Hosts) Env(name, value string) Hosts {
	return h.change(func(set *hosts.Set) (*hosts.Set, error) { return set.Env(name, value, false) })
}

func (h Hosts) change(to func(*hosts.Set) (*hosts.Set, error)) Hosts {
	if h.err == nil {
		h.set, h.err = to(h.set)
	}
	return h
}

// With is Host.With for every host.
func (h Hosts) With(o hosts.RunOptions) Hosts {
	h.options = o
	return h
}

// Sudo is Host.Sudo for every host.
func (h Hosts) Sudo() Hosts { return h.As("") }

// As is Host.As for every host.
func (h Hosts) As(user string) Hosts {
	h.options.Sudo, h.options.User = true, user
	return h
}

// Reads is Host.Reads for every host.
func (h Hosts) Reads() Hosts {
	h.options.Reads = true
	return h
}

// Run is Host.Run on every host.
func (h Hosts) Run(command string) error {
	_, err := h.Results(command)
	return err
}

// Output is Host.Output on every host: what each printed, in order, and "" where it failed.
func (h Hosts) Output(command string) ([]string, error) {
	h.options.Quiet, h.options.NoTerminal = true, true
	results, err := h.Results(command)
	texts := make([]string, len(results))
	for i, out := range results {
		if out == nil || !out.Unknown && !out.Exit.OK() && !h.options.IgnoreStatus {
			continue
		}
		text, failed := outputText(out)
		texts[i], err = text, errors.Join(err, failed)
	}
	return texts, err
}

// Results is Host.Result on every host, in order; nil where there is none.
func (h Hosts) Results(command string) ([]*hosts.Output, error) {
	if h.err != nil {
		return nil, h.err
	}
	return h.set.Run(h.ctx, command, h.options)
}

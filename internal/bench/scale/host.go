package scale

import (
	"context"
	"fmt"
	"io"

	"deployer/hosts"
	"deployer/journal"
	"deployer/pty"
)

// Host is a host whose commands succeed as soon as they are started, and print nothing.
type Host string

// Hosts are n hosts in the role host.
func Hosts(n int) hosts.Role {
	role := hosts.Role{Name: "host"}
	for i := range n {
		role.Hosts = append(role.Hosts, Host(fmt.Sprintf("h%d", i)))
	}
	return role
}

// Slug implements hosts.Host.
func (h Host) Slug() string { return string(h) }

// Address implements hosts.Host.
func (h Host) Address() string { return string(h) }

// Login implements hosts.Host.
func (h Host) Login() string { return "" }

// Common implements hosts.Host.
func (h Host) Common() hosts.Common { return hosts.Common{} }

// Start implements hosts.Host.
func (h Host) Start(_ context.Context, _ *hosts.Session, c hosts.Command) (hosts.Process, error) {
	return process{c}, nil
}

type process struct{ c hosts.Command }

func (process) Stdin() io.WriteCloser { return nowhere{} }
func (process) Resize(pty.Size) error { return nil }
func (process) Abandon()              {}

// Wait says that the command has begun, as the script of a command does on a real host.
func (p process) Wait() (hosts.Exit, error) {
	_, err := fmt.Fprintf(p.c.Stderr, "\001%s:started\001", p.c.Word)
	return hosts.Exit{}, err
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }
func (nowhere) Close() error                { return nil }

// Session is a session whose journal has a reader that keeps nothing. The caller closes it.
func Session() *hosts.Session {
	return hosts.NewSession(hosts.Options{Journal: journal.New("bench", journal.NewSecrets(), reader{})})
}

type reader struct{}

func (reader) Write(journal.Event) error { return nil }

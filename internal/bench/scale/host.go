package scale

import (
	"context"
	"fmt"

	"deployer/hosts"
	"deployer/journal"
)

// Hosts are n hosts in the role host, whose commands succeed at once and print nothing.
func Hosts(n int) (hosts.Role, error) {
	role := hosts.Role{Name: "host"}
	for i := range n {
		h, err := hosts.NewFunc(hosts.FuncOptions{Slug: fmt.Sprintf("h%d", i), Run: succeed})
		if err != nil {
			return role, err
		}
		role.Hosts = append(role.Hosts, h)
	}
	return role, nil
}

func succeed(context.Context, hosts.Call) (int, error) { return 0, nil }

// Session is a session whose journal has a reader that keeps nothing. The caller closes it.
func Session() *hosts.Session {
	return hosts.NewSession(hosts.Options{Journal: journal.New("bench", journal.NewSecrets(), reader{})})
}

type reader struct{}

func (reader) Write(journal.Event) error { return nil }

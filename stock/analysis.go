package stock

import (
	"context"
	"fmt"
	"io/fs"

	"deployer/hosts"
	"deployer/nodes"
)

// HostAnalysis looks at a host. It changes nothing, and works in a sandbox too.
type HostAnalysis struct {
	nodes.Node `deploy:"parallel"`
}

// Actions name the parameters.
func (*HostAnalysis) Actions() nodes.Actions {
	return nodes.Actions{"CPU": {Name: "cpu"}}
}

// GoSource implements nodes.WithSource.
func (*HostAnalysis) GoSource() fs.FS { return source }

// Facts tells what the host is: system, processors, memory in bytes, addresses.
func (a *HostAnalysis) Facts(ctx context.Context) (hosts.Facts, error) {
	on, err := a.Host(ctx).Handle()
	if err != nil {
		return hosts.Facts{}, err
	}
	return on.Facts(ctx)
}

// CPU describes the processors.
func (a *HostAnalysis) CPU(ctx context.Context) (string, error) {
	return show(a.Host(ctx), "lscpu 2>/dev/null || cat /proc/cpuinfo")
}

// Memory tells how much memory there is, and is free.
func (a *HostAnalysis) Memory(ctx context.Context) (string, error) {
	return show(a.Host(ctx), "free -h 2>/dev/null || cat /proc/meminfo")
}

// Disk tells how full the file systems are.
func (a *HostAnalysis) Disk(ctx context.Context) (string, error) { return show(a.Host(ctx), "df -hP") }

// Users tells who is logged in.
func (a *HostAnalysis) Users(ctx context.Context) (string, error) { return show(a.Host(ctx), "who") }

// Uptime tells since when the host runs, and how busy it is.
func (a *HostAnalysis) Uptime(ctx context.Context) (string, error) {
	return show(a.Host(ctx), "uptime")
}

// Nodes lists the nodes of the tree that use the host, each with the roles in which they do. It asks no host.
func (a *HostAnalysis) Nodes(ctx context.Context) ([]string, error) {
	env, err := nodes.EnvOf(ctx, a)
	if err != nil {
		return nil, err
	}
	on, err := env.Host()
	if err != nil {
		return nil, err
	}
	var uses []string
	for n := range env.Place().Root().Walk().Places() {
		for _, role := range n.Roles() {
			for _, h := range role.Hosts {
				if h.Slug() == on.Slug() {
					uses = append(uses, fmt.Sprintf("%s :: %s", n.Path(), role.Name))
				}
			}
		}
	}
	return uses, nil
}

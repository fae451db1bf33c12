// Package websystemgo is the tree testdata/trees/websystem, in Go.
package websystemgo

import (
	"context"

	"deployer/hosts"
	"deployer/nodes"
)

// UpstartService is a service that is started and stopped.
type UpstartService struct {
	nodes.Node
	Name string `deploy:"required" doc:"what the machine calls the service"`
}

// Start starts the service.
func (s *UpstartService) Start(ctx context.Context) error { return s.service(ctx, "start", false) }

// Stop stops the service.
func (s *UpstartService) Stop(ctx context.Context) error { return s.service(ctx, "stop", false) }

// Status tells whether the service runs.
func (s *UpstartService) Status(ctx context.Context) error { return s.service(ctx, "status", true) }

func (s *UpstartService) service(ctx context.Context, action string, reads bool) error {
	o := hosts.RunOptions{Sudo: true, Reads: reads}
	return s.Hosts(ctx).With(o).Run("service " + hosts.Quote(s.Name) + " " + action)
}

// Git is the code.
type Git struct {
	nodes.Node
	ProjectDirectory string
}

// Actions name the parameters.
func (*Git) Actions() nodes.Actions {
	return nodes.Actions{"Checkout": {Params: []string{"commit"}}}
}

// Checkout checks out a commit on all machines.
func (g *Git) Checkout(ctx context.Context, commit string) error {
	return g.Hosts(ctx).Cd(g.ProjectDirectory).Run("git checkout --quiet " + hosts.Quote(commit))
}

// Show shows the commit that is checked out.
func (g *Git) Show(ctx context.Context) error {
	return g.Hosts(ctx).Cd(g.ProjectDirectory).Reads().Run("git show --no-patch --format=%s")
}

// WebSystem is a web system. Its roles: load_balancer, web, master_db, slave_db, queue, cache.
type WebSystem struct {
	nodes.Node
	Cache        UpstartService `roles:"cache"`
	Queue        UpstartService `roles:"queue"`
	LoadBalancer UpstartService `roles:"load_balancer"`
	Database     UpstartService `roles:"master=master_db slave=slave_db"`
	Git          Git            `roles:"web load_balancer queue"`
}

// Restart restarts all services, the database first.
func (w *WebSystem) Restart(ctx context.Context) error {
	for _, service := range []*UpstartService{&w.Database, &w.Cache, &w.Queue, &w.LoadBalancer} {
		for _, action := range []string{"stop", "start"} {
			if _, err := nodes.Call(ctx, service, action); err != nil {
				return err
			}
		}
	}
	return nil
}

// System is our web systems: staging on one machine, production on nine.
type System struct {
	nodes.Node
	StagingSystem    WebSystem `group:"staging"`
	ProductionSystem WebSystem `group:"production"`
}

// New makes the tree over machines that a function knows by their slugs.
func New(machine func(slug string) hosts.Host) *System {
	role := func(name string, slugs ...string) hosts.Role {
		var all []hosts.Host
		for _, slug := range slugs {
			all = append(all, machine(slug))
		}
		return nodes.Role(name, all...)
	}
	const staging = "staging-host0"
	return &System{
		StagingSystem: webSystem(role("load_balancer", staging), role("web", staging), role("master_db", staging),
			role("slave_db"), role("queue", staging), role("cache", staging)),
		ProductionSystem: webSystem(role("load_balancer", "lb0", "lb1"),
			role("web", "web-server1", "web-server2", "web-server3"),
			role("master_db", "master-db"), role("slave_db", "slave-db"),
			role("queue", "queue-host"), role("cache", "cache-host")),
	}
}

func webSystem(roles ...hosts.Role) WebSystem {
	return WebSystem{
		Node:         nodes.Node{Roles: roles},
		Cache:        UpstartService{Name: "redis"},
		Queue:        UpstartService{Name: "rabbitmq"},
		LoadBalancer: UpstartService{Name: "haproxy"},
		Database:     UpstartService{Name: "postgresql"},
		Git:          Git{ProjectDirectory: "~/web-system"},
	}
}

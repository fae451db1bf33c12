package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Service is a service of a machine.
type Service struct {
	nodes.Node
	Name string `deploy:"required" doc:"the service to manage"`
}

// Start starts the service.
func (s *Service) Start(ctx context.Context) error {
	return s.Hosts(ctx).Run("echo start " + hosts.Quote(s.Name))
}

// Web is a web server.
type Web struct {
	nodes.Node
	Port     int
	Location string
	Service  Service
}

func (Web) Actions() nodes.Actions {
	return nodes.Actions{
		"Checkout": {Params: []string{"commit", "force=false"}, Alias: []string{"co"}},
		"Here":     {Isolate: nodes.IsolateLater},
	}
}

// Checkout checks out one commit.
func (w *Web) Checkout(ctx context.Context, commit string, force bool) (string, error) {
	out, err := w.Host(ctx).Cd(w.Location).Output("echo " + hosts.Quote(commit) + " on $PWD")
	return fmt.Sprint(out, " ", force), err
}

// Where names the host.
func (w *Web) Where(ctx context.Context) string { return w.Host(ctx).Slug() }

// Here runs once.
func (w *Web) Here(ctx context.Context) []string { return w.Hosts(ctx).Slugs() }

// Domain is that of the site.
func (w *Web) Domain() string { return nodes.Parent[*Site](w).Domain }

// Site is our web system.
type Site struct {
	nodes.Node
	Domain   string
	Web      nodes.Array[Web]   `roles:"web"`
	Database nodes.JustOne[Web] `roles:"db" doc:"the database" deploy:"name=db"`
	Env      *Service
	Sites    map[string]*Service `group:"staging"`
	secret   string
	Cache    *Service
}

func (s *Site) URL() string { return "http://" + s.Domain + s.secret }

// Deploy deploys everything.
func (s *Site) Deploy(ctx context.Context, commits ...string) error {
	return s.Web.Each(ctx, func(ctx context.Context, w *Web) error {
		_, err := w.Checkout(ctx, strings.Join(commits, ","), true)
		nodes.Printf(ctx, "%s %s", w.Where(ctx), w.Service.Hosts(ctx).Slugs())
		return err
	})
}

// Typed takes arguments of all types.
func (s *Site) Typed(_ context.Context, text string, yes bool, n int8, u uint16, f float32, wait time.Duration, addr netip.Addr, list []int, more ...string) (string, error) {
	return fmt.Sprint(text, yes, n, u, f, wait, addr, list, more), nil
}

// Fail fails.
func (s *Site) Fail(context.Context) error { return errors.New("no way") }

// Panic panics.
func (s *Site) Panic(context.Context) { panic("so what") }

func local(slug string) hosts.Host { return nodes.LocalHost(hosts.LocalOptions{Slug: slug}) }

func newSite() *Site {
	service := Service{Name: "nginx"}
	return &Site{
		Node: nodes.Node{Roles: nodes.Roles{
			nodes.Role("web", local("web1"), local("web2")), nodes.Role("db", local("db1")),
		}},
		Domain:   "example.com",
		Web:      nodes.Array[Web]{Cell: Web{Port: 80, Location: "/tmp", Service: service}},
		Database: nodes.JustOne[Web]{Cell: Web{Port: 5432, Service: service}},
		Env:      &Service{Name: "env"},
		Sites:    map[string]*Service{"b": {Name: "b"}, "a": {Name: "a"}},
	}
}

func session(t testing.TB) (*hosts.Session, *journal.Recorder) {
	r := &journal.Recorder{}
	s := hosts.NewSession(hosts.Options{Journal: journal.New("test", nil, r)})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, r
}

// siteRun is a bound site in a run, with what the run records.
func siteRun(t testing.TB, o nodes.Options) (context.Context, *Site, *journal.Recorder) {
	t.Helper()
	site := newSite()
	var events *journal.Recorder
	o.Session, events = session(t)
	ctx, err := nodes.NewContext(t.Context(), site, o)
	if err != nil {
		t.Fatal(err)
	}
	return ctx, site, events
}

package deployer_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deployer"
	"deployer/hosts"
	"deployer/nodes"
)

// The tree testdata/trees/fronts, in Go.

// Service is a service.
type Service struct {
	nodes.Node
	Name string `deploy:"required" doc:"the service to manage"`
}

// Start starts the service.
func (s *Service) Start(ctx context.Context) error {
	return s.Hosts(ctx).Run("echo start " + hosts.Quote(s.Name))
}

// NameOf names the service.
func (s *Service) NameOf(context.Context) string { return s.Name }

// Git is a checkout.
type Git struct {
	nodes.Node
	Location string
	Secret   string `deploy:"private"`
	Service  Service
}

func (*Git) Actions() nodes.Actions {
	return nodes.Actions{
		"Checkout": {Doc: "Checks out one commit.", Params: []string{"commit", "force=false"}, Alias: []string{"co"}},
		"Hostname": {Doc: "Names the host."},
		"Fail":     {Params: []string{"status=3"}},
		"Quiet":    {Params: []string{"status=3"}, SuppressResult: true},
		"AllHosts": {Isolate: nodes.IsolateLater},
	}
}

func (g *Git) Checkout(ctx context.Context, commit string, force bool) (string, error) {
	return g.Host(ctx).Cd(g.Location).Output(fmt.Sprintf("echo %s %t on $PWD", hosts.Quote(commit), force))
}

func (g *Git) Hostname(ctx context.Context) string { return g.Host(ctx).Slug() }

// Fail fails with a status.
func (g *Git) Fail(ctx context.Context, status int) error {
	return g.Host(ctx).Run(fmt.Sprintf("exit %d", status))
}

func (g *Git) AllHosts(ctx context.Context) []string { return g.Hosts(ctx).Slugs() }

// Quiet fails with a status.
func (g *Git) Quiet(ctx context.Context, status int) error { return g.Fail(ctx, status) }

// WebSystem is all of it.
type WebSystem struct {
	nodes.Node
	Domain   string
	Database Service            `roles:"host=db"`
	Git      nodes.Array[Git]   `roles:"web db"`
	Master   nodes.JustOne[Git] `roles:"host=db+none"`
	Home     nodes.Query
}

func (*WebSystem) Actions() nodes.Actions { return nodes.Actions{"Show": {Default: true}} }

func (s *WebSystem) URL() string { return "http://" + s.Domain }

// Deploy deploys everything.
func (s *WebSystem) Deploy(ctx context.Context, commits ...string) (any, error) {
	for _, commit := range commits {
		if _, err := nodes.Call(ctx, &s.Git.Cell, "checkout", commit, true); err != nil {
			return nil, err
		}
	}
	return nodes.Dict{{Key: "domain", Value: s.Domain}, {Key: "count", Value: len(commits)}, {Key: "hosts", Value: []any{1.5, nil, true}}}, nil
}

// Where says where it is.
func (s *WebSystem) Where(ctx context.Context) (string, error) {
	return nodes.Read[string](ctx, s, s.Home)
}

// Show shows where it is.
func (s *WebSystem) Show(context.Context) string { return s.URL() }

// System is the root.
type System struct {
	nodes.Node `doc:"Our web system, as fronts_test.go has it in Go."`
	Staging    WebSystem `group:"staging"`
	Production WebSystem `group:"production"`
}

func webSystem(domain string, web []hosts.Host, db hosts.Host) WebSystem {
	git := Git{Location: "~", Secret: "x", Service: Service{Name: "git"}}
	return WebSystem{
		Node:     nodes.Node{Roles: nodes.Roles{nodes.Role("web", web...), nodes.Role("db", db)}},
		Domain:   domain,
		Database: Service{Name: "postgresql"},
		Git:      nodes.Array[Git]{Cell: git},
		Master:   nodes.JustOne[Git]{Cell: git},
		Home:     nodes.Q(`"%s/%s" % (url, master.location)`),
	}
}

func newSystem() *System {
	machine := func(slug string) hosts.Host { return nodes.LocalHost(hosts.LocalOptions{Slug: slug}) }
	web1, web2, db1 := machine("web1"), machine("web2"), machine("db1")
	s := &System{
		Staging:    webSystem("www.example.com", []hosts.Host{web1}, db1),
		Production: webSystem("example.com", []hosts.Host{web1, web2}, db1),
	}
	s.Production.Database.Name = "postgresql@15-main"
	return s
}

// TestFrontsAreAlike runs the same command lines over the tree in a script and over that in Go, and compares all that is
// seen of them.
func TestFrontsAreAlike(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"", "run", "run --path staging", "run --path production.git", "run --path production/git[web1]", "run --path production/master",
		"run --path production.git[web1].service",
		"run --path staging/database start",
		"run --path production.database start",
		"run --path production.git checkout v1",
		"run --path production.git co v1 force=yes",
		"run --path production.git:db1 checkout commit=v1 true",
		"run --path production.git checkout -- force=yes",
		"run --path production.git hostname",
		"run --path production.git all_hosts",
		"run --path production.git.service name_of",
		"run --path production.git.service start",
		"run --path production.master hostname",
		"run --path production deploy",
		"run --path production deploy a b",
		"run --path production .",
		"run --path production show",
		"run --path production where", "run --json --path staging where",
		"run --path staging.git fail",
		"run --path staging.git[web1] fail 4",
		"run --path staging.git[web1] quiet 0",
		"run --path staging.git fail nine",
		"run --path staging.git checkout",
		"run --path staging.git checkout a b c",
		"run --path staging.git chekcout a",
		"run --path stagin", "run --path staging.git[web9]", "run hello",
		"run --sandbox --path production.database start",
		"run --sandbox --path production.git fail",
		"run --json --path production.git[web1] checkout v1",
		"run --json --path staging.git[web1] fail 4",
		"run --json --path production deploy a",
		"check",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			sameOnBothFronts(t, "", strings.Fields(line))
		})
	}
}

// TestShellsOfFrontsAreAlike does the same with lines of the deployment shell.
func TestShellsOfFrontsAreAlike(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"ls", "ls -l production", "tree", "find", "find / action=fail", "find production g*t", "cd production.git[web2]/service\npwd\nls",
		"cd production\ngit hostname\ngit[web1] checkout v1 true\nmaster hostname\n.\nwhere",
		"cd staging/git\nall_hosts\nfail\npwd", "sandbox production/database start", "production/git chekcout x",
		"--inspect", "--inspect production", "--inspect production/git", "--inspect staging/master", "--inspect production git[web1]",
		"--inspect production git checkout", "--inspect staging url", "--inspect staging domain",
		"--inspect production/database name", "--inspect production/datbase", "production git help", "help --inspect",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			sameOnBothFronts(t, line+"\n", []string{"run", "-k"})
		})
	}
}

// sameOnBothFronts compares what is seen of a call of the program, over the script and over the structs.
func sameOnBothFronts(t *testing.T, input string, args []string) {
	t.Helper()
	script := seenOf(t, deployer.Program{}, input, append([]string{"-f", "testdata/trees/fronts/deploy"}, args...))
	inGo := seenOf(t, deployer.Program{Root: newSystem()}, input, args)
	if script != inGo {
		t.Errorf("the script:\n%s\nin Go:\n%s", script, inGo)
	}
}

// aside is what may differ: the place of a script, or the field of a struct, that says something, the name of the tree, and
// from what a template is derived.
var aside = []struct {
	is *regexp.Regexp
	as string
}{
	{regexp.MustCompile(`(?:\S*/fronts/)?deploy:(?:\d+:\d+:)? ?`), ""},
	{regexp.MustCompile(`(?m)^deployer_test\.\w+(\.\w+)?: `), ""},
	{regexp.MustCompile(`,?"(time|run|tree)":"[^"]*"|,?"(seconds|seq|id|parent)":[0-9.e-]*`), ""},
	{regexp.MustCompile(`,?"path":"[^"]*(/fronts/deploy|\.test)"|,?"sources":\{[^}]*\}`), ""},
	{regexp.MustCompile(`(?m)^System: `), ""},
	{regexp.MustCompile(`(?m)^(defined|template) +(\S+\n|.*, derived from .*\n)`), "$1 there\n"},
	{regexp.MustCompile(`(?m)^ *(called from .*|\^|return .*|env\..*|master = .*)\n`), ""},
}

// seenOf is all that is seen of a call of the program. Hosts work in parallel, so that lines may come in any order.
func seenOf(t *testing.T, p deployer.Program, input string, args []string) string {
	t.Helper()
	var out, err bytes.Buffer
	in := strings.NewReader(input)
	p.NoJournal = true
	status := p.Run(t.Context(), args, deployer.Stdio{In: in, Out: &out, Err: &err, Getenv: os.Getenv})
	return fmt.Sprintf("exit status %d\n%s--\n%s", status, settled(out.String()), settled(err.String()))
}

func settled(text string) string {
	text = steady(text, nothing)
	for _, a := range aside {
		text = a.is.ReplaceAllString(text, a.as)
	}
	lines := strings.SplitAfter(text, "\n")
	slices.Sort(lines)
	return strings.Join(lines, "")
}

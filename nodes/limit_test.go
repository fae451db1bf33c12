package nodes

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
)

// testSystem is a tree with a node system that has the roles web (web1 to web3), db (db1) and production (web3), and the
// children git (an array over all), db (just one) and other (with a host of its own); group production.
func testSystem(t *testing.T) *Place {
	t.Helper()
	made := func(template *Template, problems []Problem) *Template {
		t.Helper()
		if len(problems) > 0 {
			t.Fatal(problems[0])
		}
		return template
	}
	role := func(name string, slugs ...string) hosts.Role {
		r := hosts.Role{Name: name}
		for _, slug := range slugs {
			h, err := hosts.NewLocal(hosts.LocalOptions{Slug: slug})
			if err != nil {
				t.Fatal(err)
			}
			r.Hosts = append(r.Hosts, h)
		}
		return r
	}
	cells := made(NewTemplate(KindParallel, Definition{}))
	git := made(cells.Nested(KindArray, Definition{}))
	db := made(cells.Nested(KindJustOne, Definition{Hosts: &HostsDef{Map: []RoleMap{{Role: HostRole, From: []string{"db"}}}}}))
	other := made(NewTemplate(KindNormal, Definition{Group: &Group{Name: "beta"},
		Hosts: &HostsDef{Roles: []hosts.Role{role("own", "other1")}}}))
	system := made(NewTemplate(KindNormal, Definition{
		Group:   &Group{Name: "production"},
		Hosts:   &HostsDef{Roles: []hosts.Role{role("web", "web1", "web2", "web3"), role("db", "db1"), role("production", "web3")}},
		Members: []Member{{Name: "git", Child: git}, {Name: "db", Child: db}, {Name: "other", Child: other}},
	}))
	root := made(NewTemplate(KindNormal, Definition{Members: []Member{{Name: "system", Child: system}}}))
	return (&Tree{Template: root}).Root()
}

func TestSelect(t *testing.T) {
	root := testSystem(t)
	for _, test := range []struct{ at, set, want string }{
		{"/", "db1,web1", "web1 db1"},
		{"/", "web[1-3]!web2", "web1 web3"},
		{"/", "@web", "web1 web2 web3"},
		{"/", "@beta", "other1"},
		{"/", "@role:production", "web3"},
		{"/", "@group:production", "web1 web2 web3 db1"},
		{"/system/git", "@web", "web1 web2 web3"}, // of the node above
		{"/system/other", "@db", "db1"},           // of the node above
		{"/", "@own!@web", "other1"},
		{"/system/git", "@own", "other1"}, // of another one
		{"/system/git", "@host", "web1 web2 web3 db1"},
		{"/", "/system/db", "db1"},
		{"/", "/system/git[web2]", "web2"},
		{"/system/other", "/system!/system/git", "other1"},
		{"/", "*", "web1 web2 web3 db1 other1"},
	} {
		got, err := at(t, root, test.at).Select(test.set)
		if strings.Join(got, " ") != test.want || err != nil {
			t.Errorf("%s: %s is %q, %v; want %s", test.at, test.set, got, err, test.want)
		}
	}
	for _, test := range []struct{ set, want string }{
		{"web1,@production", `column 6: production is a role and a group: write @role:production or @group:production`},
		{"@wbe", `there is no role and no group "wbe": did you mean web?`},
		{"@role:beta", `there is no role "beta": there is web, db, production, host, own`},
		{"@group:webs", `there is no group "webs": there is production, beta`},
		{"/sistem", `did you mean system?`},
		{"/system/git[", `column 12: "[" has no end`},
		{"wbe1", `there is no host "wbe1": did you mean web1`},
	} {
		if got, err := root.Select(test.set); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s is %q, %v; want %s", test.set, got, err, test.want)
		}
	}
}

func TestLimit(t *testing.T) {
	root := testSystem(t)
	limited := func(path, set string) *Place {
		t.Helper()
		n, err := at(t, root, path).Limit(set)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	slugs := func(n *Place) string { return strings.Join(slugsOf(n.Hosts()), " ") }

	system := limited("/system", "web[2-3]")
	if got := slugs(system); got != "web2 web3" {
		t.Errorf("the node has %s", got)
	}
	if got := at(t, system, "/system/git").Cells(); !slices.Equal(got, []string{"web2", "web3"}) {
		t.Errorf("its array has the cells %q", got)
	}
	if got := slugs(system.Parent()); got != "" || system.Parent().Limited() != "web[2-3]" {
		t.Errorf("the node above has %q, limited to %q", got, system.Parent().Limited())
	}
	if cells, err := at(t, system, "/system/db").Isolations(); err != nil || len(cells) != 0 {
		t.Errorf("just_one without its host has the cells %v, %v", cells, err)
	}
	if got := slugs(at(t, system, "/system/other")); got != "" {
		t.Errorf("hosts of its own: %q", got)
	}
	if got := slugs(system.Whole()); got != "web1 web2 web3 db1" || system.Whole().Limited() != "" {
		t.Errorf("the whole node has %s", got)
	}
	if got := slugs(at(t, limited("/system", "db1"), "/system/db")); got != "db1" {
		t.Errorf("just_one with its host: %s", got)
	}
	if got := limited("/system/git[web2]", "web2,web3"); got.Path() != "/system/git[web2]" || slugs(got) != "web2" {
		t.Errorf("a cell: %s with %s", got.Path(), slugs(got))
	}
	again, err := system.Whole().Limit("web1")
	if err != nil || slugs(again) != "web1" {
		t.Errorf("limited anew: %v, %v", again, err)
	}
	if less, err := system.Limit("web[1-2]"); err != nil || slugs(less) != "web2" || less.Limited() != "web2" {
		t.Errorf("limited further: %v, %v", less, err)
	}
}

func TestLimitLeavesNone(t *testing.T) {
	root := testSystem(t)
	n, err := at(t, root, "/system/other").Limit("web*")
	want := "no host is left of web* at /system/other: it has other1"
	if !errors.Is(err, ErrNoneLeft) || err.Error() != want || len(n.Hosts()) != 0 {
		t.Errorf("got %v, %v; want %s", n, err, want)
	}
	if n, err := at(t, root, "/system/git[web1]").Limit("web2"); !errors.Is(err, ErrNoneLeft) || n != nil {
		t.Errorf("the cell of another host: %v, %v", n, err)
	}
	if _, err := root.Limit("web9"); err == nil || errors.Is(err, ErrNoneLeft) {
		t.Errorf("a host that is not there: %v", err)
	}
}

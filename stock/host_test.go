package stock_test

import (
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
	"deployer/stock"
)

// Rack is looked at and connected to.
type Rack struct {
	nodes.Node
	Analysis nodes.Array[stock.HostAnalysis]
	Connect  nodes.Array[stock.Connect]
	Single   nodes.JustOne[stock.HostAnalysis] `roles:"first"`
}

func newRack() *Rack {
	a, b := nodes.LocalHost(hosts.LocalOptions{Slug: "m1"}), nodes.LocalHost(hosts.LocalOptions{Slug: "m2"})
	return &Rack{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("first", a), nodes.Role("rest", a, b)}},
		Connect: nodes.Array[stock.Connect]{Cell: stock.Connect{InitialInput: "echo typed; exit\n"}}}
}

// TestHostAnalysis looks at this machine from all sides, in a sandbox.
func TestHostAnalysis(t *testing.T) {
	rack := newRack()
	r := newRun(t, rack, nodes.Options{Sandbox: true})
	for action, want := range map[string]string{
		"facts": `"system":"Linux"`, "memory": "Mem", "disk": "Filesystem", "users": "", "uptime": "load average", "cpu": "CPU",
	} {
		if got := r.must(&rack.Single.Cell, action); !strings.Contains(got, want) {
			t.Errorf("%s: got %q", action, got)
		}
	}
	want := `["/ :: first","/ :: rest","/analysis :: host","/connect :: host","/single :: host"]`
	if got := r.must(&rack.Single.Cell, "nodes"); got != want {
		t.Errorf("nodes: got %s, want %s", got, want)
	}
	want = "m1\t" + want + "\nm2\t" + `["/ :: rest","/analysis :: host","/connect :: host"]`
	if got := r.must(&rack.Analysis.Cell, "nodes"); got != want {
		t.Errorf("nodes of all: got %s, want %s", got, want)
	}
}

// TestConnect opens a shell on one of two hosts, of which nobody chooses one, with what it types first.
func TestConnect(t *testing.T) {
	rack := newRack()
	r := newRun(t, rack, nodes.Options{})
	for _, action := range []string{"", "with_host", "as_root"} {
		if action == "as_root" && !hasSudo(t) {
			continue
		}
		if r.must(&rack.Connect.Cell, action); r.output() != "typed\n" || len(r.commands()) != 1 {
			t.Errorf("%q: %q printed %q", action, r.commands(), r.output())
		}
	}
	r = newRun(t, rack, nodes.Options{Sandbox: true})
	r.must(&rack.Connect.Cell, "")
	r.wantCommands()
	rack = newRack()
	rack.Connect.Cell.InitialInput = ""
	r = newRun(t, rack, nodes.Options{})
	for _, action := range []string{"", "with_host", "as_root"} {
		if _, err := r.call(&rack.Connect.Cell, action); err == nil || !strings.Contains(err.Error(), "terminal") {
			t.Errorf("%q without anybody there: %v", action, err)
		}
	}
}

package nodes_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// Rack is a rack of a large tree.
type Rack struct {
	nodes.Node
	Machines map[string]*Unit
}

// Unit is a machine of a rack.
type Unit struct {
	nodes.Node
	Name  string
	Slots int
	Fast  bool
}

// Boot does nothing, with an argument.
func (u *Unit) Boot(_ context.Context, slot int) (int, error) { return slot, nil }

// Label names the machine.
func (u *Unit) Label() string { return u.Name }

// Hall is the root.
type Hall struct {
	nodes.Node
	Racks map[string]*Rack
}

func newHall(racks, units int) *Hall {
	h := &Hall{Racks: map[string]*Rack{}}
	for i := range racks {
		r := &Rack{Machines: map[string]*Unit{}}
		for j := range units {
			r.Machines[fmt.Sprintf("u%d", j)] = &Unit{Name: fmt.Sprintf("u%d", j), Slots: j}
		}
		h.Racks[fmt.Sprintf("r%d", i)] = r
	}
	return h
}

// BenchmarkBind binds a tree of 100,000 nodes.
func BenchmarkBind(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		b.StopTimer()
		hall := newHall(100, 998)
		runtime.GC()
		runtime.ReadMemStats(&before)
		b.StartTimer()
		tree, err := nodes.Bind(hall)
		b.StopTimer()
		if err != nil {
			b.Fatal(err)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(tree)
		b.StartTimer()
	}
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB-kept")
}

type nowhere struct{}

func (nowhere) Write(journal.Event) error { return nil }

// BenchmarkEnterAction calls an action that does nothing, through all that is recorded of it.
func BenchmarkEnterAction(b *testing.B) {
	hall := newHall(1, 1)
	s := hosts.NewSession(hosts.Options{Journal: journal.New("bench", nil, nowhere{})})
	defer s.Close()
	ctx, err := nodes.NewContext(b.Context(), hall, nodes.Options{Session: s})
	if err != nil {
		b.Fatal(err)
	}
	unit := hall.Racks["r0"].Machines["u0"]
	b.ReportAllocs()
	for b.Loop() {
		if _, err := nodes.Call(ctx, unit, "boot", 3); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCells calls an action that does nothing in 1,000 cells.
func BenchmarkCells(b *testing.B) {
	const cells = 1000
	role := nodes.Role("host")
	for i := range cells {
		role.Hosts = append(role.Hosts, local(fmt.Sprintf("h%d", i)))
	}
	root := &Racks{Node: nodes.Node{Roles: nodes.Roles{role}}}
	s := hosts.NewSession(hosts.Options{Journal: journal.New("bench", nil, nowhere{})})
	defer s.Close()
	ctx, err := nodes.NewContext(b.Context(), root, nodes.Options{Session: s})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := nodes.Call(ctx, &root.Units.Cell, "boot", 3); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/cells, "µs/cell")
}

// Racks has a cell for every host.
type Racks struct {
	nodes.Node
	Units nodes.Array[Unit]
}

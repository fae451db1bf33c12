package nodes_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"deployer/internal/bench/scale"
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

// Ping runs a command.
func (u *Unit) Ping(ctx context.Context) error { return u.Host(ctx).Run("true") }

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

// BenchmarkEnterAction calls an action that does nothing, through all that is recorded of it.
func BenchmarkEnterAction(b *testing.B) {
	const times = 1000
	hall := newHall(1, 1)
	ctx := newBenchRun(b, hall)
	unit := hall.Racks["r0"].Machines["u0"]
	m := scale.Start()
	for b.Loop() {
		for range times {
			if _, err := nodes.Call(ctx, unit, "boot", 3); err != nil {
				b.Fatal(err)
			}
		}
	}
	m.Report(b, times, 20)
}

// BenchmarkCells calls an action that does nothing in 1,000 cells, and one that runs a command, whose hosts return at
// once.
func BenchmarkCells(b *testing.B) {
	const cells = 1000
	role, err := scale.Hosts(cells)
	if err != nil {
		b.Fatal(err)
	}
	root := &Racks{Node: nodes.Node{Roles: nodes.Roles{role}}}
	ctx := newBenchRun(b, root)
	for action, args := range map[string][]any{"boot": {3}, "ping": nil} {
		b.Run(action, func(b *testing.B) {
			m := scale.Start()
			for b.Loop() {
				if _, err := nodes.Call(ctx, &root.Units.Cell, action, args...); err != nil {
					b.Fatal(err)
				}
			}
			m.Report(b, cells, 50)
		})
	}
}

func newBenchRun(b *testing.B, root nodes.Embedder) context.Context {
	session := scale.Session()
	b.Cleanup(func() {
		if err := session.Close(); err != nil {
			b.Error(err)
		}
	})
	ctx, err := nodes.NewContext(b.Context(), root, nodes.Options{Session: session})
	if err != nil {
		b.Fatal(err)
	}
	return ctx
}

// Racks has a cell for every host.
type Racks struct {
	nodes.Node
	Units nodes.Array[Unit]
}

// BenchmarkEnterDerivedAction is BenchmarkEnterAction of a node that was derived from one of Go.
func BenchmarkEnterDerivedAction(b *testing.B) {
	const times = 1000
	unit, err := nodes.TemplateOf(&Unit{Name: "u"})
	if err != nil {
		b.Fatal(err)
	}
	derived, problems := unit.Derive(nodes.Definition{Members: []nodes.Member{{Name: "slots", Constant: int64(3)}}})
	if len(problems) > 0 {
		b.Fatal(problems)
	}
	hall := newHall(1, 1)
	ctx := newBenchRun(b, hall)
	env, err := nodes.EnvOf(ctx, hall)
	if err != nil {
		b.Fatal(err)
	}
	env = env.Initialize(derived)
	m := scale.Start()
	for b.Loop() {
		for range times {
			if _, err := env.Call(ctx, "boot", nodes.Args{Positional: []any{3}}); err != nil {
				b.Fatal(err)
			}
		}
	}
	m.Report(b, times, 20)
}

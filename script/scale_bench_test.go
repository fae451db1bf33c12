package script

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"deployer/hosts"
	"deployer/internal/bench/scale"
	"deployer/nodes"
)

// BenchmarkLoad loads a tree of 100,000 nodes. BenchmarkLargeTree in the root package does in a process of its own.
func BenchmarkLoad(b *testing.B) {
	made := filepath.Join(b.TempDir(), "deploy")
	if err := os.WriteFile(made, []byte(scale.Made), 0o600); err != nil {
		b.Fatal(err)
	}
	written, err := scale.Write(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	b.Run("made", func(b *testing.B) { benchmarkLoad(b, made) })
	b.Run("written", func(b *testing.B) { benchmarkLoad(b, written) })
}

func benchmarkLoad(b *testing.B, path string) {
	var after runtime.MemStats
	for b.Loop() {
		loaded, err := Load(b.Context(), path, Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		runtime.GC()
		runtime.ReadMemStats(&after)
		runtime.KeepAlive(loaded)
		b.StartTimer()
	}
	b.ReportMetric(1, "s-mark")
	b.ReportMetric(float64(after.HeapAlloc)/1e6, "MB-kept")
}

// BenchmarkWalk goes over a tree of 100,000 nodes: as Go does, and as a script does that filters them.
func BenchmarkWalk(b *testing.B) {
	root := newRun(b, scale.Made, nodes.Options{}).root
	b.Run("go", func(b *testing.B) {
		for b.Loop() {
			if n := root.Walk().Len(); n != scale.Nodes+1 {
				b.Fatal(n)
			}
		}
		b.ReportMetric(200, "ms-mark")
	})
	b.Run("script", func(b *testing.B) {
		for b.Loop() {
			n, err := root.Call(b.Context(), "count", nodes.Args{})
			if err != nil {
				b.Fatal(err)
			}
			if text, err := nodes.FormatResult(n); text != "99000\n" || err != nil {
				b.Fatalf("counted %q, error %v", text, err)
			}
		}
		b.ReportMetric(200, "ms-mark")
	})
}

// BenchmarkEnter calls an action that does nothing: once, and in 1,000 cells; and one that runs a command in 1,000 cells,
// whose hosts return at once.
func BenchmarkEnter(b *testing.B) {
	const times = 1000
	loaded, err := Load(b.Context(), writeTree(b, `
def nothing(env): pass
def command(env): env.host.run("true")
root = node(nothing = nothing, cells = parallel_node(nothing = nothing, command = command).array())
`), Options{})
	if err != nil {
		b.Fatal(err)
	}
	role, err := scale.Hosts(times)
	if err != nil {
		b.Fatal(err)
	}
	loaded.Tree.Template.Hosts = &nodes.HostsDef{Roles: []hosts.Role{role}}
	session := scale.Session()
	b.Cleanup(func() {
		if err := session.Close(); err != nil {
			b.Error(err)
		}
	})
	root := nodes.NewRun(nodes.Options{Session: session}).Env(loaded.Tree.Root())
	cells, err := root.Child("cells")
	if err != nil {
		b.Fatal(err)
	}
	for _, enter := range []struct {
		name, action string
		env          *nodes.Env
		calls        int
		mark         float64
	}{{"action", "nothing", root, times, 20}, {"cells", "nothing", cells, 1, 50}, {"hosts", "command", cells, 1, 50}} {
		b.Run(enter.name, func(b *testing.B) {
			m := scale.Start()
			for b.Loop() {
				for range enter.calls {
					if _, err := enter.env.Call(b.Context(), enter.action, nodes.Args{}); err != nil {
						b.Fatal(err)
					}
				}
			}
			m.Report(b, times, enter.mark)
		})
	}
}

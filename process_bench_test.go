package deployer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/bench/scale"
)

// processRuns is how often a process is measured in one iteration.
const processRuns = 25

// BenchmarkProcess measures what the program itself costs: the CPU time of processes that do next to nothing.
func BenchmarkProcess(b *testing.B) {
	program := buildProgram(b)
	tree := filepath.Join(b.TempDir(), "deploy")
	text := "def say(env):\n    return 'hello'\n\ndef run(env):\n    env.host.run('echo hello')\n\n" +
		"root = node(hosts = local_host(), actions = [say, run])\n"
	if err := os.WriteFile(tree, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	for _, line := range []struct{ name, args, want string }{
		{"version", "--version", "deployer "},
		{"action", tree + " run --non-interactive say", "hello"},
		{"command", tree + " run --non-interactive run", "hello"},
	} {
		b.Run(line.name, func(b *testing.B) {
			p := &processes{line: append([]string{program}, strings.Fields(line.args)...), want: line.want}
			for b.Loop() {
				for range processRuns {
					p.run(b)
				}
			}
			b.ReportMetric(0, "ns/op") // of many
			b.ReportMetric(1000*middle(p.cpu), "cpu-ms")
			b.ReportMetric(15, "cpu-ms-mark")
			b.ReportMetric(1000*middle(p.wall), "wall-ms")
			b.ReportMetric(middle(p.memory), "MB-peak")
		})
	}
}

// BenchmarkLargeTree lists a node of a tree of 100,000, which the program loads first: made by functions, and written
// out in 7 MB of text.
func BenchmarkLargeTree(b *testing.B) {
	program := buildProgram(b)
	made := filepath.Join(b.TempDir(), "deploy")
	if err := os.WriteFile(made, []byte(scale.Made), 0o600); err != nil {
		b.Fatal(err)
	}
	written, err := scale.Write(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	for _, tree := range []struct{ name, file, path string }{
		{"made", made, "site7/service42"}, {"written", written, "part7/site7/service42"},
	} {
		b.Run(tree.name, func(b *testing.B) {
			p := &processes{line: []string{program, tree.file, "run", "--path", tree.path}, want: "start"}
			for b.Loop() {
				p.run(b)
			}
			b.ReportMetric(0, "ns/op") // the median says more
			b.ReportMetric(middle(p.wall), "s")
			b.ReportMetric(1, "s-mark")
			b.ReportMetric(middle(p.cpu), "cpu-s")
			b.ReportMetric(middle(p.memory), "MB-peak")
			b.ReportMetric(300, "MB-peak-mark")
		})
	}
}

func buildProgram(b *testing.B) string {
	b.Helper()
	program := filepath.Join(b.TempDir(), "deployer")
	if out, err := exec.Command("go", "build", "-o", program, "./cmd/deployer").CombinedOutput(); err != nil {
		b.Fatalf("go build: %v: %s", err, out)
	}
	return program
}

// processes is one command line, and what was measured of its processes.
type processes struct {
	line []string
	want string // in what it prints
	cpu, wall,
	memory []float64 // seconds, seconds, MB
}

// run runs the command line once. Its CPU time is that of the process and of the children that it waited for.
func (p *processes) run(b *testing.B) {
	b.Helper()
	cmd := exec.Command(p.line[0], p.line[1:]...)
	begun := time.Now()
	out, err := cmd.Output()
	took := time.Since(begun)
	if err != nil || !strings.Contains(string(out), p.want) {
		b.Fatalf("%q printed %q, error %v", p.line, out, err)
	}
	state := cmd.ProcessState
	p.cpu = append(p.cpu, (state.UserTime() + state.SystemTime()).Seconds())
	p.wall = append(p.wall, took.Seconds())
	p.memory = append(p.memory, float64(state.SysUsage().(*syscall.Rusage).Maxrss)/1024)
}

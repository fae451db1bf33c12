package deployer_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/internal/bench/scale"
	"deployer/pty"
	"deployer/pty/ptytest"
)

const (
	idleFor = 4 * time.Second
	// painted ends what is drawn after a key: the cursor is shown again.
	painted = "\x1b[?25h"
)

// BenchmarkKeyToPaint types at the prompt of the shell over a tree of 100,000 nodes, as a quick person does. It measures
// how long it takes from a key until the line and the menu are drawn, and then what the prompt costs that waits.
func BenchmarkKeyToPaint(b *testing.B) {
	program := buildProgram(b)
	p := place{dir: b.TempDir(), home: b.TempDir()}
	if err := os.WriteFile(filepath.Join(p.dir, "deploy"), []byte(scale.Made), 0o700); err != nil {
		b.Fatal(err)
	}
	cmd := p.command()
	cmd.Path = program
	term := ptytest.Start(b, cmd, pty.Size{Rows: 24, Cols: 80})
	term.Expect("/ > ")
	term.Expect(painted)
	var took, idle, memory []float64
	for b.Loop() {
		for _, key := range typedKeys() {
			time.Sleep(40*time.Millisecond + rand.N(17*time.Millisecond))
			begun := time.Now()
			term.Send(key)
			term.Expect(painted)
			took = append(took, float64(time.Since(begun).Microseconds())/1000)
		}
		before := cpuOf(b, cmd.Process.Pid)
		time.Sleep(idleFor)
		idle = append(idle, 100*(cpuOf(b, cmd.Process.Pid)-before).Seconds()/idleFor.Seconds())
		memory = append(memory, residentMB(b, cmd.Process.Pid))
	}
	slices.Sort(took)
	b.ReportMetric(0, "ns/op") // of many
	b.ReportMetric(middle(took), "ms-median")
	b.ReportMetric(took[len(took)*99/100], "ms-p99")
	b.ReportMetric(16, "ms-p99-mark")
	b.ReportMetric(middle(idle), "%-idle")
	b.ReportMetric(1.5, "%-idle-mark")
	b.ReportMetric(middle(memory), "MB")
}

// typedKeys go to a service of a site, with completion among a thousand and among a hundred candidates, and take it all
// back.
func typedKeys() []string {
	const tab, up, down, cut = "\t", "\x1b[A", "\x1b[B", "\x15"
	keys := strings.Split("cd site7", "")
	keys = append(keys, tab, down, down, up, "\r") // the last one takes the candidate
	keys = append(keys, strings.Split("/service4", "")...)
	keys = append(keys, tab, down, tab, "\x07") // Ctrl-G gives it up; Esc alone takes 50 ms to tell from others
	for range 20 {
		keys = append(keys, "\x7f")
	}
	return slices.Concat(keys, strings.Split("--inspect site99 service1 wrong", ""), []string{cut, "s", "i", cut})
}

// cpuOf is the CPU time of the threads of a process, to the nanosecond: ticks of 10 ms see nothing of one that wakes up
// often and briefly.
func cpuOf(b *testing.B, pid int) time.Duration {
	b.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil || len(threads) == 0 {
		b.Fatalf("%d threads, error %v", len(threads), err)
	}
	sum := 0
	for _, thread := range threads {
		text, err := os.ReadFile(thread)
		if err != nil {
			b.Fatal(err)
		}
		spent, err := strconv.Atoi(strings.Fields(string(text))[0])
		if err != nil {
			b.Fatal(err)
		}
		sum += spent
	}
	return time.Duration(sum)
}

// residentMB is the memory that a process has now.
func residentMB(b *testing.B, pid int) float64 {
	b.Helper()
	return memoryMB(b, pid, "VmRSS:")
}

// memoryMB is what the system says of the memory of a process under a label.
func memoryMB(b testing.TB, pid int, label string) float64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), label)
	kB, err := strconv.ParseFloat(strings.Fields(after)[0], 64)
	if err != nil {
		b.Fatal(err)
	}
	return kB / 1024
}

package deployer_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/internal/sshdtest"
)

// coldRounds is how often each way is measured in one iteration, in turns.
const coldRounds = 2

// coldAddresses is how many addresses the hosts share: as many as one sshd can listen on. Deployer has at most 6
// connections to an address that have not logged in, and with one address this limit would be all that is measured.
const coldAddresses = 16

// BenchmarkCold runs hostname on hosts that nobody is connected to yet, all behind one sshd: with deployer, with the
// least that a program can do, and with every peer that is installed. Each is a process of its own.
func BenchmarkCold(b *testing.B) {
	lab := newColdLab(b)
	for _, n := range []int{1, 10, 50, 100, 200} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			ways := lab.ways(b, n)
			for b.Loop() {
				for range coldRounds {
					for _, w := range ways {
						w.measure(b, lab, n)
					}
				}
			}
			b.ReportMetric(0, "ns/op") // of all ways together: it means nothing
			report(b, ways)
		})
	}
}

// coldLab is one sshd, the programs, and what they need to log in.
type coldLab struct {
	sshd              *sshdtest.Server
	dir               string
	deployer, minimal string
}

func newColdLab(b *testing.B) *coldLab {
	b.Helper()
	lab := &coldLab{dir: b.TempDir()}
	lab.sshd = sshdtest.Start(b, sshdtest.Options{Addresses: coldAddresses, Config: []string{
		"MaxStartups 1000", "MaxSessions 100", "SetEnv HOME=" + b.TempDir(),
	}})
	lab.deployer, lab.minimal = filepath.Join(lab.dir, "deployer"), filepath.Join(lab.dir, "minimal")
	for program, source := range map[string]string{lab.deployer: "./cmd/deployer", lab.minimal: "./internal/bench/minimal"} {
		if out, err := exec.Command("go", "build", "-o", program, source).CombinedOutput(); err != nil {
			b.Fatalf("go build: %v: %s", err, out)
		}
	}
	config := fmt.Sprintf("Host *\n HostName 127.0.0.1\n Port %d\n User %s\n IdentityFile %s\n UserKnownHostsFile %s\n",
		lab.sshd.Port, lab.sshd.User, lab.sshd.ClientKeyFile, lab.sshd.KnownHostsFile)
	lab.write(b, "config", config)
	return lab
}

func (lab *coldLab) write(b *testing.B, name, text string) string {
	b.Helper()
	path := filepath.Join(lab.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

// coldWay is one program, and what was measured of it.
type coldWay struct {
	name string
	line []string
	wall, cpu,
	memory []float64 // seconds, seconds, MB
}

func (lab *coldLab) ways(b *testing.B, n int) []*coldWay {
	b.Helper()
	var names []string
	tree := ""
	for i := range n {
		names = append(names, fmt.Sprintf("web%d", i+1))
	}
	tree = fmt.Sprintf(`def name(env):
    env.hosts.run("hostname")
root = node(actions = [name], hosts = [ssh_host("web%%d" %% (i + 1), address = "127.0.0.%%d" %% (i %% %d + 1), port = %d,
    username = %q, key_filename = %q, known_hosts = %q, config_filename = "none") for i in range(%d)])
`, coldAddresses, lab.sshd.Port, lab.sshd.User, lab.sshd.ClientKeyFile, lab.sshd.KnownHostsFile, n)
	tree = lab.write(b, fmt.Sprintf("tree%d.star", n), tree)
	hostsFile := lab.write(b, fmt.Sprintf("hosts%d", n), strings.Join(names, "\n")+"\n")
	config := filepath.Join(lab.dir, "config")
	all := []*coldWay{
		{name: "deployer", line: []string{lab.deployer, tree, "run", "--non-interactive", "name"}},
		{name: "minimal", line: []string{lab.minimal, lab.sshd.Addr, lab.sshd.User, lab.sshd.ClientKeyFile,
			lab.sshd.KnownHostsFile, fmt.Sprint(n), "hostname"}},
	}
	for _, p := range peers(config, hostsFile, names) {
		all = append(all, &coldWay{name: p.name, line: p.line})
	}
	return all
}

// measure runs the program once, and checks that it did what it should.
func (w *coldWay) measure(b *testing.B, lab *coldLab, n int) {
	b.Helper()
	name, err := os.Hostname()
	if err != nil {
		b.Fatal(err)
	}
	before := lab.sshd.Accepted()
	cmd := exec.Command(w.line[0], w.line[1:]...)
	cmd.Dir, cmd.Env = lab.dir, []string{"HOME=" + lab.dir, "PATH=" + os.Getenv("PATH"), "USER=" + lab.sshd.User}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	begun := time.Now()
	out, err := cmd.Output()
	took := time.Since(begun)
	if err != nil {
		b.Fatalf("%s: %v: %s", w.name, err, errs.String())
	}
	if got := strings.Count(string(out), name); got < n {
		b.Fatalf("%s: %d of %d hosts answered: %s%s", w.name, got, n, out, errs.String())
	}
	if accepted := lab.sshd.Accepted() - before; accepted != n {
		b.Fatalf("%s: sshd accepted %d logins, want %d", w.name, accepted, n)
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	w.wall = append(w.wall, took.Seconds())
	w.cpu = append(w.cpu, (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds())
	w.memory = append(w.memory, float64(usage.Maxrss)/1024)
}

// report gives medians, and of the wall time the ratio to the least that a program can do, with the spread.
func report(b *testing.B, ways []*coldWay) {
	minimal := ways[1]
	for _, w := range ways {
		var ratios []float64
		for i := range w.wall {
			ratios = append(ratios, w.wall[i]/minimal.wall[i])
		}
		slices.Sort(ratios)
		b.Logf("%-12s %7.0f ms (%.0f to %.0f)  %5.2f of minimal (%.2f to %.2f)  CPU %6.0f ms  memory %4.0f MB", w.name,
			1000*middle(w.wall), 1000*slices.Min(w.wall), 1000*slices.Max(w.wall), middle(ratios), ratios[0],
			ratios[len(ratios)-1], 1000*middle(w.cpu), slices.Max(w.memory))
		b.ReportMetric(middle(ratios), w.name+"/minimal")
	}
}

func middle(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

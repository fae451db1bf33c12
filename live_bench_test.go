package deployer_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/ratio"
	"deployer/pty"
)

// liveHosts is how many hosts the benchmark of the live view has.
const liveHosts = 1000

// BenchmarkLive runs a short command on 1,000 hosts, whose server answers from memory in a process of its own, at a
// terminal with the live view; in turns with the least that a program can do which does the same (each command has a
// terminal, and connections stay open until all hosts are done), with one that closes each, with one without terminals
// either, and with the lines alone.
func BenchmarkLive(b *testing.B) {
	lab := newLiveLab(b)
	live := &atTerminal{b: b, line: lab.deployer("live")}
	lines := &atTerminal{b: b, line: lab.deployer("lines")}
	ratio.Compare(b, 1, ratio.Way{Name: "live", Do: live.run},
		ratio.Way{Name: "minimal", Do: func() error { return lab.minimal("terminal", "keep") }},
		ratio.Way{Name: "closing", Do: func() error { return lab.minimal("terminal") }},
		ratio.Way{Name: "bare", Do: func() error { return lab.minimal() }}, ratio.Way{Name: "lines", Do: lines.run})
	b.ReportMetric(live.memory, "MB-live")
	b.ReportMetric(lines.memory, "MB-lines")
}

// BenchmarkLivePeers does the same in turns with the other programs that are on PATH. Each of them starts ssh for each
// host.
func BenchmarkLivePeers(b *testing.B) {
	lab := newLiveLab(b)
	live := &atTerminal{b: b, line: lab.deployer("live")}
	var names []string
	var config strings.Builder
	for i := range liveHosts {
		names = append(names, fmt.Sprintf("web%d", i+1))
		fmt.Fprintf(&config, "Host %s\n HostName 127.0.0.%d\n", names[i], i%coldAddresses+1)
	}
	fmt.Fprintf(&config, "Host *\n Port %s\n User bench\n IdentityFile %s\n UserKnownHostsFile %s\n", lab.port,
		lab.file("client"), lab.file("known"))
	lab.write("config", config.String())
	lab.write("hosts", strings.Join(names, "\n")+"\n")
	var theirs []ratio.Way
	for _, p := range peers(lab.file("config"), lab.file("hosts"), names) {
		theirs = append(theirs, ratio.Way{Name: p.name, Do: func() error { return lab.run(p.line) }})
	}
	ratio.Compare(b, 1, ratio.Way{Name: "live", Do: live.run}, theirs...)
}

// run runs a program without a terminal.
func (lab *liveLab) run(line []string) error {
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Env = []string{"HOME=" + lab.dir, "PATH=" + os.Getenv("PATH")}
	out, err := cmd.CombinedOutput()
	return allAnswered(out, err)
}

// liveLab is a server that answers from memory, and the programs.
type liveLab struct {
	b    testing.TB
	dir  string
	port string
}

func newLiveLab(b testing.TB) *liveLab {
	b.Helper()
	lab := &liveLab{b: b, dir: b.TempDir()}
	for program, source := range map[string]string{
		"deployer": "./cmd/deployer", "minimal": "./internal/bench/minimal", "answers": "./internal/bench/answers",
	} {
		if out, err := exec.Command("go", "build", "-o", lab.file(program), source).CombinedOutput(); err != nil {
			b.Fatalf("go build: %v: %s", err, out)
		}
	}
	for _, key := range []string{"host", "client"} {
		if out, err := exec.Command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", lab.file(key)).CombinedOutput(); err != nil {
			b.Fatalf("ssh-keygen: %v: %s", err, out)
		}
	}
	lab.serve()
	public, err := os.ReadFile(lab.file("host.pub"))
	if err != nil {
		b.Fatal(err)
	}
	words := strings.Fields(string(public))
	lab.write("known", fmt.Sprintf("[127.0.0.*]:%s %s %s\n", lab.port, words[0], words[1]))
	lab.tree(liveHosts)
	return lab
}

// tree writes the tree, with so many hosts.
func (lab *liveLab) tree(hosts int) {
	lab.b.Helper()
	lab.write("deploy", fmt.Sprintf(`def name(env):
    env.hosts.run("hostname")
root = node(actions = [name], hosts = [ssh_host("web%%d" %% (i + 1), address = "127.0.0.%%d" %% (i %% %d + 1), port = %s,
    username = "bench", key_filename = %q, known_hosts = %q, config_filename = "none") for i in range(%d)])
`, coldAddresses, lab.port, lab.file("client"), lab.file("known"), hosts))
}

func (lab *liveLab) file(name string) string { return filepath.Join(lab.dir, name) }

func (lab *liveLab) write(name, text string) {
	lab.b.Helper()
	if err := os.WriteFile(lab.file(name), []byte(text), 0o600); err != nil {
		lab.b.Fatal(err)
	}
}

// serve starts the server, which ends with the benchmark.
func (lab *liveLab) serve() {
	lab.b.Helper()
	cmd := exec.Command(lab.file("answers"), lab.file("host"), lab.file("client"), fmt.Sprint(coldAddresses))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		lab.b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		lab.b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		lab.b.Fatal(err)
	}
	lab.b.Cleanup(func() {
		_ = in.Close()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		lab.b.Fatal(err)
	}
	lab.port = strings.TrimSpace(line)
}

func (lab *liveLab) deployer(view string) []string {
	return []string{lab.file("deployer"), lab.file("deploy"), "run", "--view", view, "name"}
}

func (lab *liveLab) minimal(options ...string) error {
	line := []string{lab.file("minimal"), "127.0.0.1:" + lab.port, "bench", lab.file("client"), lab.file("known"),
		fmt.Sprint(liveHosts), "hostname"}
	return lab.run(append(line, options...))
}

// allAnswered returns an error unless every host has.
func allAnswered(out []byte, err error) error {
	if got := bytes.Count(out, []byte("answered from memory")); err == nil && got < liveHosts {
		err = fmt.Errorf("%d of %d hosts answered", got, liveHosts)
	}
	if err != nil {
		return fmt.Errorf("%w: %s", err, out[max(0, len(out)-2000):])
	}
	return nil
}

// atTerminal is a program that runs at a terminal, which takes what it shows at once.
type atTerminal struct {
	b      *testing.B
	line   []string
	memory float64 // at its peak, in MB
}

func (a *atTerminal) run() error {
	cmd := exec.Command(a.line[0], a.line[1:]...)
	cmd.Env = []string{"HOME=" + filepath.Dir(a.line[0]), "TERM=xterm", "PATH=" + os.Getenv("PATH")}
	terminal, err := pty.Start(cmd, pty.Size{Rows: 40, Cols: 120})
	if err != nil {
		return err
	}
	defer terminal.Close()
	out, _ := io.ReadAll(terminal) // it ends with an error, as a terminal does that nobody holds open any more
	err = cmd.Wait()
	a.memory = max(a.memory, float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)/1024)
	return allAnswered(out, err)
}

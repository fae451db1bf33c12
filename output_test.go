package deployer_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
)

// build makes the program as a user has it: the test binary is larger, and slower under the race detector.
func build(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "deployer")
	if out, err := exec.Command("go", "build", "-o", file, "./cmd/deployer").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v: %s", err, out)
	}
	return file
}

// maxMemory is the most that a run may take on one host, whatever that prints; more hosts have more outputs to keep.
const (
	maxMemory   = 100 << 20
	maxMoreHost = 24 << 20 // 16 MiB, and what they grew out of until that is collected
)

// measured runs the program with its standard output read by consume, and returns its largest memory in bytes.
func (p place) measured(t *testing.T, file string, consume func(io.Reader) error, args ...string) int64 {
	t.Helper()
	cmd := p.command(args...)
	cmd.Path = file
	var errs bytes.Buffer
	cmd.Stderr = &errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	largest, stop := make(chan int64), make(chan struct{})
	go func() { largest <- watchMemory(cmd.Process.Pid, stop) }()
	consumed := consume(out)
	err = cmd.Wait()
	close(stop)
	memory := <-largest
	if err != nil || consumed != nil || memory == 0 {
		t.Fatalf("%v, %v, %d bytes: %s", err, consumed, memory, tail(errs.String()))
	}
	return memory
}

// watchMemory returns the largest memory that a process had until stop, as far as a look every few milliseconds tells.
// What the system tells after the end counts the memory of this process too, from which the other was forked.
func watchMemory(pid int, stop <-chan struct{}) (largest int64) {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid)) // gone when it has ended
		if _, after, found := bytes.Cut(status, []byte("VmHWM:")); found {
			var kilobytes int64
			if _, err := fmt.Sscan(string(after), &kilobytes); err == nil {
				largest = max(largest, kilobytes<<10)
			}
		}
		select {
		case <-tick.C:
		case <-stop:
			return largest
		}
	}
}

const outputTree = `load("hosts.star", "here", "web1", "web2", "web3")
def zeros(env, bytes):
    """Print so many NULs."""
    env.host.run("head -c %s /dev/zero" % bytes)
def lines(env, bytes):
    """Print so many bytes of lines."""
    env.host.run("yes 'a line of output, of a length that lines have' | head -c %s" % bytes)
def captured(env, bytes):
    """Look at the output, but at its length only through the host."""
    r = env.host.result("yes | head -c %s" % bytes)
    return r.truncated
def random(env, file):
    env.host.run("cat " + quote(file))
def noise(env, bytes):
    env.host.run("head -c %s /dev/zero >&2; head -c %s /dev/zero" % (bytes, bytes))
Out = node(actions = [zeros, lines, captured, random, noise])
root = node(
    ssh = Out(hosts = web1),
    here = Out(hosts = here),
    many = parallel_node(actions = [zeros, lines]).array(hosts = [web1, web2, web3, here]),
)
`

// TestLargeOutput checks that what commands print arrives whole, and that memory does not grow with it: 200 MB here,
// 1 GB in the long tests.
func TestLargeOutput(t *testing.T) {
	size := int64(200 << 20)
	if soak() {
		size = 1 << 30
	}
	f := startFleet(t)
	p, file := f.newPlace(t, outputTree), build(t)
	for _, tt := range []struct {
		where, action string
		size, want    int64
		log           bool
	}{
		{"ssh", "zeros", size, size, false}, // one line, without an end
		{"ssh", "lines", size / 4, size / 4, false},
		{"here", "zeros", size, size, false},
		{"many", "zeros", size / 8, 4 * size / 8, false},
		{"ssh", "lines", size / 8, size / 8, true},
	} {
		t.Run(fmt.Sprint(tt.where, " ", tt.action, " ", tt.log), func(t *testing.T) {
			var got int64
			count := func(r io.Reader) (err error) {
				got, err = countBytes(r, tt.where == "many")
				return err
			}
			args := []string{"run", "--path", tt.where}
			if tt.log {
				args = append(args, "--log", "/dev/null")
			}
			memory := p.measured(t, file, count, append(args, tt.action, strconv.FormatInt(tt.size, 10))...)
			if got != tt.want {
				t.Errorf("%d bytes arrived of %d", got, tt.want)
			}
			limit := int64(maxMemory)
			if tt.where == "many" {
				limit += 3 * maxMoreHost
			}
			if memory > limit {
				t.Errorf("it took %d MB of memory, and may take %d MB", memory>>20, limit>>20)
			}
			t.Logf("%d MB of memory for %d MB of output", memory>>20, tt.want>>20)
		})
	}
}

// countBytes counts what is read; of lines with prefixes, NULs alone.
func countBytes(r io.Reader, prefixed bool) (n int64, err error) {
	buf := make([]byte, 1<<20)
	for {
		size, err := r.Read(buf)
		if prefixed {
			n += int64(bytes.Count(buf[:size], []byte{0}))
		} else {
			n += int64(size)
		}
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
	}
}

// TestTruncated checks that an output beyond what is kept is an error only for who reads it.
func TestTruncated(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, `load("hosts.star", "web1")
def read(env):
    return len(env.host.output("yes | head -c 17000000"))
def unread(env):
    env.host.output("yes | head -c 17000000")
    return env.host.result("yes | head -c 17000000").truncated
root = node(actions = [read, unread], hosts = web1)
`)
	r := p.start(t, "run", "read").wants(1)
	if !strings.Contains(r.err.String(), "larger than 16 MiB") {
		t.Error("the error does not say that the output is too large")
	}
	r = p.start(t, "run", "unread").wants(0)
	if !strings.HasSuffix(r.out.String(), "true\n") {
		t.Errorf("truncated is not true: %q", tail(r.out.String()))
	}
}

// TestBinaryOutput checks that every byte survives, over SSH and from this machine, and in the events too.
func TestBinaryOutput(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, outputTree)
	var all []byte
	for i := range 1 << 16 {
		all = append(all, byte(i), byte(i>>8), 1, 0, '\r', 0xff)
	}
	all = append(all, "no newline at the end \xe2\x82"...)
	p.write(t, "data", string(all))
	want := sha256.Sum256(all)
	for _, where := range []string{"ssh", "here"} {
		r := p.start(t, "run", "--path", where, "--log", where+".log", "random", filepath.Join(p.dir, "data")).wants(0)
		if got := sha256.Sum256([]byte(r.out.String())); got != want {
			t.Errorf("%s: the output was changed", where)
		}
		log, err := os.ReadFile(filepath.Join(p.dir, where+".log"))
		if err != nil {
			t.Fatal(err)
		}
		events, err := readEvents(string(log))
		if err != nil {
			t.Fatal(err)
		}
		var logged []byte
		for _, e := range events {
			if e.Event == "command.output" {
				logged = append(append(logged, e.Text...), e.Base64...)
			}
		}
		if sha256.Sum256(logged) != want {
			t.Errorf("%s: the events do not hold the output: %d bytes of %d", where, len(logged), len(all))
		}
	}
}

// TestClosedOutput checks that the program ends when nobody reads its standard output any more, and that nothing is
// left running.
func TestClosedOutput(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	m := mark()
	p := f.newPlace(t, fmt.Sprintf(`load("hosts.star", "here", "web1", "web2")
command = "echo first; while :; do echo more; done # %[1]s"
def run(env):
    env.hosts.run(command)
Run = node(actions = [run])
root = node(here = Run(hosts = here), ssh = Run(hosts = web1), many = Run(hosts = [web1, web2, here]))
`, m))
	for _, args := range [][]string{
		{"run", "--path", "ssh", "run"}, {"run", "--path", "here", "run"}, {"run", "--path", "many", "run"},
		{"run", "--json", "--path", "ssh", "run"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			reader, writer, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			r := p.startInto(t, writer, args...)
			if err := readUntil(reader, "first"); err != nil {
				t.Error(err)
			}
			_ = reader.Close()
			r.wants(141)
			sshdtest.WaitGone(t, m, patience)
		})
	}
}

// readUntil reads until a text was read.
func readUntil(r io.Reader, text string) error {
	var got []byte
	buf := make([]byte, 1<<10)
	for !bytes.Contains(got, []byte(text)) {
		n, err := r.Read(buf)
		if err != nil {
			return err
		}
		got = append(got, buf[:n]...)
	}
	return nil
}

// TestFullOutput checks that an output that cannot be written ends the run too, as a failure.
func TestFullOutput(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	p := f.newPlace(t, outputTree)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	for _, args := range [][]string{{"run", "--path", "ssh", "lines", "100000000"}, {"--help"}, {"run", "--path", "ssh"}} {
		r := &process{t: t, cmd: p.command(args...), ended: make(chan struct{})}
		r.cmd.Stdout, r.cmd.Stderr = full, &r.err
		r.run().wants(1)
		if !strings.Contains(r.err.String(), "no space left on device") {
			t.Errorf("%q: the message does not say why: %q", args, r.err.String())
		}
	}
}

// TestHostsWorkAtOnce has every host wait for all the others.
func TestHostsWorkAtOnce(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	const n = 8
	p := f.newPlace(t, fmt.Sprintf(`load("hosts.star", "web1", "work")
def meet(env):
    """Wait until everybody is here."""
    env.host.run("touch %%s/here.%%s; until [ $(ls %%s/here.* | wc -l) = %[1]d ]; do sleep 0.02; done" %% (work, env.host.slug, work))
    return "met"
hosts = [web1(slug = "host%%d" %% i) for i in range(%[1]d)]
def all(env):
    env.hosts.run("touch %%s/there.$$; until [ $(ls %%s/there.* | wc -l) = %[1]d ]; do sleep 0.02; done" %% (work, work))
root = node(actions = [all], hosts = hosts, meet = parallel_node(actions = [meet]).array())
`, n))
	begun := time.Now()
	r := p.start(t, "run", "--path", "meet", "meet").wants(0)
	if strings.Count(r.out.String(), "\tmet\n") != n {
		t.Errorf("not everybody met:\n%s", r.out.String())
	}
	p.start(t, "run", "all").wants(0)
	t.Logf("%d hosts twice in %s", n, time.Since(begun))
}

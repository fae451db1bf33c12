package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/deployertest"
	"deployer/journal"
)

const pausingTree = `
fleet = [local_host("web%d" % i) for i in range(1, 5)]
def restart(env):
    env.host.run("echo restarted")
root = node(web = parallel_node(actions = [restart], rolling = rolling(batch = 2, pause = 3600)).array(hosts = fleet))
`

// TestPauseBetweenBatches interrupts a run that waits for its next batch, at a terminal and without one.
func TestPauseBetweenBatches(t *testing.T) {
	t.Parallel()
	stopped := []string{
		"stopped: the run was interrupted", "done       web[1-2]", "not begun  web[3-4]",
	}
	t.Run("at a terminal", func(t *testing.T) {
		t.Parallel()
		s := lonePlace(t, pausingTree).sit(t, "run", "--path", "web", "restart")
		s.Expect("/web: the next batch begins in 1h0m0s")
		s.Expect("/web: the next batch begins in 59m59s")
		s.Send("\x03")
		for _, line := range stopped {
			s.Expect(line)
		}
		s.ends(130)
	})
	t.Run("without one", func(t *testing.T) {
		t.Parallel()
		p := lonePlace(t, pausingTree).start(t, "run", "--path", "web", "restart")
		p.expectCount("restarted", 2)
		p.expectAnywhere("/web: the next batch begins in 1h0m0s")
		p.signal(syscall.SIGTERM)
		p.wants(143)
		for _, line := range stopped {
			p.expectAnywhere(line)
		}
	})
}

// TestRollingFleet goes over 200 hosts, of which some fail: what began ends, what did not is never reached, and the
// counts say so.
func TestRollingFleet(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "deploy.star")
	tree := `
def restart(env):
    env.host.run("restart")
fleet = [ssh_host("web%d" % i) for i in range(200)]
root = node(web = parallel_node(actions = [restart], rolling = rolling(batch = "10%", max_fail = "2%")).array(hosts = fleet))
`
	if err := os.WriteFile(file, []byte(tree), 0o600); err != nil {
		t.Fatal(err)
	}
	var fleet []*deployertest.Host
	for i := range 200 {
		h := deployertest.NewHost(t, fmt.Sprintf("web%d", i))
		if i%8 == 7 { // 2 of the first 20, then 3, more than 2 % with the next 20
			h.On("restart", deployertest.Reply{Status: 1})
		} else {
			h.On("restart", deployertest.Reply{})
		}
		fleet = append(fleet, h)
	}
	r := deployertest.Run(t, deployertest.Options{Script: file, Hosts: fleet}, "--path", "web", "--no-journal", "restart")
	if r.Status != 1 {
		t.Errorf("exit status %d", r.Status)
	}
	states := map[string]journal.State{}
	var counts map[journal.State]int
	for _, e := range r.Events {
		switch e.Kind {
		case journal.HostEnd:
			states[e.Host] = e.State
		case journal.RunEnd:
			counts = e.Counts
		}
	}
	for i, h := range fleet {
		want := map[bool]int{true: 0, false: 1}[states[h.Slug()] == journal.NotBegun]
		if got := len(h.Calls()); got != want || i >= 40 && want != 0 {
			t.Errorf("%s is %s and got %d commands", h.Slug(), states[h.Slug()], got)
		}
	}
	if counts[journal.NotBegun] < 160 || counts[journal.Done]+counts[journal.Failed]+counts[journal.NotBegun] != 200 {
		t.Errorf("the counts are %v", counts)
	}
}

// TestRollingInTheShell goes over cells as the shell was told, and goes on with that run as it was.
func TestRollingInTheShell(t *testing.T) {
	t.Parallel()
	p := lonePlace(t, `
fleet = [local_host("web%d" % i) for i in range(1, 5)]
def restart(env):
    env.host.run("test %s != web2 || test -e ok; echo restarted" % env.host.slug)
def healthy(env):
    env.host.run("test %s != web2 || test -e ok" % env.host.slug)
root = node(web = parallel_node(actions = [restart, healthy]).array(hosts = fleet))
`)
	lines := "set-option batch 1\nset-option check healthy\nshow-options\nweb restart\n"
	p.write(t, "lines", lines)
	shell := func(status int, args []string, texts ...string) {
		t.Helper()
		in, err := os.Open(filepath.Join(p.dir, "lines"))
		if err != nil {
			t.Fatal(err)
		}
		defer in.Close()
		r := &process{t: t, cmd: p.command(append([]string{"run"}, args...)...), ended: make(chan struct{})}
		r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = in, &r.out, &r.err
		r.run().wants(status)
		for _, text := range texts {
			if !strings.Contains(r.out.String()+r.err.String(), text) {
				t.Errorf("%q is missing in\n%s%s", text, &r.out, &r.err)
			}
		}
	}
	shell(1, []string{"--canary", "2", "--batch", "3"}, "batch 1 ", "canary 2 ", "check healthy ", "done       web1",
		"failed     web2", "not begun  web[3-4]")
	p.says(t, 0, []string{"show", "last"}, "--batch=1 --canary=2 --check=healthy")
	p.write(t, "ok", "")
	p.says(t, 0, []string{"resume", "--json"}, `"options":["--batch=1","--canary=2","--check=healthy"]`, `"targets":["web2","web3","web4"]`)

	p.write(t, "lines", "set-option check helthy\nweb restart\n")
	shell(1, nil, `"helthy"`)
}

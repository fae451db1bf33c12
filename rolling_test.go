package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
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

package deployer_test

import (
	"syscall"
	"testing"
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

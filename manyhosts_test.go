package deployer_test

import (
	"bytes"
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// TestThousandsOfHostsFewFiles has 2,000 hosts, and may have 256 files open.
func TestThousandsOfHostsFewFiles(t *testing.T) {
	if !soak() {
		t.Skip("alone it takes 3 seconds, but on a busy machine a quarter of a minute: set DEPLOYER_SOAK")
	}
	const hosts = 2000
	lab := newLiveLab(t)
	lab.tree(hosts)
	cmd := exec.Command("sh", "-c", `ulimit -n 256; exec "$@"`, "sh", lab.file("deployer"), lab.file("deploy"), "run", "--json", "name")
	cmd.Env = []string{"HOME=" + lab.dir}
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, tail(said.String()))
	}
	states := endings(t, string(out), 0)
	for slug, state := range states {
		if state != journal.Done {
			t.Errorf("the state of %s is %q", slug, state)
		}
	}
	if len(states) != hosts {
		t.Errorf("%d hosts have a state", len(states))
	}
}

// TestBastionOfManyProcesses has three programs at once that work on 100 hosts each behind one bastion. As by default it
// drops connections from the tenth on that have not logged in; it is the hosts too.
func TestBastionOfManyProcesses(t *testing.T) {
	t.Parallel()
	const hosts, programs = 100, 3
	f := startFleet(t)
	s := sshdtest.Start(t, sshdtest.Options{Config: []string{"MaxStartups 10:30:100"}, Addresses: 4})
	for range 20 { // others have not logged in either: so it drops every third connection
		conn, err := net.Dial("tcp", s.Addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
	}
	tree := fmt.Sprintf(`load("hosts.star", "web1")
def act(env):
    env.host.run("echo begun")
root = node(all = parallel_node(actions = [act]).array(hosts = {"host": [
    web1(slug = "h%%d" %% i, address = "127.0.0.%%d" %% (i %% 4 + 1), port = %d, key_filename = %q, known_hosts = %q,
         jump = "%s@127.0.0.1:%d") for i in range(%d)]}))
`, s.Port, s.ClientKeyFile, s.KnownHostsFile, me(), s.Port, hosts)
	var running []*process
	for range programs {
		running = append(running, f.newPlace(t, tree).start(t, "run", "--json", "--path", "all", "act"))
	}
	for _, p := range running {
		p.wants(0)
		states := endings(t, p.out.String(), 0)
		for slug, state := range states {
			if state != journal.Done {
				t.Errorf("the state of %s is %q", slug, state)
			}
		}
		if len(states) != hosts {
			t.Errorf("%d hosts have a state", len(states))
		}
	}
	if !strings.Contains(s.Log(), "past MaxStartups") {
		t.Error("no connection was dropped")
	}
}

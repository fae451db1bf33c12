package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// TestCopyStalls stops the SFTP server of one of two hosts, as a file system does that does not answer, before files are
// copied: sshd lives, so no connection is lost. The run goes on without that host.
func TestCopyStalls(t *testing.T) {
	t.Parallel()
	f := startFleet(t)
	for _, kind := range []string{"put", "get"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			note := filepath.Join(t.TempDir(), "pid")
			s := sshdtest.Start(t, sshdtest.Options{NoSFTP: true,
				Config: []string{"Subsystem sftp echo $$ >" + note + " && exec /usr/lib/openssh/sftp-server"}})
			_, key, _ := strings.Cut(s.HostKeyLines[0], " ")
			p := f.newPlace(t, fmt.Sprintf(`load("hosts.star", "web1", "web2", folder = "work")
stalled = web1(slug = "stalled", port = %d, key_filename = %q, host_key = %q)
def put(env):
    env.host.stat("/")
    env.host.run("echo begun; until [ -e %%s/go ]; do sleep 0.05; done" %% folder, silence = 0)
    env.host.put_file(folder + "/deploy", folder + "/put-" + env.host.slug)
def get(env):
    env.host.stat("/")
    env.host.run("echo begun; until [ -e %%s/go ]; do sleep 0.05; done" %% folder, silence = 0)
    env.host.get_file(folder + "/deploy", folder + "/got-" + env.host.slug)
root = node(all = parallel_node(actions = [put, get]).array(hosts = {"host": [stalled, web2(silence = 0)]}))
`, s.Port, s.ClientKeyFile, key))
			r := p.start(t, "run", "--json", "--path", "all", "--silence", "1s", "--parked", "leave", kind)
			r.expectCount(begun, 2)
			stopNoted(t, note)
			p.write(t, "go", "")
			r.wants(1)
			states := endings(t, r.out.String(), 1)
			if states["stalled"] != journal.Parked || states["web2"] != journal.Done {
				t.Errorf("the hosts ended as %v", states)
			}
			if !strings.Contains(r.err.String(), "and the run went on without this host") {
				t.Error("the report does not say why")
			}
			recorded := endings(t, p.start(t, "show", "--json", "last").wants(0).out.String(), 1)
			if len(recorded) != 2 || recorded["stalled"] != journal.Parked || recorded["web2"] != journal.Done {
				t.Errorf("the journal has %v", recorded)
			}
			if left, _ := filepath.Glob(filepath.Join(p.dir, "*-stalled")); len(left) > 0 {
				t.Errorf("there is %q", left)
			}
		})
	}
}

// stopNoted stops the process whose number is in a file.
func stopNoted(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) }) // it may have ended
}

package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"deployer/internal/sshdtest"

	"golang.org/x/sys/unix"
)

// TestScpReadsAhead reads what a single line will put while the host is still being connected to.
func TestScpReadsAhead(t *testing.T) {
	t.Parallel()
	sshd := sshdtest.Start(t, sshdtest.Options{})
	p := place{dir: t.TempDir(), home: t.TempDir()}
	reached := filepath.Join(p.dir, "reached")
	p.write(t, "deploy", fmt.Sprintf(`root = node(hosts = [ssh_host("web1", address = "127.0.0.1", port = %d, username = %q,
    key_filename = %q, known_hosts = %q, config_filename = "none",
    proxy_command = "bash -c 'until [ -e %s ]; do sleep 0.01; done; exec 3<>/dev/tcp/127.0.0.1/%[1]d; cat <&3 & exec cat >&3'")])
`, sshd.Port, sshd.User, sshd.ClientKeyFile, sshd.KnownHostsFile, reached))
	if err := os.Mkdir(filepath.Join(p.dir, "site"), 0o755); err != nil {
		t.Fatal(err)
	}
	p.write(t, "site/index.html", "text\n")
	to := filepath.Join(t.TempDir(), "site")
	wait := watchReads(t, filepath.Join(p.dir, "site/index.html"))
	r := p.start(t, "scp", "web1", "--", "put", "-r", "site", to)
	wait()
	p.write(t, "reached", "")
	r.wants(0)
	if text, err := os.ReadFile(filepath.Join(to, "index.html")); err != nil || string(text) != "text\n" {
		t.Errorf("put %q, %v", text, err)
	}
}

// watchReads returns a function that waits until a file is read.
func watchReads(t *testing.T, name string) (wait func()) {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { events.Close() })
	if _, err := unix.InotifyAddWatch(fd, name, unix.IN_ACCESS); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := events.SetReadDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		if _, err := events.Read(make([]byte, 64)); err != nil {
			t.Fatalf("%s was not read: %v", name, err)
		}
	}
}

package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"deployer/internal/sshdtest"
)

// TestScpOfFilesAlone copies to and from an account that may use files and run nothing.
func TestScpOfFilesAlone(t *testing.T) {
	t.Parallel()
	sshd := sshdtest.Start(t, sshdtest.Options{ForceCommand: "internal-sftp"})
	p := place{dir: t.TempDir(), home: t.TempDir()}
	p.write(t, "deploy", fmt.Sprintf(`root = node(hosts = [ssh_host("web1", address = "127.0.0.1", port = %d, username = %q,
    key_filename = %q, known_hosts = %q, config_filename = "none")])
`, sshd.Port, sshd.User, sshd.ClientKeyFile, sshd.KnownHostsFile))
	p.write(t, "given", "text\n")
	there := t.TempDir()
	for _, line := range [][]string{
		{"put", "given", there + "/taken"}, {"mv", there + "/taken", there + "/moved"}, {"get", there + "/moved", "back"},
	} {
		p.says(t, 0, append([]string{"scp", "web1", "--"}, line...))
	}
	p.says(t, 0, []string{"scp", "web1", "--", "ls", there}, "moved")
	p.says(t, 0, []string{"scp", "web1", "--", "pwd"}, "/")
	if text, err := os.ReadFile(filepath.Join(p.dir, "back")); err != nil || string(text) != "text\n" {
		t.Errorf("what came back is %q, %v", text, err)
	}
}

package sshdtest

import (
	"os/exec"
	"path"
	"strings"
	"testing"
)

// asBash runs what is asked for as sshd does for an account whose login shell is bash.
const asBash = `ForceCommand if [ -n "$SSH_ORIGINAL_COMMAND" ]; then exec bash -c "$SSH_ORIGINAL_COMMAND"; else exec bash -l; fi`

// loginShell returns the name of the login shell of an account of this machine.
func loginShell(t testing.TB, name string) string {
	t.Helper()
	out, err := exec.Command("getent", "passwd", name).Output()
	if err != nil {
		t.Fatalf("getent passwd %s: %v", name, err)
	}
	fields := strings.Split(strings.TrimSpace(string(out)), ":")
	return path.Base(fields[len(fields)-1])
}

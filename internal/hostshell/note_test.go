package hostshell

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestHistoryInEveryShell has the script read by all shells there are that may be /bin/sh.
func TestHistoryInEveryShell(t *testing.T) {
	for _, shell := range []string{"dash", "bash", "busybox", "ksh", "mksh", "zsh"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue // dash and bash are there: TestComposition needs them
		}
		home := t.TempDir()
		r := Request{Note: "2026-11-21T07:30:00Z | a@b | run | / | - | - | echo 'it'\"s\" %s \\n", Word: "word"}
		args := []string{"-c", "set -eu\n" + r.noteScript() + "echo \"[$*]\""}
		if shell == "busybox" {
			args = append([]string{"sh"}, args...)
		}
		cmd := exec.Command(path, args...)
		cmd.Env = []string{"HOME=" + home, "PATH=" + os.Getenv("PATH")}
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "[]\n" {
			t.Errorf("%s printed %q, %v", shell, out, err)
		}
		if got, err := os.ReadFile(filepath.Join(home, ".deployer/history")); string(got) != r.Note+"\n" {
			t.Errorf("%s wrote %q, %v", shell, got, err)
		}
	}
}

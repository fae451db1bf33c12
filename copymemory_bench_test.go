package deployer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/pty"
	"deployer/pty/ptytest"
)

// BenchmarkCopyMemory copies with the shell of deployer scp, which shows on a terminal how far it is: a large file, many
// that are not small, and thousands that are, both ways. It measures the memory of the process at its peak.
func BenchmarkCopyMemory(b *testing.B) {
	sshd := sshdtest.Start(b, sshdtest.Options{Config: []string{"SetEnv HOME=" + b.TempDir()}})
	p := place{dir: b.TempDir(), home: b.TempDir()}
	tree := fmt.Sprintf(`#!/usr/bin/env deployer
root = node(hosts = [ssh_host("real", address = "127.0.0.1", port = %d, username = %q, key_filename = %q,
    known_hosts = %q, config_filename = "none")])
`, sshd.Port, sshd.User, sshd.ClientKeyFile, sshd.KnownHostsFile)
	if err := os.WriteFile(filepath.Join(p.dir, "deploy"), []byte(tree), 0o700); err != nil {
		b.Fatal(err)
	}
	dir := inMemory(b)
	for name, files := range map[string]struct{ count, size int64 }{
		"large": {1, 512 << 20}, "middling": {300, 1 << 20}, "small": {2000, 4 << 10},
	} {
		empty(b, filepath.Join(dir, name), files.count, files.size)
	}
	cmd := p.command("scp", "real")
	cmd.Path = buildProgram(b)
	term := ptytest.Start(b, cmd, pty.Size{Rows: 24, Cols: 200})
	term.Expect(painted)
	for b.Loop() {
		for _, name := range []string{"large", "middling", "small"} {
			from, there, here := filepath.Join(dir, name), filepath.Join(dir, "there"), filepath.Join(dir, "here")
			for _, line := range []string{fmt.Sprint("put -r ", from, " ", there), fmt.Sprint("get -r ", there, " ", here)} {
				term.Send(line + "\r")
				term.Expect(" directory made: ")
				term.Expect(painted)
			}
			for _, done := range []string{there, here} {
				if err := os.RemoveAll(done); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
	b.ReportMetric(0, "ns/op") // of all of them: it means nothing
	b.ReportMetric(memoryMB(b, cmd.Process.Pid, "VmHWM:"), "MB-peak")
	b.ReportMetric(64, "MB-mark")
	term.Send("exit\r")
	if status := term.Wait(); status != 0 {
		b.Errorf("status %d", status)
	}
}

// inMemory returns a directory without a disk below it, if the system has one, else another.
func inMemory(b *testing.B) string {
	b.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "deployer-bench-")
	if err != nil {
		return b.TempDir()
	}
	b.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			b.Error(err)
		}
	})
	return dir
}

// empty makes a directory of files that hold nothing but zeros.
func empty(b *testing.B, dir string, count, size int64) {
	b.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range count {
		name := filepath.Join(dir, fmt.Sprint(i))
		if err := os.WriteFile(name, nil, 0o644); err != nil {
			b.Fatal(err)
		}
		if err := os.Truncate(name, size); err != nil {
			b.Fatal(err)
		}
	}
}

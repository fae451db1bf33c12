package hosts

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func wrapped(t *testing.T, s *Session, command ...string) *Handle {
	t.Helper()
	h, err := NewWrapped(WrappedOptions{Slug: "inside", Command: command})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(h)
}

func TestWrappers(t *testing.T) {
	t.Parallel()
	wrappers := map[string][]string{
		"words":         {"env", "WRAPPED=yes"},
		"sh -c":         {"env", "WRAPPED=yes", "sh", "-c"},
		"sh -c, words":  {"sh", "-c", `WRAPPED=yes exec "$@"`, "sh"},
		"a place":       {"env", "WRAPPED=yes", "sh", "-c", "{}", "ignored"},
		"slow to start": {"sh", "-c", `sleep 0.2; WRAPPED=yes exec "$@"`, "sh"},
	}
	for name, command := range wrappers {
		t.Run(name, func(t *testing.T) {
			s, _ := newSession(t, Options{})
			h := wrapped(t, s, command...)
			if out, err := run(t, h.Cd("/"), `echo "$WRAPPED $PWD"; cat`, RunOptions{Input: "in'put"}); err != nil || out != "yes /\nin'put" {
				t.Errorf("got %q, %v", out, err)
			}
			err := stopped(t, h, "timeout 1000 sleep %s", func(_ *Session, cancel context.CancelFunc) { cancel() })
			var failed *Error
			if !errors.As(err, &failed) || failed.Fault != Interrupted {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWrapperThatIsMissing(t *testing.T) {
	t.Parallel()
	s, _ := newSession(t, Options{})
	_, err := run(t, wrapped(t, s, "/no/such/wrapper"), "true", RunOptions{})
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != Unreachable || !strings.Contains(err.Error(), "/no/such/wrapper") {
		t.Errorf("got %v", err)
	}
}

func TestChroot(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	wrapper := []string{"chroot", root}
	if os.Geteuid() != 0 {
		wrapper = append([]string{"unshare", "--map-root-user"}, wrapper...)
		if out, err := exec.Command("unshare", "--map-root-user", "true").CombinedOutput(); err != nil {
			t.Skipf("only root can change the root directory, and nobody else can be root here: %v: %s", err, out)
		}
	}
	for _, program := range []string{"/bin/sh", "/bin/cat", "/bin/sleep", "/usr/bin/setsid", "/usr/bin/stty"} {
		copyProgram(t, root, program)
	}
	if err := os.Mkdir(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	copyFile(t, "/dev/null", filepath.Join(root, "dev/null")) // an empty file does as well
	s, _ := newSession(t, Options{})
	h := wrapped(t, s, wrapper...)
	if err := os.WriteFile(filepath.Join(root, "here"), []byte("inside\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// There is no bash in there, nor /proc.
	out, err := run(t, h.Cd("/"), "cat here; echo $0; cat", RunOptions{Input: "x"})
	if err != nil || out != "inside\n/bin/sh\nx" {
		t.Errorf("got %q, %v", out, err)
	}
	if _, err := run(t, h.Cd("/nowhere"), "true", RunOptions{}); err == nil {
		t.Error("a directory that is not there")
	}
}

var library = regexp.MustCompile(`(?m)(/\S+) \(0x`)

// copyProgram copies a program and the libraries it needs.
func copyProgram(t *testing.T, root, program string) {
	t.Helper()
	out, err := exec.Command("ldd", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{program}
	for _, m := range library.FindAllStringSubmatch(string(out), -1) {
		files = append(files, m[1])
	}
	for _, file := range files {
		copyFile(t, file, filepath.Join(root, file))
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(out, in); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}

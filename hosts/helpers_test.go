package hosts

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/journal"
)

// textOf is everything that any reader of the journal gets to see.
func textOf(t *testing.T, seen *journal.Recorder) string {
	t.Helper()
	var b strings.Builder
	for _, ev := range seen.Events() {
		line, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(line)
		b.WriteByte('\n')
		b.Write(ev.Data)
	}
	return b.String()
}

// newSession returns a session whose events are kept, and that the test closes.
func newSession(t *testing.T, o Options) (*Session, *journal.Recorder) {
	t.Helper()
	seen := &journal.Recorder{}
	o.Journal = journal.New("test", nil, seen)
	s := NewSession(o)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close the session: %v", err)
		}
	})
	return s, seen
}

// localHandle is this machine, its commands run by a shell.
func localHandle(t *testing.T, s *Session, shell string) *Handle {
	t.Helper()
	h, err := NewLocal(LocalOptions{Common: Common{Shell: shell}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(h)
}

// loginShell is a host whose login shell may be any: it reads the line that is sent over SSH.
func loginShell(t *testing.T, s *Session, login, shell string) *Handle {
	t.Helper()
	h, err := NewWrapped(WrappedOptions{Slug: login, Common: Common{Shell: shell}, Command: []string{find(t, login), "-c"}})
	if err != nil {
		t.Fatal(err)
	}
	return s.Handle(h)
}

// find returns the path of a program that the tests need.
func find(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: make test installs it", err)
	}
	return path
}

func run(t *testing.T, h *Handle, command string, o RunOptions) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := h.Run(ctx, command, o)
	if out == nil {
		return "", err
	}
	return string(out.Stdout.Kept()), err
}

// running returns the IDs of processes whose command line contains a word.
func running(t *testing.T, word string) []string {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*") // with /cmdline every one of them would be listed
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, dir := range dirs {
		line, err := os.ReadFile(dir + "/cmdline")
		if err == nil && strings.Contains(string(line), word) && !strings.Contains(string(line), ".test") {
			found = append(found, fmt.Sprintf("%s: %q", dir, line))
		}
	}
	return found
}

// eventually waits for something to become true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never happened: %s", what)
		}
	}
}

package deployer_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestDemo runs the demo to its end, and ends it in the middle: all that it made is gone either way.
func TestDemo(t *testing.T) {
	t.Parallel()
	slugs := []string{"web1", "web2", "db1", "cache1"}
	t.Run("whole", func(t *testing.T) {
		t.Parallel()
		p := newDemoPlace(t)
		r := p.start(t, "demo").wants(0)
		for _, slug := range slugs {
			if !strings.Contains(r.out.String(), slug+"\t") {
				t.Errorf("there is no result of %s:\n%s", slug, r.out.String())
			}
		}
		p.expectNothingLeft(t)
	})
	t.Run("on a terminal", func(t *testing.T) {
		t.Parallel()
		p := newDemoPlace(t)
		s := p.sit(t, "demo")
		s.Expect("try: ")
		lines := strings.Split(s.Expect("\r\n"), ", ")
		s.Expect("/ > ")
		for _, line := range append(lines, "machines report") {
			s.Send(line + "\n")
			s.Expect("/ > ")
		}
		s.Send("exit\n")
		s.ends(0)
		if out := s.Output(); len(lines) < 3 || strings.Contains(out, "FAILED") || strings.Contains(out, "there is no") {
			t.Errorf("of %q something failed:\n%s", lines, out)
		}
		for _, slug := range slugs {
			if !strings.Contains(s.Output(), slug+"\t") {
				t.Errorf("there is no result of %s:\n%s", slug, s.Output())
			}
		}
		p.expectNothingLeft(t)
	})
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		t.Run(sig.String(), func(t *testing.T) {
			t.Parallel()
			p := newDemoPlace(t)
			r := p.start(t, "demo")
			r.await("sleep 0.2", func() bool { return strings.Contains(r.err.String(), "sleep 0.2") })
			r.signal(sig)
			r.wants(128 + int(sig))
			p.expectNothingLeft(t)
		})
	}
	t.Run("killed", func(t *testing.T) {
		t.Parallel()
		p := newDemoPlace(t)
		r := p.start(t, "demo")
		r.await("sleep 0.2", func() bool { return strings.Contains(r.err.String(), "sleep 0.2") })
		r.signal(syscall.SIGKILL)
		r.wants(-int(syscall.SIGKILL))
		p.expectNoProcess(t) // its files are left
	})
	t.Run("nobody reads", func(t *testing.T) {
		t.Parallel()
		p := newDemoPlace(t)
		p.unread(t, "demo").wants(141)
		p.expectNothingLeft(t)
	})
}

// newDemoPlace is a folder for the temporary files of a demo. It has no tree.
func newDemoPlace(t *testing.T) place {
	dir := t.TempDir()
	return place{dir: dir, home: dir}
}

func (p place) expectNothingLeft(t *testing.T) {
	t.Helper()
	p.expectNoProcess(t)
	left, err := filepath.Glob(filepath.Join(p.dir, "*"))
	if err != nil || len(left) > 0 {
		t.Errorf("files are left: %q, error %v", left, err)
	}
}

// expectNoProcess waits until no process has the place in its environment: those of the hosts have their home there.
func (p place) expectNoProcess(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		left := withEnvironment(t, p.dir)
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("processes are left: %q", left)
		}
	}
}

// withEnvironment returns the command lines of processes that have a text in their environment.
func withEnvironment(t *testing.T, text string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		environment, err := os.ReadFile(file) // of others, and of what has ended, it cannot be read
		if err != nil || !bytes.Contains(environment, []byte(text)) {
			continue
		}
		line, err := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
		if err == nil && len(line) > 0 {
			found = append(found, string(line))
		}
	}
	return found
}

package lineedit

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func open(t *testing.T, file string) *History {
	t.Helper()
	h, err := OpenHistory(file)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func add(t *testing.T, h *History, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if err := h.Add(line); err != nil {
			t.Fatal(err)
		}
	}
}

func TestHistoryFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state", "history")
	one, two := open(t, file), open(t, file)
	add(t, one, "cd web", "cd web", "", " password=x", "ls")
	add(t, two, "start now", "two\nlines")
	if got, want := open(t, file).Lines(), []string{"cd web", "ls", "start now"}; !slices.Equal(got, want) {
		t.Errorf("the next session finds %q, want %q", got, want)
	}
	if got, want := one.Lines(), []string{"cd web", "ls"}; !slices.Equal(got, want) {
		t.Errorf("a session has %q, want %q: its own", got, want)
	}
	expectPrivate(t, file)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, file)
	expectPrivate(t, file)
}

func expectPrivate(t *testing.T, file string) {
	t.Helper()
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("the file has the mode %o, want 600", mode)
	}
}

// TestHistoryOfManySessions adds lines in several sessions at once, while others begin that shorten the file.
func TestHistoryOfManySessions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	const sessions, each = 8, 50
	var all sync.WaitGroup
	for n := range sessions {
		all.Go(func() {
			h := open(t, file)
			for i := range each {
				if err := h.Add(fmt.Sprintf("session %d line %d", n, i)); err != nil {
					t.Error(err)
				}
			}
		})
		all.Go(func() { // as a session does that finds too many lines
			h := &History{file: file}
			for range each {
				if err := h.locked(h.rewrite); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	lines := open(t, file).Lines()
	for n := range sessions {
		for i := range each {
			if line := fmt.Sprintf("session %d line %d", n, i); !slices.Contains(lines, line) {
				t.Errorf("%q is lost", line)
			}
		}
	}
}

// rewrite puts a copy in the place of the file, as shorten does.
func (h *History) rewrite(f *os.File) error {
	text, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	return h.replace(strings.TrimSuffix(string(text), "\n"))
}

func TestHistoryIsShortened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	var text strings.Builder
	for i := range 2*maxLines + 5 {
		fmt.Fprintf(&text, "line %d\n", i)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	open(t, file)
	lines := open(t, file).Lines()
	if len(lines) != maxLines || lines[0] != fmt.Sprintf("line %d", maxLines+5) {
		t.Errorf("%d lines are left, from %q", len(lines), lines[0])
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(file), "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("%q are left, %v", left, err)
	}
}

// TestHistoryThatIsCutOff adds to a file whose last line has no end.
func TestHistoryThatIsCutOff(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	if err := os.WriteFile(file, []byte("cd web\nsta"), 0o600); err != nil {
		t.Fatal(err)
	}
	add(t, open(t, file), "ls", "pwd")
	if got, want := open(t, file).Lines(), []string{"cd web", "sta", "ls", "pwd"}; !slices.Equal(got, want) {
		t.Errorf("the next session finds %q, want %q", got, want)
	}
}

// TestHistoryThatIsNoFile does not wait for a pipe.
func TestHistoryThatIsNoFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	if err := syscall.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenHistory(file); err == nil || !strings.Contains(err.Error(), file+" is no file that keeps lines") {
		t.Errorf("a pipe was read as a history: %v", err)
	}
}

func TestHistoryThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "history")
	h := open(t, file)
	if err := os.Mkdir(file, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := h.Add("cd web"); err == nil {
		t.Error("that is no error")
	}
	if !slices.Equal(h.Lines(), []string{"cd web"}) {
		t.Errorf("the line is lost: %q", h.Lines())
	}
	if _, err := OpenHistory(file); err == nil {
		t.Error("a directory was read as a history")
	}
}

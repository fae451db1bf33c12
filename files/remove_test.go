package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// slow is a machine that answers only once so many ask at once, and does not remove what is busy.
type slow struct {
	Local
	together int
	mu       sync.Mutex
	asking   int
	most     int
	all      chan struct{} // closed once so many ask
}

func (s *slow) Remove(ctx context.Context, path string, dir bool) error {
	s.mu.Lock()
	s.asking++
	if s.most = max(s.most, s.asking); s.most == s.together {
		s.together = 0
		close(s.all)
	}
	s.mu.Unlock()
	select {
	case <-s.all:
	case <-time.After(time.Minute):
	}
	s.mu.Lock()
	s.asking--
	s.mu.Unlock()
	if strings.HasPrefix(filepath.Base(path), "busy") {
		return syscall.EBUSY
	}
	return s.Local.Remove(ctx, path, dir)
}

// treeToRemove makes a tree to be removed, of three directories with so many files each.
func treeToRemove(t *testing.T, files int) string {
	t.Helper()
	top := filepath.Join(t.TempDir(), "top")
	for _, dir := range []string{"a", "b/c", "d"} {
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		for i := range files {
			if err := os.WriteFile(filepath.Join(top, dir, fmt.Sprint("file", i)), nil, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.Symlink(t.TempDir(), filepath.Join(top, "link")); err != nil {
		t.Fatal(err)
	}
	return top
}

// Many entries are removed at once, or one at a time where that is asked for.
func TestTreeIsRemoved(t *testing.T) {
	t.Parallel()
	for _, oneAtATime := range []bool{false, true} {
		top := treeToRemove(t, 20)
		machine := &slow{together: removersAtOnce, all: make(chan struct{})}
		if oneAtATime {
			machine.together = 1
		}
		want := machine.together
		if err := RemoveTree(t.Context(), machine, top, oneAtATime); err != nil {
			t.Error(err)
		}
		if machine.most != want {
			t.Errorf("at most %d were asked for at once, not %d", machine.most, want)
		}
		if _, err := os.Lstat(top); !os.IsNotExist(err) {
			t.Errorf("it is there still: %v", err)
		}
	}
}

// What cannot be removed is told with its path, and all beside it is removed.
func TestTreeIsRemovedInPart(t *testing.T) {
	t.Parallel()
	top := treeToRemove(t, 3)
	for _, name := range []string{"d/busy", "b/c/busy1", "b/c/busy2"} {
		if err := os.WriteFile(filepath.Join(top, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	err := RemoveTree(t.Context(), &slow{together: 1, all: make(chan struct{})}, top, false)
	if want := filepath.Join(top, "b/c/busy1") + ": device or resource busy"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	left, failed := filepath.Glob(filepath.Join(top, "*/*"))
	if want := []string{filepath.Join(top, "b/c"), filepath.Join(top, "d/busy")}; failed != nil || fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("there are %v, %v", left, failed)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := RemoveTree(ctx, Local{}, top, false); err == nil {
		t.Error("it goes on when it was ended")
	}
	if err := RemoveTree(t.Context(), Local{}, top, false); err != nil {
		t.Error(err)
	}
}

package hosts

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"testing"
	"time"
)

// left checks that nothing is left behind: no goroutine with the label, no connection, no process.
func (b *bed) left(label string) {
	var what []string
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		what = nil
		for _, unused := range b.unused {
			if !unused() {
				what = append(what, "a connection")
			}
		}
		what = append(what, running(b.T, b.sleeps)...)
		what = append(what, goroutines(label)...)
		if len(what) == 0 {
			return
		}
		if time.Now().After(deadline) {
			b.fails("left behind: %s", strings.Join(what, "\n"))
			return
		}
	}
}

// goroutines returns the stacks of those with a label.
func goroutines(label string) []string {
	var text bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&text, 1); err != nil {
		return []string{err.Error()}
	}
	return slices.DeleteFunc(strings.Split(text.String(), "\n\n"), func(stack string) bool {
		return !strings.Contains(stack, label)
	})
}

// filesIn returns the names of all files in some directories.
func filesIn(t *testing.T, dirs ...string) (names []string) {
	t.Helper()
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
			names = append(names, name)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// descriptors returns how many sockets and pipes this process has open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, entry := range entries {
		target, err := os.Readlink(filepath.Join("/proc/self/fd", entry.Name()))
		if err == nil && (strings.HasPrefix(target, "socket:") || strings.HasPrefix(target, "pipe:")) {
			count++
		}
	}
	return count
}

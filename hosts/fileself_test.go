package hosts

import (
	"os"
	"path/filepath"
	"testing"
)

// On this machine a directory can be asked to be copied below itself, which would never end.
func TestDirectoryIntoItself(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	h := l.session.Handle(&Local{LocalOptions{Slug: "here"}})
	b := &fileBed{T: t, h: h, dir: t.TempDir(), events: l.events}
	if err := os.MkdirAll(b.path("a/b"), 0o755); err != nil {
		t.Fatal(err)
	}
	b.put("a/file", "text", 0o644)
	if err := os.Symlink("a", b.path("link")); err != nil {
		t.Fatal(err)
	}
	for from, to := range map[string]string{"a": "a/b", "a/.": "a/new/x", "link": "a/b", "link/": "link/b/c"} {
		for _, only := range []func() (*CopyResult, error){
			func() (*CopyResult, error) { return h.Put(b.ctx(), b.path(from), b.path(to), CopyOptions{}) },
			func() (*CopyResult, error) { return h.Get(b.ctx(), b.path(from), b.path(to), CopyOptions{}) },
		} {
			_, err := only()
			b.fails(err, Files, "a directory cannot be copied into itself")
		}
	}
	for from, to := range map[string]string{"a": "a", "a/file": "a/file", "link": "linked", "a/b": "ab"} {
		if _, err := h.Put(b.ctx(), b.path(from), b.path(to), CopyOptions{}); err != nil {
			t.Errorf("%s to %s: %v", from, to, err)
		}
	}
	b.has("a/file", "text", 0o644)
	b.has("linked/file", "text", 0o644)
	if entries, err := os.ReadDir(filepath.Join(b.dir, "a/b")); err != nil || len(entries) > 0 {
		t.Errorf("a/b has %v, %v", entries, err)
	}
}

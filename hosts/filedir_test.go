package hosts

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tree lists everything below a directory: its mode, and what it holds, or the checksum of that, or says.
func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		text := ""
		switch {
		case info.Mode().IsRegular():
			data, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			if text = string(data); len(data) > 1000 {
				text = fmt.Sprintf("%d bytes, %x", len(data), sha256.Sum256(data))
			}
		case info.Mode()&fs.ModeSymlink != 0:
			if text, err = os.Readlink(at); err != nil {
				return err
			}
		}
		fmt.Fprintf(&b, "%v %q %q\n", info.Mode(), strings.TrimPrefix(at, dir), text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// oddNames are names that a file may have all the same.
var oddNames = []string{
	"-rf", "a b", "new\nline", "\nfirst", "tab\tand\x1b[2J", "quote'\"`$(x)", "bad\xff\xfeutf8", "*", "~", "~root",
	"back\\slash", "é",
}

func TestDirectoryIsCopied(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		here := filepath.Join(b.TempDir(), "here")
		if err := errors.Join(os.MkdirAll(filepath.Join(here, "a/empty"), 0o755),
			os.Mkdir(filepath.Join(here, "closed"), 0o755),
			os.WriteFile(filepath.Join(here, "closed/x"), []byte("x"), 0o400), os.Chmod(filepath.Join(here, "closed"), 0o555),
			os.WriteFile(filepath.Join(here, "a/run"), []byte("#!"), 0o755),
			os.Symlink(filepath.Join(here, "a/run"), filepath.Join(here, "link"))); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = os.Chmod(filepath.Join(here, "closed"), 0o755); _ = os.Chmod(b.path("d/closed"), 0o755) })
		for _, name := range oddNames {
			if err := os.WriteFile(filepath.Join(here, name), []byte("in "+name), 0o600); err != nil {
				b.Fatal(err)
			}
		}
		want := tree(b.T, here)
		b.changed(true)(b.h.PutDir(b.ctx(), here, b.path("d"), CopyOptions{FileOptions: b.options}))
		if got := tree(b.T, b.path("d")); got != want {
			b.Errorf("put:\n%s\nwant:\n%s", got, want)
		}
		b.changed(false)(b.h.PutDir(b.ctx(), here, b.path("d"), CopyOptions{FileOptions: b.options}))
		back := filepath.Join(b.TempDir(), "back")
		b.Cleanup(func() { _ = os.Chmod(filepath.Join(back, "closed"), 0o755) })
		b.changed(true)(b.h.GetDir(b.ctx(), b.path("d"), back, CopyOptions{FileOptions: b.options}))
		if got := tree(b.T, back); got != want {
			b.Errorf("got:\n%s\nwant:\n%s", got, want)
		}
		b.changed(false)(b.h.GetDir(b.ctx(), b.path("d"), back, CopyOptions{FileOptions: b.options}))
		b.only("d")
	})
}

// A link that is in the way inside a directory leads nothing out of it.
func TestLinksInTheWayAreReplaced(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		here := filepath.Join(b.TempDir(), "here")
		outside := b.TempDir()
		if err := errors.Join(os.MkdirAll(filepath.Join(here, "sub"), 0o755), os.Mkdir(b.path("d"), 0o755),
			os.WriteFile(filepath.Join(here, "sub/x"), []byte("x"), 0o644),
			os.WriteFile(filepath.Join(here, "file"), []byte("new"), 0o644),
			os.Symlink(outside, b.path("d/sub")), os.WriteFile(filepath.Join(outside, "kept"), []byte("kept"), 0o600),
			os.Symlink(filepath.Join(outside, "kept"), b.path("d/file"))); err != nil {
			b.Fatal(err)
		}
		before := tree(b.T, outside)
		b.changed(true)(b.h.PutDir(b.ctx(), here, b.path("d"), CopyOptions{FileOptions: b.options}))
		if got, want := tree(b.T, b.path("d")), tree(b.T, here); got != want {
			b.Errorf("put:\n%s\nwant:\n%s", got, want)
		}
		if got := tree(b.T, outside); got != before {
			b.Errorf("outside there is\n%s\nand was\n%s", got, before)
		}
	})
}

package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/files"
	"deployer/internal/sshserver"
)

// smallOnes makes a directory of files that are small, and some that are not quite, with all kinds of modes.
func smallOnes(t *testing.T, dir string) {
	t.Helper()
	data := noise(40_000, 11)
	for i, size := range []int{0, 1, 10, 999, 1000, 1001, 32<<10 - 1, 32 << 10, 32<<10 + 1, 40_000} {
		for _, mode := range []fs.FileMode{0o644, 0o755, 0o600, 0o444, 0o640, 0o644 | fs.ModeSticky} {
			name := filepath.Join(dir, fmt.Sprintf("%d-%o", size, mode))
			changed := time.Unix(1_500_000_000+int64(i), 0)
			err := errors.Join(os.WriteFile(name, data[:size], 0o600), os.Chmod(name, mode), os.Chtimes(name, changed, changed))
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// times lists when what is in a directory was changed.
func times(t *testing.T, dir string) (text string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		text += fmt.Sprintln(entry.Name(), info.ModTime().Unix())
	}
	return text
}

// same checks that two directories hold the same.
func same(t *testing.T, from, to string) {
	t.Helper()
	if got, want := tree(t, to), tree(t, from); got != want {
		t.Errorf("got\n%.2000s\nwant\n%.2000s", got, want)
	}
	if got, want := times(t, to), times(t, from); got != want {
		t.Errorf("changed at\n%s\nwant\n%s", got, want)
	}
}

func TestSmallFiles(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		here, back := b.TempDir(), filepath.Join(b.TempDir(), "back")
		smallOnes(b.T, here)
		for range 2 { // the second time over what is there, with other modes and contents
			if _, err := b.h.Put(b.ctx(), here, b.path("there"), CopyOptions{FileOptions: b.options}); err != nil {
				b.Fatal(err)
			}
			same(b.T, here, b.path("there"))
			if _, err := b.h.Get(b.ctx(), b.path("there"), back, CopyOptions{FileOptions: b.options}); err != nil {
				b.Fatal(err)
			}
			same(b.T, here, back)
			for _, name := range []string{"10-644", "1000-755", "32768-600"} {
				at := filepath.Join(here, name)
				if err := errors.Join(os.WriteFile(at, []byte("other"), 0), os.Chmod(at, 0o604)); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

func TestSmallFilesOfPoorServers(t *testing.T) {
	t.Parallel()
	for name, poor := range map[string]sshserver.Files{"short reads": {ShortReads: 300}, "no extensions": {Plain: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{})
			h := l.session.Handle(l.host(at("poor", l.server(sshserver.Options{Files: poor}).Port())))
			here, dir := t.TempDir(), t.TempDir()
			smallOnes(t, here)
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err := h.Put(ctx, here, filepath.Join(dir, "there"), CopyOptions{}); err != nil {
				t.Fatal(err)
			}
			same(t, here, filepath.Join(dir, "there"))
			if _, err := h.Get(ctx, filepath.Join(dir, "there"), filepath.Join(dir, "back"), CopyOptions{}); err != nil {
				t.Fatal(err)
			}
			same(t, here, filepath.Join(dir, "back"))
		})
	}
}

// A cut at any byte leaves each of the files whole, or not there at all; and no draft, unless every connection is cut.
func TestCutWhileSmallFilesAreCopied(t *testing.T) {
	t.Parallel()
	l, b, o, proxy := cutBed(t, false)
	here := t.TempDir()
	want := noise(1000, 12)
	for i := range 60 {
		if err := os.WriteFile(filepath.Join(here, fmt.Sprint(i)), want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	failures, successes := 0, 0
	for i, after := range []int{8000, 3000, 6000, 40_000, 20_000, 70_000} {
		proxy.Set(sshserver.Trouble{How: sshserver.Reset, ToServer: true, After: after, Times: i % 3})
		s, _ := newSession(t, Options{Home: l.home})
		there := b.path(fmt.Sprint("there", i))
		_, err := s.Handle(l.host(o)).Put(b.ctx(), here, there, CopyOptions{})
		if closed := s.Close(); closed != nil {
			t.Error(closed)
		}
		if err != nil {
			failures++
		} else {
			successes++
		}
		wholeOnes(t, there, want, 60, err, i%3 == 0)
	}
	if failures == 0 || successes == 0 {
		t.Errorf("%d failures and %d successes: want both", failures, successes)
	}
}

// wholeOnes checks that all files in a directory, if it is there, hold the same, and that all are there if nothing failed.
func wholeOnes(t *testing.T, dir string, want []byte, all int, failed error, drafts bool) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && (failed == nil || !errors.Is(err, fs.ErrNotExist)) {
		t.Fatal(err)
	}
	if failed == nil && len(entries) != all {
		t.Errorf("%d files, want %d", len(entries), all)
	}
	for _, entry := range entries {
		if drafts && failed != nil && strings.HasPrefix(entry.Name(), files.DraftPrefix) {
			continue
		}
		got, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil || !bytes.Equal(got, want) || strings.HasPrefix(entry.Name(), files.DraftPrefix) {
			t.Errorf("%s: %d bytes, error %v, after %v", entry.Name(), len(got), err, failed)
		}
	}
}

// Who cancels a copy of small files finds whole ones afterwards, and no draft.
func TestCopyOfSmallFilesIsCancelled(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	server := l.server(sshserver.Options{Faults: sshserver.Faults{Latency: 5 * time.Millisecond}})
	h := l.session.Handle(l.host(at("far", server.Port())))
	here, there := t.TempDir(), filepath.Join(t.TempDir(), "there")
	want := noise(1000, 13)
	for i := range 400 {
		if err := os.WriteFile(filepath.Join(here, fmt.Sprint(i)), want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := h.Put(ctx, here, there, CopyOptions{Progress: func(p CopyProgress) {
		if p.FilesDone > 10 {
			cancel()
		}
	}})
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	wholeOnes(t, there, want, 400, err, false)
}

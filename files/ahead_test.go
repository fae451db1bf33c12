package files

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// putAhead copies a directory of which files were read ahead.
func putAhead(t *testing.T, a *Ahead, to string) error {
	t.Helper()
	from := func(context.Context) (System, func(), error) { return a, func() {}, nil }
	here := func(context.Context) (System, func(), error) { return Local{}, func() {}, nil }
	_, err := Copy(t.Context(), Place{a.Dir, from}, Place{to, here}, CopyOptions{UID: -1, GID: -1})
	a.Stop()
	return err
}

func fill(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func holds(t *testing.T, name, want string) {
	t.Helper()
	if data, err := os.ReadFile(name); err != nil || string(data) != want {
		t.Errorf("%s holds %q, error %v; want %q", name, data, err, want)
	}
}

// TestReadAhead changes files after they were read: what was read just now is copied, with the time that it had; what
// was read long ago is read again.
func TestReadAhead(t *testing.T) {
	for age, want := range map[time.Duration]string{0: "before", 2 * aheadFor: "after!"} {
		t.Run(want, func(t *testing.T) {
			from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
			fill(t, from+"/a", "before")
			fill(t, from+"/empty", "")
			if err := os.Mkdir(from+"/sub", 0o755); err != nil {
				t.Fatal(err)
			}
			fill(t, from+"/sub/a", "below")
			old := time.Unix(1e9, 0)
			if err := os.Chtimes(from+"/a", old, old); err != nil {
				t.Fatal(err)
			}
			synctest.Test(t, func(t *testing.T) {
				a := ReadAhead(from)
				synctest.Wait()
				fill(t, from+"/a", "after!")
				time.Sleep(age)
				if err := putAhead(t, a, to); err != nil {
					t.Error(err)
				}
			})
			holds(t, to+"/a", want)
			holds(t, to+"/empty", "")
			holds(t, to+"/sub/a", "below")
			if info, err := os.Stat(to + "/a"); err != nil || info.ModTime().Equal(old) != (want == "before") {
				t.Errorf("its time is %v, error %v", info, err)
			}
		})
	}
}

// TestReadAheadOfNothing reads what is not there, no directory, or to be listed by nobody: the copy tells.
func TestReadAheadOfNothing(t *testing.T) {
	dir := t.TempDir()
	to := filepath.Join(dir, "to")
	if err := putAhead(t, ReadAhead(dir+"/none"), to); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the error is %v", err)
	}
	fill(t, dir+"/file", "text")
	if err := putAhead(t, ReadAhead(dir+"/file"), to); err != nil {
		t.Error(err)
	}
	holds(t, to, "text")
	a := ReadAhead(dir)
	a.Stop()
	a.Stop()
}

// TestReadAheadIsBounded reads no more than there is room for.
func TestReadAheadIsBounded(t *testing.T) {
	dir := t.TempDir()
	text := string(make([]byte, wholeSize))
	for i := range aheadBytes/wholeSize + 5 {
		fill(t, fmt.Sprintf("%s/%d", dir, i), text)
	}
	a := ReadAhead(dir)
	<-a.ended
	if n := len(a.whole); n != aheadBytes/wholeSize {
		t.Errorf("%d files were read ahead", n)
	}
	a.Stop()
}

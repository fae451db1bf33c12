package files

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// bed is a place to copy from and one to copy to, both here.
type bed struct {
	*testing.T
	from, to string
	mu       sync.Mutex
	entries  map[string]Outcome // of the last copy, by the path below the top of the target
}

func newBed(t *testing.T) *bed {
	t.Parallel()
	dir := t.TempDir()
	b := &bed{T: t, from: filepath.Join(dir, "from"), to: filepath.Join(dir, "to")}
	b.check(os.Mkdir(b.from, 0o755))
	return b
}

func (b *bed) check(errs ...error) {
	b.Helper()
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
}

// write makes a file of the source.
func (b *bed) write(name, text string) string {
	b.Helper()
	full := filepath.Join(b.from, name)
	b.check(os.MkdirAll(filepath.Dir(full), 0o755), os.WriteFile(full, []byte(text), 0o644))
	return full
}

// age sets when a file was changed.
func (b *bed) age(name string, ago time.Duration) {
	b.Helper()
	when := time.Now().Add(-ago).Truncate(time.Second)
	b.check(os.Chtimes(name, when, when))
}

// options note every outcome.
func (b *bed) options(o CopyOptions) CopyOptions {
	b.entries = map[string]Outcome{}
	o.UID, o.GID = -1, -1
	o.Done = func(e Entry) {
		b.mu.Lock()
		defer b.mu.Unlock()
		rel, err := filepath.Rel(b.to, e.To)
		if _, twice := b.entries[rel]; err != nil || twice {
			b.Errorf("%s is told twice (%v)", e.To, err)
		}
		b.entries[rel] = e.Outcome
	}
	return o
}

// copy copies from the one place to the other.
func (b *bed) copy(o CopyOptions) (*Summary, error) {
	return Copy(b.Context(), fixed(Local{}, b.from), fixed(Local{}, b.to), b.options(o))
}

// copied copies without failing, and returns what was copied, by name.
func (b *bed) copied(o CopyOptions) string {
	b.Helper()
	_, err := b.copy(o)
	b.check(err)
	return b.with(Copied)
}

func (b *bed) with(o Outcome) string {
	var names []string
	for name, outcome := range b.entries {
		if outcome == o {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// tree is what is below a directory: names, modes, times and texts.
func (b *bed) tree(dir string) string {
	b.Helper()
	var text strings.Builder
	b.check(filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(dir, name)
		fmt.Fprintf(&text, "%s %v", rel, info.Mode())
		switch {
		case info.Mode()&fs.ModeSymlink != 0:
			target, err := os.Readlink(name)
			b.check(err)
			fmt.Fprintf(&text, " -> %s", target)
		case info.Mode().IsRegular():
			data, err := os.ReadFile(name)
			b.check(err)
			fmt.Fprintf(&text, " %v %q", info.ModTime().Unix(), data)
		default:
			fmt.Fprintf(&text, " %v", info.ModTime().Unix())
		}
		text.WriteString("\n")
		return nil
	}))
	return text.String()
}

func TestTreeIsCopied(t *testing.T) {
	b := newBed(t)
	for _, name := range []string{"a", "d/b", "d/e/c", "z/y/x/w"} {
		b.age(b.write(name, "text of "+name), time.Hour)
	}
	b.check(os.Chmod(filepath.Join(b.from, "a"), 0o600), os.Mkdir(filepath.Join(b.from, "empty"), 0o750),
		os.Symlink("../nowhere", filepath.Join(b.from, "d/link")))
	for _, dir := range []string{"z/y/x", "z/y", "z", "d/e", "d", "empty", "."} {
		b.age(filepath.Join(b.from, dir), 2*time.Hour)
	}
	b.check(os.Chmod(filepath.Join(b.from, "d/e"), 0o500))
	b.Cleanup(func() { // for the removal, which is not always root's
		for _, dir := range []string{b.from, b.to} {
			_ = os.Chmod(filepath.Join(dir, "d/e"), 0o700)
		}
	})
	sum, err := b.copy(CopyOptions{})
	b.check(err)
	if got, want := b.tree(b.to), b.tree(b.from); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if sum.Copied != 5 || sum.Made != 7 || sum.Unchanged+sum.Skipped+sum.Failed != 0 || sum.Bytes != 48 {
		t.Errorf("the summary is %+v", sum)
	}
	sum, err = b.copy(CopyOptions{})
	b.check(err)
	if sum.Copied+sum.Made > 0 || sum.Unchanged != 5 {
		t.Errorf("the second time: %+v", sum)
	}
}

// What is of the same size and time is taken to be the same, unless it is to be compared.
func TestWhatIsUnchanged(t *testing.T) {
	b := newBed(t)
	file := b.write("same", "one")
	b.age(file, time.Hour)
	b.write("other", "1")
	b.copied(CopyOptions{})
	there := filepath.Join(b.to, "same")
	b.check(os.WriteFile(there, []byte("two"), 0o644))
	b.age(there, time.Hour)
	if got := b.copied(CopyOptions{}); got != "" {
		t.Errorf("%s was copied", got)
	}
	b.age(file, 0) // when another change would have the same time
	b.age(there, 0)
	if got := b.copied(CopyOptions{}); got != "same" {
		t.Errorf("%s was copied, want what was changed just now", got)
	}
	b.age(file, time.Hour)
	b.check(os.WriteFile(there, []byte("two"), 0o644))
	b.age(there, time.Hour)
	if got := b.copied(CopyOptions{Checksum: true}); got != "same" {
		t.Errorf("%s was copied, want what differs", got)
	}
	b.age(file, 2*time.Hour)
	if got := b.copied(CopyOptions{}); got != "" {
		t.Errorf("%s was copied, of which only the time differs", got)
	}
	if info, err := os.Stat(there); err != nil || time.Since(info.ModTime()) < 2*time.Hour {
		t.Errorf("the time is that of %v, %v", info.ModTime(), err)
	}
	b.write("other", "23")
	if got := b.copied(CopyOptions{}); got != "other" {
		t.Errorf("%s was copied, want what has another size", got)
	}
}

func TestSelection(t *testing.T) {
	for _, test := range []struct {
		include, exclude string
		want             string
	}{
		{"", "", ". a.go a.txt dir dir/b.go dir/cache dir/cache/c.go dir/deep dir/deep/d.txt"},
		{"*.go", "", ". a.go dir dir/b.go dir/cache dir/cache/c.go"},
		{"dir/*.go", "", ". dir dir/b.go"},
		{"**/d.txt", "", ". dir dir/deep dir/deep/d.txt"},
		{"/a.*", "", ". a.go a.txt"},
		{"dir", "", ". dir dir/b.go dir/cache dir/cache/c.go dir/deep dir/deep/d.txt"},
		{"", "cache", ". a.go a.txt dir dir/b.go dir/deep dir/deep/d.txt"},
		{"", "cache/", ". a.go a.txt dir dir/b.go dir/deep dir/deep/d.txt"},
		{"", "a.go/", ". a.go a.txt dir dir/b.go dir/cache dir/cache/c.go dir/deep dir/deep/d.txt"},
		{"", "*.go dir/deep", ". a.txt dir dir/cache"},
		{"*.go", "dir/cache", ". a.go dir dir/b.go"},
		{"*.{go,txt}", "[ab].*", ". dir dir/cache dir/cache/c.go dir/deep dir/deep/d.txt"},
		{"nothing", "", ""},
	} {
		t.Run(test.include+"-"+test.exclude, func(t *testing.T) {
			b := newBed(t)
			for _, name := range []string{"a.go", "a.txt", "dir/b.go", "dir/cache/c.go", "dir/deep/d.txt"} {
				b.write(name, "text")
			}
			s := Selection{Include: strings.Fields(test.include), Exclude: strings.Fields(test.exclude)}
			b.check(s.Check())
			b.copied(CopyOptions{Select: s})
			var names []string
			if _, err := os.Stat(b.to); err == nil {
				for line := range strings.Lines(b.tree(b.to)) {
					names = append(names, strings.Fields(line)[0])
				}
			}
			if got := strings.Join(names, " "); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
	for _, bad := range []string{"", "[a", "{a,b"} {
		if err := (Selection{Exclude: []string{bad}}).Check(); err == nil {
			t.Errorf("%q is taken for a pattern", bad)
		}
	}
}

func TestLinksAreFollowed(t *testing.T) {
	b := newBed(t)
	b.write("dir/file", "text")
	b.check(os.Symlink("file", filepath.Join(b.from, "dir/link")), os.Symlink("dir", filepath.Join(b.from, "other")),
		os.Symlink("..", filepath.Join(b.from, "dir/up")), os.Symlink("none", filepath.Join(b.from, "dangling")))
	_, err := b.copy(CopyOptions{Follow: true})
	if !errors.Is(err, syscall.ELOOP) && !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	b.check(os.Remove(filepath.Join(b.from, "dir/up")), os.Remove(filepath.Join(b.from, "dangling")))
	b.copied(CopyOptions{Follow: true})
	for _, name := range []string{"dir/file", "dir/link", "other/file", "other/link"} {
		info, err := os.Lstat(filepath.Join(b.to, name))
		if err != nil || !info.Mode().IsRegular() {
			t.Errorf("%s is %v, %v", name, info, err)
		}
	}
}

// One file that fails stops no other.
func TestFailureOfOneFile(t *testing.T) {
	b := newBed(t)
	for i := range 20 {
		b.write(fmt.Sprintf("d/%02d", i), "text")
	}
	b.check(os.MkdirAll(filepath.Join(b.to, "d/07"), 0o755))
	sum, err := b.copy(CopyOptions{})
	var of *CopyError
	if !errors.Is(err, syscall.EISDIR) || !errors.As(err, &of) || of.Source || of.Path != filepath.Join(b.to, "d/07") {
		t.Errorf("error %v", err)
	}
	if sum.Failed != 1 || sum.Copied != 19 || b.entries["d/07"] != Failed {
		t.Errorf("the summary is %+v", sum)
	}
}

func TestOneFileToItsPlace(t *testing.T) {
	b := newBed(t)
	file := b.write("file", "new")
	b.check(os.WriteFile(b.to+"-there", []byte("old"), 0o600), os.Symlink(b.to+"-there", b.to))
	b.from = file
	b.copied(CopyOptions{})
	data, err := os.ReadFile(b.to + "-there")
	info, failed := os.Stat(b.to + "-there")
	b.check(err, failed)
	if string(data) != "new" || info.Mode() != 0o600 {
		t.Errorf("%q with %v: want the new text, in what the link leads to, with its mode", data, info.Mode())
	}
	if _, err := b.copy(CopyOptions{Only: Directory}); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("a file as a directory: %v", err)
	}
}

func TestProgress(t *testing.T) {
	b := newBed(t)
	b.large()
	b.write("small", "text")
	var all []Progress
	b.copied(CopyOptions{Progress: func(p Progress) { all = append(all, p) }})
	last := all[len(all)-1]
	if !last.Walked || last.Files != 2 || last.FilesDone != 2 || last.BytesDone != 40<<20+4 || last.Bytes != last.BytesDone {
		t.Errorf("the last progress is %+v", last)
	}
	for i, p := range all {
		if p.BytesDone > p.Bytes || i > 0 && p.BytesDone < all[i-1].BytesDone {
			t.Errorf("progress %+v", p)
		}
	}
}

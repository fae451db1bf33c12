package hosts

import (
	"errors"
	"io/fs"
	"os"
	"testing"
	"time"
)

// deniedWays are ways to the files of a host as an account that may not do everything.
var deniedWays = map[string]struct{ noSFTP, sudo bool }{
	"SFTP": {}, "no SFTP": {noSFTP: true}, "as another account": {sudo: true},
}

// What an account may not read or write is refused, each file for itself, and the others are copied.
func TestCopiesWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, how := range deniedWays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			denied := deniedBed(t, how.noSFTP, how.sudo)
			putDenied(&wayBed{denied, false, t.TempDir(), denied.dir})
			there := denied.dir
			denied.dir = t.TempDir()
			getDenied(&wayBed{denied, true, there, denied.dir})
		})
	}
}

func getDenied(b *wayBed) {
	b.made(file(b.source("d/closed"), "closed", 0o600), file(b.source("d/open"), "open", 0o644),
		file(b.source("d/shut/x"), "x", 0o644), file(b.source("d/sub/y"), "y", 0o644), os.Chmod(b.source("d/shut"), 0o700))
	for _, in := range []string{"closed", "shut", "shut/x"} {
		_, err := b.copy(b.ctx(), "d/"+in, "x", CopyOptions{})
		b.refused(err, true, b.source("d/"+in), "permission denied")
	}
	b.only()
	r, err := b.copy(b.ctx(), "d", "d", CopyOptions{})
	b.fails(err, Files, "permission denied", "(and 1 more of ")
	if r.Failed != 2 {
		b.Errorf("the result is %+v", *r)
	}
	b.has("d/open", "open", 0o644)
	b.has("d/sub/y", "y", 0o644)
	for _, name := range []string{"d/closed", "d/shut"} {
		if _, err := os.Lstat(b.path(name)); !errors.Is(err, fs.ErrNotExist) {
			b.Errorf("%s: %v", name, err)
		}
	}
}

func putDenied(b *wayBed) {
	b.made(file(b.source("d/a"), "new", 0o600), file(b.source("d/b"), "same", 0o644), file(b.source("d/c/x"), "x", 0o644),
		file(b.source("d/e/y"), "y", 0o644), age(b.source("d/b")),
		os.Mkdir(b.path("root"), 0o755), os.Mkdir(b.path("mine"), 0o777), os.Chmod(b.path("mine"), 0o777),
		file(b.path("mine/a"), "older", 0o644), file(b.path("mine/b"), "same", 0o644), os.Mkdir(b.path("mine/c"), 0o755),
		os.Chtimes(b.path("mine/b"), time.Time{}, time.Unix(1e9, 0)))
	before := tree(b.T, b.path("root"))
	for _, sandbox := range []bool{true, false} {
		ctx := b.ctx()
		if sandbox {
			ctx = b.sandbox()
		}
		_, err := b.copy(ctx, "d/a", "root/a", CopyOptions{})
		b.refused(err, false, b.path("root/a"), "permission denied")
		_, err = b.copy(ctx, "d", "root/d", CopyOptions{})
		b.refused(err, false, b.path("root/d"), "permission denied")
		_, err = b.copy(ctx, "d/a", "mine/a", CopyOptions{})
		b.refused(err, false, b.path("mine/a"), "its owner 0:0 and mode cannot be kept")
		r, err := b.copy(ctx, "d", "mine", CopyOptions{})
		b.fails(err, Files, "(and 1 more of ")
		if r.Failed != 2 || r.Copied != 1 || r.Made != 1 { // a and c/x; e and e/y. Of b only the time is another, which cannot be set
			b.Errorf("in a sandbox %v: the result is %+v", sandbox, *r)
		}
		if after := tree(b.T, b.path("root")); after != before {
			b.Errorf("there is\n%s\nand was\n%s", after, before)
		}
	}
	b.has("mine/a", "older", 0o644)
	b.has("mine/b", "same", 0o644)
	b.has("mine/e/y", "y", 0o644)
	if entries, err := os.ReadDir(b.path("mine/c")); err != nil || len(entries) > 0 {
		b.Errorf("there is %v, %v", entries, err)
	}
}

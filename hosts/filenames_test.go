package hosts

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// longName is as long as a name may be.
var longName = strings.Repeat("é", 127) + "."

// Directories, links and files of any name are copied, and each by its own path.
func TestOddNamesAreCopied(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		for _, name := range append(oddNames, longName) {
			b.made(os.Mkdir(b.source(name), 0o755), os.Symlink(name, b.source(filepath.Join(name, name))))
		}
		b.copied("", "d", CopyOptions{})
		b.same("", "d")
		if r := b.copied("", "d", CopyOptions{}); r.changed() {
			b.Errorf("the second time: %+v", r)
		}
		for _, name := range []string{"-n", "file\n\x1b[2J", "bad\xfe", longName[1:]} {
			b.made(file(b.source(name), "in "+name, 0o640))
			b.copied(name, name, CopyOptions{})
			b.has(name, "in "+name, 0o640)
		}
	})
}

// What goes wrong with a file of any name is said in one line.
func TestErrorsOfOddNames(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		_, err := b.copy(b.ctx(), "no\n\x1b[2J\xff", "x", CopyOptions{})
		b.refused(err, true, quoted(b.source("no\n\x1b[2J\xff")), "no such file or directory")
		b.made(file(b.source("x"), "text", 0o644))
		_, err = b.copy(b.ctx(), "x", "no\ndir/x", CopyOptions{})
		b.refused(err, false, quoted(b.path("no\ndir/x")), "there is no directory "+quoted(b.path("no\ndir")))
		_, err = b.copy(b.ctx(), "x", longName+"x", CopyOptions{})
		b.refused(err, false, b.path(longName+"x"), "too long")
		b.only()
	})
}

func quoted(name string) string { return strconv.Quote(name) }

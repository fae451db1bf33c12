package hosts

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshserver"
)

// cutCopy is something that is copied over a connection which is cut.
type cutCopy struct {
	*wayBed
	proxy *sshserver.Proxy
	many  bool // a directory of small files, else one that is large
	slow  bool // to begin anew, or for each file
}

// everyCut runs a test for every way over SSH, in both directions, for a large file and for a directory of small ones.
func everyCut(t *testing.T, test func(*cutCopy)) {
	for _, way := range sshWays {
		for _, get := range []bool{false, true} {
			for _, many := range []bool{false, true} {
				name := way + map[bool]string{false: " put", true: " get"}[get] +
					map[bool]string{false: " one", true: " many"}[many]
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					l, b, o, proxy := cutBed(t, way != "SFTP")
					reachBy(l.session, way)
					b.h = l.session.Handle(l.host(o))
					c := &cutCopy{&wayBed{b, get, t.TempDir(), b.dir}, proxy, many, way != "SFTP"}
					c.fill()
					test(c)
				})
			}
		}
	}
}

// manyFiles are how many small files there are.
const manyFiles = 60

// fill makes the source.
func (c *cutCopy) fill() {
	c.Helper()
	if !c.many {
		c.made(file(c.source("top"), string(noise(3<<20, 11)), 0o640), age(c.source("top")))
		return
	}
	for i := range manyFiles {
		name := fmt.Sprintf("top/d%d/f%d", i%5, i)
		c.made(file(c.source(name), string(noise(100*i, uint64(i))), 0o604), age(c.source(name)))
	}
	c.made(age(c.source("top/d3")), age(c.source("top/d4")), os.Chmod(c.source("top/d3"), 0o700), os.Symlink("somewhere", c.source("top/d1/link")),
		os.Symlink("new", c.source("top/d2/link")))
}

// age makes a file one that was changed an hour ago.
func age(name string) error {
	then := time.Now().Add(-time.Hour)
	return os.Chtimes(name, then, then)
}

// old puts in the place of the copy what was there before.
func (c *cutCopy) old() {
	c.Helper()
	c.made(os.RemoveAll(c.path("top")))
	if !c.many {
		c.made(file(c.path("top"), "old", 0o640))
		return
	}
	c.made(file(c.path("top/d0/f5"), "old", 0o604), file(c.path("top/d1/f1"), "old", 0o604),
		os.MkdirAll(c.path("top/d2"), 0o755), os.Symlink("old", c.path("top/d2/link")))
}

// whole checks that each file of the target is the old one or that of the source, and that there is no draft. It returns
// how many are as in the source.
func (c *cutCopy) whole() int {
	c.Helper()
	want, old := entries(c.T, c.source("")), entries(c.T, c.path(""))
	good := 0
	for name, got := range old {
		_, wanted := want[name]
		switch {
		case !wanted:
			c.Errorf("there is %q: %.60q", name, got.text)
		case got == want[name]:
			good++
		case got.text != want[name].text && got.text != "old":
			c.Errorf("%q is neither the old nor the new one: %d bytes", name, len(got.text))
		}
	}
	return good
}

type entry struct{ mode, text string }

// entries are all below a directory, with mode and content.
func entries(t *testing.T, dir string) map[string]entry {
	t.Helper()
	all := map[string]entry{}
	for _, line := range strings.Split(strings.TrimSuffix(tree(t, dir), "\n"), "\n") {
		var mode, name, text string
		if _, err := fmt.Sscanf(line, "%s %q %q", &mode, &name, &text); err != nil {
			t.Fatal(err)
		}
		all[name] = entry{mode, text}
	}
	return all
}

// passes copies without trouble, and returns how many bytes pass on the way to the server or to the client.
func (c *cutCopy) passes(toServer bool) int {
	c.Helper()
	c.old()
	before := c.proxy.Came(toServer)
	c.copied("top", "top", CopyOptions{})
	return int(c.proxy.Came(toServer) - before)
}

// positions are some byte positions of what passes: more at the beginning and at the end, where what matters happens.
func positions(size int) []int {
	if soak() {
		var all []int
		for i := range 20 {
			all = append(all, i*100, size*i/20, size-i*100-1)
		}
		return all
	}
	return []int{size / 50, size / 2, size - 2000, size - 300}
}

// A connection that is cut once, anywhere, is made anew, and all is copied.
func TestCopyIsCutOnce(t *testing.T) {
	t.Parallel()
	everyCut(t, func(c *cutCopy) {
		for _, toServer := range []bool{true, false} {
			all := positions(c.passes(toServer))
			if c.slow && !soak() {
				all = all[2:3]
			}
			for _, after := range all {
				c.old()
				c.proxy.Arm(sshserver.Trouble{How: sshserver.Reset, ToServer: toServer, After: after})
				if _, err := c.copy(c.ctx(), "top", "top", CopyOptions{}); err != nil {
					c.Errorf("cut after %d bytes (to the server: %v): %v", after, toServer, err)
				}
				c.same("top", "top")
				c.whole()
				c.times("top/d3", "top/d4")
			}
		}
	})
}

// times checks that directories were made when those of the source were.
func (c *cutCopy) times(names ...string) {
	c.Helper()
	for _, name := range names {
		if !c.many {
			return
		}
		want, err := os.Stat(c.source(name))
		got, failed := os.Stat(c.path(name))
		c.made(err, failed)
		if got.ModTime().Unix() != want.ModTime().Unix() {
			c.Errorf("%s is of %v, want %v", name, got.ModTime(), want.ModTime())
		}
	}
}

// One that is cut again and again is given up: what was there before is whole, and nothing else is left.
func TestCopyIsCutAlways(t *testing.T) {
	t.Parallel()
	everyCut(t, func(c *cutCopy) {
		size := c.passes(!c.get)
		c.old()
		trouble := sshserver.Trouble{How: sshserver.Reset, ToServer: !c.get, After: size / 3}
		c.proxy.Set(trouble)
		c.proxy.Arm(trouble)
		_, err := c.copy(c.ctx(), "top", "top", CopyOptions{})
		c.noDrafts()
		good := c.whole()
		if c.many && err == nil {
			c.same("top", "top") // a third of it each time is enough
			return
		}
		want := Lost
		var failure *Error
		if errors.As(err, &failure) && failure.Fault == Unreachable { // it was cut before a command was sent
			want = Unreachable
		}
		c.fails(err, want, "lost")
		if !c.many && good > 1 {
			c.Error("it was copied all the same")
		}
	})
}

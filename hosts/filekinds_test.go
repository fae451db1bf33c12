package hosts

import (
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/journal"
)

// What is not there, or of another kind than it should be, is refused, and nothing changes.
func TestWrongKindsAreRefused(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		b.made(file(b.source("file"), "new", 0o600), file(b.source("dir/x"), "x", 0o644), syscall.Mkfifo(b.source("pipe"), 0o600),
			file(b.path("file"), "old", 0o640), file(b.path("dir/y"), "y", 0o644), syscall.Mkfifo(b.path("pipe"), 0o600),
			os.Symlink("loop", b.path("loop")), os.Symlink("loop", b.source("loop")))
		before := tree(b.T, b.to)
		for _, tt := range []struct {
			from, to string
			source   bool
			says     string
		}{
			{"none", "file", true, "no such file or directory"},
			{"none/x", "file", true, "no such file or directory"},
			{"file/x", "file", true, "director"}, // OpenSSH says of it that there is none
			{"pipe", "file", true, "it is not a regular file"},
			{"loop", "file", true, ""},
			{"file", "dir", false, "is a directory"},
			{"file", "pipe", false, "it is not a regular file"},
			{"file", "none/x", false, "there is no directory " + b.path("none")},
			{"file", "file/x", false, "director"},
			{"file", "loop", false, "too many levels of symbolic links"},
			{"dir", "file", false, "not a directory"},
			{"dir", "pipe", false, "not a directory"},
			{"dir", "none/x", false, "there is no directory " + b.path("none")},
			{"dir", "file/x", false, "director"},
		} {
			where, in := b.path(tt.to), tt.to
			if tt.source {
				where, in = b.source(tt.from), tt.from
			}
			for _, ctx := range []bool{false, true} {
				at := b.ctx()
				if ctx {
					at = b.sandbox()
				}
				_, err := b.copy(at, tt.from, tt.to, CopyOptions{})
				if err == nil || strings.Contains(err.Error(), "without saying why") {
					b.Errorf("%s to %s: error %v about %s", tt.from, tt.to, err, in)
				}
				b.refused(err, tt.source, where, tt.says)
			}
		}
		if after := tree(b.T, b.to); after != before {
			b.Errorf("there is\n%s\nand was\n%s", after, before)
		}
	})
}

// In a directory only that fails whose place is taken by something else; pipes and sockets are left out.
func TestWrongKindsInDirectories(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		b.made(file(b.source("a"), "a", 0o600), file(b.source("b/x"), "x", 0o644), file(b.source("c"), "c", 0o604),
			os.Symlink("a", b.source("l")), os.Symlink("a", b.source("m")), syscall.Mkfifo(b.source("pipe"), 0o600),
			file(b.source("z/last"), "last", 0o644))
		socket, err := net.Listen("unix", b.source("socket"))
		b.made(err)
		defer socket.Close()
		outside := b.TempDir()
		b.made(file(filepath.Join(outside, "kept"), "kept", 0o600), file(b.path("d/a/y"), "y", 0o644),
			file(b.path("d/b"), "b", 0o644), os.Symlink(outside, b.path("d/c")), file(b.path("d/l"), "l", 0o644),
			os.Mkdir(b.path("d/m"), 0o755))
		r, err := b.copy(b.ctx(), "", "d", CopyOptions{})
		b.fails(err, Files, "(and 3 more of ")
		want := fmt.Sprintf("%v", CopyResult{Copied: 2, Made: 1, Skipped: 2, Failed: 4, Bytes: 5, Seconds: r.Seconds})
		if got := fmt.Sprintf("%v", *r); got != want { // c, z/last; z; pipe and socket; a, b, l, m
			b.Errorf("the result is %+v, want %v", *r, want)
		}
		b.has("d/a/y", "y", 0o644)
		b.has("d/b", "b", 0o644)
		b.has("d/c", "c", 0o604)
		b.has("d/l", "l", 0o644)
		b.has("d/z/last", "last", 0o644)
		if got := tree(b.T, outside); strings.Count(got, "\n") != 2 {
			b.Errorf("outside there is\n%s", got)
		}
		warned := 0
		for _, e := range b.events.Events(journal.Warning) {
			if strings.Contains(e.Message, "was left out") && strings.Contains(e.Message, b.from) {
				warned++
			}
		}
		if warned != 2 {
			b.Errorf("%d warnings about what was left out, want 2", warned)
		}
	})
}

// A link that is followed and leads nowhere, to itself or above fails alone.
func TestLinksAreFollowed(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		outside := b.TempDir()
		b.made(file(filepath.Join(outside, "in"), "in", 0o604), file(b.source("d/file"), "text", 0o640),
			os.Mkdir(b.source("e"), 0o755), os.Symlink("../d", b.source("e/there")), os.Symlink("../e", b.source("d/back")),
			os.Symlink("nowhere", b.source("dangling")), os.Symlink("self", b.source("self")),
			os.Symlink("..", b.source("d/up")), os.Symlink(outside, b.source("out")), os.Symlink("d/file", b.source("link")))
		b.copied("", "links", CopyOptions{})
		b.same("", "links")
		_, err := b.copy(b.ctx(), "", "followed", CopyOptions{Follow: true})
		b.fails(err, Files, " more of ")
		text := `drwxr-xr-x "" ""
drwxr-xr-x "/d" ""
drwxr-xr-x "/d/back" ""
-rw-r----- "/d/file" "text"
drwxr-xr-x "/e" ""
drwxr-xr-x "/e/there" ""
-rw-r----- "/e/there/file" "text"
-rw-r----- "/link" "text"
drwxr-xr-x "/out" ""
-rw----r-- "/out/in" "in"
`
		if got := tree(b.T, b.path("followed")); got != text {
			b.Errorf("followed:\n%s\nwant:\n%s", got, text)
		}
	})
}

// Directories that may not be written in are made with what is in them.
func TestClosedDirectoriesAreCopied(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		b.made(file(b.source("a/b/file"), "text", 0o400), os.Mkdir(b.source("a/empty"), 0o755))
		modes := map[string]fs.FileMode{"a/b": 0o555, "a/empty": 0o500, "a": 0o511}
		for _, name := range []string{"a/b", "a/empty", "a"} {
			b.made(os.Chmod(b.source(name), modes[name]))
			b.Cleanup(func() {
				_, _ = os.Chmod(b.source(name), 0o755), os.Chmod(filepath.Join(b.path("d"), name), 0o755)
			})
		}
		b.copied("", "d", CopyOptions{})
		b.same("", "d")
	})
}

// Directories keep the sticky bit, without which everybody may remove the files of others, and that of the group.
func TestModesOfDirectories(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		modes := map[string]fs.FileMode{
			"shared": 0o777 | fs.ModeSticky, "group": 0o775 | fs.ModeSetgid, "both": 0o770 | fs.ModeSticky | fs.ModeSetgid,
			"shut": 0o577 | fs.ModeSticky | fs.ModeSetgid,
		}
		for name, mode := range modes {
			b.made(file(b.source("d/"+name+"/x"), "x", 0o644), os.Chmod(b.source("d/"+name), mode))
		}
		if _, err := b.copy(b.ctx(), "d", "d", CopyOptions{}); err != nil {
			b.Fatal(err)
		}
		for name, mode := range modes {
			if info, err := os.Stat(b.path("d/" + name)); err != nil || info.Mode() != fs.ModeDir|mode {
				b.Errorf("%s has the mode %v, not %v (%v)", name, info.Mode(), mode, err)
			}
			b.made(os.Chmod(b.path("d/"+name), 0o700), os.Chmod(b.source("d/"+name), 0o700)) // so that it can be removed
		}
	})
}

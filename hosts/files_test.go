package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// fileBed is a host with a directory of its own, which the test sees too.
type fileBed struct {
	*testing.T
	h       *Handle
	dir     string
	options FileOptions
	events  *journal.Recorder
}

// onlyCommands is the way to files where there is no SFTP, and no program for it either.
const onlyCommands = "sshd without SFTP"

// ways are the ways to the files of a host.
var ways = []struct {
	name string
	open func(*testing.T, Options) (*lab, Host, FileOptions)
}{
	{"local", func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		return newLab(t, o), &Local{LocalOptions{Slug: "here"}}, FileOptions{}
	}},
	{"sshd", func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		l := newLab(t, o)
		return l, l.host(l.sshd(sshdtest.Options{})), FileOptions{}
	}},
	{"another SFTP server", func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		l := newLab(t, o)
		return l, l.host(at("pkg", l.server(sshserver.Options{}).Port())), FileOptions{}
	}},
	{onlyCommands, func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		l := newLab(t, o)
		reachBy(l.session, "commands")
		return l, l.host(l.sshd(sshdtest.Options{NoSFTP: true})), FileOptions{}
	}},
	{"wrapped", func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		h, err := NewWrapped(WrappedOptions{Slug: "inside", Command: []string{"env"}})
		if err != nil {
			t.Fatal(err)
		}
		return newLab(t, o), h, FileOptions{}
	}},
	{"sudo", func(t *testing.T, o Options) (*lab, Host, FileOptions) {
		s := sudoers(t)
		l := newLab(t, o)
		with := l.real(s)
		with.Username, with.SudoPassword = "tester", sudoPassword
		return l, l.host(with), FileOptions{Sudo: true}
	}},
}

// everyWay runs a test on each of them.
func everyWay(t *testing.T, test func(*fileBed)) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			l, h, o := way.open(t, Options{})
			test(&fileBed{T: t, h: l.session.Handle(h), dir: t.TempDir(), options: o, events: l.events})
		})
	}
}

func (b *fileBed) ctx() context.Context {
	ctx, cancel := context.WithTimeout(b.T.Context(), time.Minute)
	b.Cleanup(cancel)
	return ctx
}

func (b *fileBed) sandbox() context.Context { return WithScope(b.ctx(), Scope{Sandbox: true}) }

func (b *fileBed) path(name string) string { return filepath.Join(b.dir, name) }

func (b *fileBed) put(name, text string, mode fs.FileMode) {
	b.Helper()
	if err := os.WriteFile(b.path(name), []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := os.Chmod(b.path(name), mode); err != nil {
		b.Fatal(err)
	}
}

// has checks what is in a file, and its mode.
func (b *fileBed) has(name, text string, mode fs.FileMode) {
	b.Helper()
	got, err := os.ReadFile(b.path(name))
	if err != nil {
		b.Error(err)
		return
	}
	info, err := os.Stat(b.path(name))
	if err != nil {
		b.Fatal(err)
	}
	if string(got) != text || info.Mode() != mode {
		b.Errorf("%s holds %.60q (%d bytes) with mode %v, want %.60q (%d bytes) with %v",
			name, got, len(got), info.Mode(), text, len(text), mode)
	}
}

// only checks which names there are: no draft is left.
func (b *fileBed) only(names ...string) {
	b.Helper()
	entries, err := os.ReadDir(b.dir)
	if err != nil {
		b.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(names) {
		b.Errorf("the directory holds %q, want %q", got, names)
	}
}

func (b *fileBed) write(ctx context.Context, name, text string, o WriteOptions) (bool, error) {
	o.FileOptions = b.options
	return b.h.WriteFile(ctx, b.path(name), []byte(text), o)
}

// changed checks what something that may change a file returned.
func (b *fileBed) changed(want bool) func(bool, error) {
	return func(got bool, err error) {
		b.Helper()
		if got != want || err != nil {
			b.Errorf("changed: %v, error %v, want %v", got, err, want)
		}
	}
}

func TestFileIsWritten(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.changed(true)(b.write(b.ctx(), "new", "text\n", WriteOptions{}))
		b.has("new", "text\n", 0o644)
		before, err := os.Stat(b.path("new"))
		if err != nil {
			b.Fatal(err)
		}
		b.changed(false)(b.write(b.ctx(), "new", "text\n", WriteOptions{}))
		if after, err := os.Stat(b.path("new")); err != nil || !os.SameFile(before, after) {
			b.Errorf("a file with the right content was replaced: %v", err)
		}
		b.changed(true)(b.write(b.ctx(), "new", "text\n", WriteOptions{Mode: 0o600}))
		b.has("new", "text\n", 0o600)
		b.changed(true)(b.write(b.ctx(), "new", "more", WriteOptions{}))
		b.has("new", "more", 0o600)
		b.put("run", "#!", 0o751)
		b.changed(true)(b.write(b.ctx(), "run", "#!/bin/sh", WriteOptions{}))
		b.has("run", "#!/bin/sh", 0o751)
		b.changed(true)(b.write(b.ctx(), "empty", "", WriteOptions{}))
		b.has("empty", "", 0o644)
		b.only("empty", "new", "run")
	})
}

func TestLargeFileIsCopied(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		text := strings.Repeat("0123456789abcde\n", 300<<10/16) + "end"
		here := filepath.Join(b.TempDir(), "source")
		if err := os.WriteFile(here, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
		b.changed(true)(b.h.PutFile(b.ctx(), here, b.path("large"), CopyOptions{FileOptions: b.options, Mode: 0o640}))
		b.has("large", text, 0o640)
		b.changed(false)(b.h.PutFile(b.ctx(), here, b.path("large"), CopyOptions{FileOptions: b.options}))
		there := filepath.Join(b.TempDir(), "copy")
		b.changed(true)(b.h.GetFile(b.ctx(), b.path("large"), there, CopyOptions{FileOptions: b.options}))
		b.changed(false)(b.h.GetFile(b.ctx(), b.path("large"), there, CopyOptions{FileOptions: b.options}))
		if got, err := os.ReadFile(there); err != nil || string(got) != text {
			b.Errorf("got %d bytes, %v", len(got), err)
		}
		b.only("large")
	})
}

func TestFileIsRead(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("there", "some text", 0o600)
		if got, err := b.h.ReadFile(b.ctx(), b.path("there"), b.options); string(got) != "some text" || err != nil {
			b.Errorf("%q, %v", got, err)
		}
		r, err := b.h.Open(b.ctx(), b.path("there"), b.options)
		if err != nil {
			b.Fatal(err)
		}
		var part [4]byte
		if _, err := io.ReadFull(r, part[:]); err != nil || string(part[:]) != "some" {
			b.Errorf("%q, %v", part, err)
		}
		if err := r.Close(); err != nil {
			b.Error(err)
		}
		_, err = b.h.ReadFile(b.ctx(), b.path("missing"), b.options)
		var failed *Error
		if !errors.Is(err, fs.ErrNotExist) || !errors.As(err, &failed) || failed.Fault != Files {
			b.Errorf("error %v", err)
		}
		if _, err := b.h.ReadFile(b.ctx(), b.dir, b.options); err == nil || !strings.Contains(err.Error(), "is a directory") {
			b.Errorf("error %v", err)
		}
	})
}

func TestFileIsWrittenBitByBit(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("log", "one\n", 0o640)
		f, err := b.h.Append(b.ctx(), b.path("log"), WriteOptions{FileOptions: b.options})
		if err != nil {
			b.Fatal(err)
		}
		for i := range 20000 {
			if _, err := fmt.Fprintf(f, "line %d\n", i); err != nil {
				b.Fatal(err)
			}
		}
		b.has("log", "one\n", 0o640)
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
		got, err := os.ReadFile(b.path("log"))
		if err != nil || !strings.HasPrefix(string(got), "one\nline 0\n") || !strings.HasSuffix(string(got), "line 19999\n") {
			b.Errorf("%d bytes, %v", len(got), err)
		}
		f, err = b.h.Create(b.ctx(), b.path("log"), WriteOptions{FileOptions: b.options})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.WriteString(f, "never seen"); err != nil {
			b.Fatal(err)
		}
		if err := f.Discard(); err != nil {
			b.Error(err)
		}
		b.has("log", string(got), 0o640)
		b.only("log")
	})
}

func TestSymbolicLinkIsWrittenThrough(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		if err := errors.Join(os.MkdirAll(b.path("a/b"), 0o755), os.Symlink("a/b", b.path("way")),
			os.Symlink("../target", b.path("a/b/link")), os.Symlink("nowhere", b.path("dangling"))); err != nil {
			b.Fatal(err)
		}
		b.put("a/target", "old", 0o640)
		b.changed(true)(b.write(b.ctx(), "way/link", "new", WriteOptions{}))
		b.has("a/target", "new", 0o640)
		b.changed(true)(b.write(b.ctx(), "dangling", "text", WriteOptions{}))
		b.has("nowhere", "text", 0o644)
		for _, link := range []string{"a/b/link", "dangling"} {
			if info, err := b.h.Lstat(b.ctx(), b.path(link), b.options); err != nil || !info.IsLink() {
				b.Errorf("%s: %+v, %v", link, info, err)
			}
		}
		b.only("a", "dangling", "nowhere", "way")
	})
}

func TestFilesAreChanged(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		o, ctx := b.options, b.ctx()
		b.changed(true)(b.h.Mkdir(ctx, b.path("d/e/f"), MkdirOptions{FileOptions: o, Parents: true, Mode: 0o700}))
		b.changed(false)(b.h.Mkdir(ctx, b.path("d/e/f"), MkdirOptions{FileOptions: o}))
		if info, err := os.Stat(b.path("d/e/f")); err != nil || info.Mode() != fs.ModeDir|0o700 {
			b.Errorf("%v, %v", info, err)
		}
		b.put("d/x", "x", 0o600)
		mode := 0o751 | fs.ModeSetuid
		if strings.HasSuffix(b.Name(), "another_SFTP_server") { // its chmod knows permissions only
			mode = 0o751
		}
		b.changed(true)(b.h.Chmod(ctx, b.path("d/x"), mode, o))
		b.changed(false)(b.h.Chmod(ctx, b.path("d/x"), mode, o))
		if info, err := b.h.Stat(ctx, b.path("d/x"), o); err != nil || info.Mode != mode || info.Size != 1 ||
			info.Name != "x" || !info.IsFile() || time.Since(info.ModTime) > time.Hour {
			b.Errorf("%+v, %v", info, err)
		}
		b.put("d/y", "y", 0o600)
		if err := b.h.Rename(ctx, b.path("d/x"), b.path("d/y"), o); err != nil {
			b.Error(err)
		}
		b.has("d/y", "x", mode)
		b.changed(true)(b.h.Symlink(ctx, b.path("d/y"), b.path("d/link"), o))
		b.changed(false)(b.h.Symlink(ctx, b.path("d/y"), b.path("d/link"), o))
		b.changed(true)(b.h.Symlink(ctx, b.path("d/e"), b.path("d/link"), o))
		b.changed(true)(b.h.Symlink(ctx, b.path("d/y"), b.path("d/link"), o)) // replaces a link to a directory
		list, err := b.h.ListDir(ctx, b.path("d"), o)
		if err != nil || len(list) != 3 || list[0].Name != "e" || !list[0].IsDir() || !list[1].IsLink() || list[2].Size != 1 {
			b.Errorf("%+v, %v", list, err)
		}
		b.changed(false)(b.h.Remove(ctx, b.path("nothing"), RemoveOptions{FileOptions: o}))
		b.changed(true)(b.h.Remove(ctx, b.path("d/link"), RemoveOptions{FileOptions: o}))
		if _, err := b.h.Remove(ctx, b.path("d"), RemoveOptions{FileOptions: o}); err == nil {
			b.Error("a directory with files in it was removed")
		}
		b.changed(true)(b.h.Remove(ctx, b.path("d"), RemoveOptions{FileOptions: o, Recursive: true}))
		b.only()
	})
}

func TestPathsFollowCd(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.h = b.h.Cd(b.dir).Cd("sub")
		if err := os.Mkdir(b.path("sub"), 0o755); err != nil {
			b.Fatal(err)
		}
		b.changed(true)(b.h.WriteFile(b.ctx(), "x/../-n", []byte("text"), WriteOptions{FileOptions: b.options}))
		b.has("sub/-n", "text", 0o644)
		info, err := b.h.Stat(b.ctx(), "~", b.options)
		if err != nil || !info.IsDir() {
			b.Errorf("%+v, %v", info, err)
		}
		if _, err := b.h.Stat(b.ctx(), "~nobody-has-this-name/x", b.options); err == nil {
			b.Error("the home of nobody was found")
		}
	})
}

// The host's own shell need be none of POSIX's.
func TestFilesWithAnotherShell(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	for _, shell := range []string{"fish", "csh"} {
		h, err := NewWrapped(WrappedOptions{Slug: shell, Common: Common{Shell: find(t, shell)}, Command: []string{"env"}})
		if err != nil {
			t.Fatal(err)
		}
		b := &fileBed{T: t, h: l.session.Handle(h), dir: t.TempDir()}
		name := `a\\b'c\'d!`
		b.changed(true)(b.write(b.ctx(), name, "text", WriteOptions{}))
		b.has(name, "text", 0o644)
	}
}

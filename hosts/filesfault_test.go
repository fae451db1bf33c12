package hosts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"deployer/files"
	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
	"deployer/journal"
)

// noise is content in which no two parts are alike, so that a hole or a mixture shows.
func noise(size int, seed uint64) []byte {
	data := make([]byte, size)
	_, _ = rand.NewChaCha8(sha256.Sum256([]byte{byte(seed)})).Read(data)
	return data
}

// fails checks an error of a file call, and that its message says all parts.
func (b *fileBed) fails(err error, fault Fault, parts ...string) {
	b.Helper()
	var failed *Error
	if !errors.As(err, &failed) || failed.Fault != fault {
		b.Errorf("error %v, want the fault %q", err, fault)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			b.Errorf("error %q does not say %q", err, part)
		}
	}
}

func TestBadPaths(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("file", "text", 0o644)
		if err := errors.Join(os.Mkdir(b.path("dir"), 0o755), os.WriteFile(b.path("dir/x"), nil, 0o644),
			syscall.Mkfifo(b.path("pipe"), 0o644), os.Symlink("loop", b.path("loop"))); err != nil {
			b.Fatal(err)
		}
		o := b.options
		read := func(name string) error { _, err := b.h.ReadFile(b.ctx(), name, o); return err }
		write := func(name string) error {
			_, err := b.h.WriteFile(b.ctx(), name, nil, WriteOptions{FileOptions: o})
			return err
		}
		b.fails(read(b.path("none")), Files, "read "+b.path("none")+": no such file or directory")
		b.fails(read(b.path("dir")), Files, "is a directory")
		b.fails(read(b.path("pipe")), Files, "not a regular file")
		b.fails(read(""), Refused, "the path is empty")
		b.fails(read("a\x00b"), Refused, "NUL")
		b.fails(write(b.path("dir")), Files, "is a directory")
		b.fails(write(b.path("pipe")), Files, "not a regular file")
		b.fails(write(b.path("none/x")), Files, "there is no directory "+b.path("none"))
		b.fails(write(b.path("loop")), Files, "too many levels of symbolic links")
		_, err := b.h.Create(b.ctx(), b.path("none/x"), WriteOptions{FileOptions: o})
		b.fails(err, Files, "there is no directory "+b.path("none"))
		_, err = b.h.PutFile(b.ctx(), "/none/here", b.path("x"), CopyOptions{FileOptions: o})
		b.fails(err, Files, "/none/here on this machine: no such file or directory")
		_, err = b.h.GetFile(b.ctx(), b.path("file"), "/none/here", CopyOptions{FileOptions: o})
		b.fails(err, Files, "/none/here on this machine: there is no directory /none")
		_, err = b.h.GetFile(b.ctx(), b.path("none"), filepath.Join(b.TempDir(), "x"), CopyOptions{FileOptions: o})
		b.fails(err, Files, "get "+b.path("none")+": no such file or directory")
		_, err = b.h.Mkdir(b.ctx(), b.path("file"), MkdirOptions{FileOptions: o})
		b.fails(err, Files, "file exists")
		_, err = b.h.Remove(b.ctx(), b.path("dir"), RemoveOptions{FileOptions: o})
		b.fails(err, Files, "directory not empty")
		b.fails(b.h.Rename(b.ctx(), b.path("file"), b.path("dir"), o), Files, "is a directory")
		b.fails(b.h.Rename(b.ctx(), b.path("none"), b.path("x"), o), Files, b.path("none")+": no such file or directory")
		b.fails(b.h.Rename(b.ctx(), b.path("file"), b.path("none/x"), o), Files, "there is no directory "+b.path("none"))
		b.fails(b.h.Rename(b.ctx(), b.path("file"), b.path("loop/x"), o), Files, b.path("loop"))
		b.fails(b.h.Rename(b.ctx(), b.path("dir"), b.path("dir/y"), o), Files, "a directory cannot be moved into itself")
		b.fails(b.h.Rename(b.ctx(), b.path("dir"), b.path("file"), o), Files, "not a directory")
		_, err = b.h.Chmod(b.ctx(), b.path("none"), 0o600, o)
		b.fails(err, Files, "no such file or directory")
		_, err = b.h.Chown(b.ctx(), b.path("file"), "no-such-user", o)
		b.fails(err, Files, "the host has no user no-such-user")
		_, err = b.h.Chown(b.ctx(), b.path("file"), ":no-such-group", o)
		b.fails(err, Files, "the host has no group no-such-group")
		_, err = b.h.ListDir(b.ctx(), b.path("file"), o)
		b.fails(err, Files, "not a directory")
		b.has("file", "text", 0o644)
		b.only("dir", "file", "loop", "pipe")
	})
}

// What changes while it is read is never taken for whole, if it became shorter.
func TestContentChangesWhileItIsRead(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("file", "old", 0o644)
		source := func(size int64, text string) files.Content {
			return files.Content{Size: size, Open: func(context.Context) (io.ReadCloser, error) {
				return io.NopCloser(strings.NewReader(text)), nil
			}}
		}
		replace := func(c files.Content) (bool, error) {
			var changed bool
			err := b.h.withFiles(b.ctx(), "put", b.path("file"), b.options, func(u *fileUse) (err error) {
				changed, err = newWriting(u, WriteOptions{}, journal.FilePut).replace(b.ctx(), c)
				return err
			})
			return changed, err
		}
		_, err := replace(source(9, "shorter"))
		b.fails(err, Files, "became shorter meanwhile: 7 of 9 bytes")
		b.has("file", "old", 0o644)
		failing := files.Content{Size: 9, Open: func(context.Context) (io.ReadCloser, error) {
			return io.NopCloser(io.MultiReader(strings.NewReader("half"), iotestErr{errors.New("bad block")})), nil
		}}
		_, err = replace(failing)
		b.fails(err, Files, "bad block")
		b.has("file", "old", 0o644)
		b.changed(true)(replace(source(4, "grown longer")))
		b.has("file", "grown longer", 0o644)
		b.only("file")
	})
}

type iotestErr struct{ err error }

func (r iotestErr) Read([]byte) (int, error) { return 0, r.err }

// smallDisk mounts a file system of so many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	return mounted(t, fmt.Sprintf("size=%d", size))
}

// mounted mounts a file system in memory.
func mounted(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options+",mode=755"); err != nil {
		t.Skipf("only root can mount a small file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			disk := smallDisk(t, 256<<10) // sshd has a view of its own of what is mounted, from its start
			l, h, o := way.open(t, Options{})
			fullDisk(&fileBed{T: t, h: l.session.Handle(h), dir: disk, options: o, events: l.events})
		})
	}
}

func fullDisk(b *fileBed) {
	b.put("file", "old", 0o640)
	large := noise(1<<20, 1)
	_, err := b.write(b.ctx(), "file", string(large), WriteOptions{})
	b.fails(err, Files, "no space left on device")
	b.has("file", "old", 0o640)
	b.only("file")
	// And on this side.
	there := b.TempDir()
	if err := os.WriteFile(filepath.Join(there, "large"), large, 0o644); err != nil {
		b.Fatal(err)
	}
	_, err = b.h.GetFile(b.ctx(), filepath.Join(there, "large"), b.path("file"), CopyOptions{FileOptions: b.options})
	b.fails(err, Files, "on this machine: no space left on device")
	b.has("file", "old", 0o640)
	b.only("file")
	eventually(b.T, "the space is free again", func() bool { // once no process that is being started has the draft open
		var disk syscall.Statfs_t
		return syscall.Statfs(b.dir, &disk) == nil && disk.Bfree > disk.Blocks/2
	})
	b.changed(true)(b.write(b.ctx(), "file", "fits", WriteOptions{}))
	b.has("file", "fits", 0o640)
}

// poorServers are SFTP servers that can do less than OpenSSH's.
func TestPoorServers(t *testing.T) {
	t.Parallel()
	for name, files := range map[string]sshserver.Files{
		"short reads": {ShortReads: 1000}, "no extensions": {Plain: true}, "none": {None: true},
		"a banner": {Banner: "Welcome to this machine!\nIt is a fine one.\n"},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Options{})
			h := l.session.Handle(l.host(at("poor", l.server(sshserver.Options{Files: files}).Port())))
			b := &fileBed{T: t, h: h, dir: t.TempDir(), events: l.events}
			data := noise(300_001, 2)
			b.put("file", "old", 0o640)
			b.changed(true)(b.write(b.ctx(), "file", string(data), WriteOptions{}))
			b.has("file", string(data), 0o640)
			if got, err := b.h.ReadFile(b.ctx(), b.path("file"), FileOptions{}); err != nil || !bytes.Equal(got, data) {
				b.Errorf("read %d bytes, the same: %v, %v", len(got), bytes.Equal(got, data), err)
			}
			b.changed(true)(b.write(b.ctx(), "secret", "new", WriteOptions{Mode: 0o600}))
			b.has("secret", "new", 0o600)
			if err := b.h.Rename(b.ctx(), b.path("secret"), b.path("file"), FileOptions{}); err != nil {
				b.Error(err)
			}
			b.has("file", "new", 0o600)
			b.only("file")
		})
	}
}

// Whoever waits for a frozen server is let go when the context ends, and what was there stays.
func TestFilesOfFrozenServer(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	server := l.server(sshserver.Options{})
	h := l.session.Handle(l.host(at("frozen", server.Port())))
	b := &fileBed{T: t, h: h, dir: t.TempDir(), events: l.events}
	b.put("file", string(noise(1<<20, 6)), 0o640)
	if _, err := h.Stat(b.ctx(), b.path("file"), FileOptions{}); err != nil {
		t.Fatal(err)
	}
	r, err := h.Open(b.ctx(), b.path("file"), FileOptions{})
	if err != nil {
		t.Fatal(err)
	}
	server.Freeze()
	ctx, cancel := context.WithTimeout(b.ctx(), 100*time.Millisecond)
	defer cancel()
	begun := time.Now()
	for name, do := range map[string]func() error{
		"stat":  func() error { _, err := h.Stat(ctx, b.path("file"), FileOptions{}); return err },
		"list":  func() error { _, err := h.ListDir(ctx, b.dir, FileOptions{}); return err },
		"write": func() error { _, err := h.WriteFile(ctx, b.path("file"), noise(1<<20, 7), WriteOptions{}); return err },
		"read":  func() error { _, err := h.ReadFile(ctx, b.path("file"), FileOptions{}); return err },
		"mkdir": func() error { _, err := h.Mkdir(ctx, b.path("d"), MkdirOptions{}); return err },
	} {
		var failed *Error
		if err := do(); !errors.As(err, &failed) || failed.Fault != Interrupted {
			t.Errorf("%s: error %v, want it interrupted", name, err)
		}
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	server.Thaw()
	b.has("file", string(noise(1<<20, 6)), 0o640)
	if _, err := h.ListDir(b.ctx(), b.dir, FileOptions{}); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// Cancelling while a file is written removes what was written of it.
func TestWritingIsCancelled(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("file", "old", 0o640)
		for _, mode := range []fs.FileMode{0o644, 0o600} { // over SFTP a private one is written elsewhere
			ctx, cancel := context.WithCancel(b.ctx())
			f, err := b.h.Create(ctx, b.path("file"), WriteOptions{FileOptions: b.options, Mode: mode})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := f.Write(noise(200_000, 8)); err != nil {
				b.Fatal(err)
			}
			cancel()
			b.fails(f.Close(), Interrupted)
			b.has("file", "old", 0o640)
			b.only("file")
		}
	})
}

// A handle that is held open takes no place from the commands of the same run.
func TestOpenFilesHoldNobodyUp(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			l, host, o := way.open(t, Options{Limit: 1})
			b := &fileBed{T: t, h: l.session.Handle(host), dir: t.TempDir(), options: o}
			b.put("file", string(noise(200_000, 9)), 0o640)
			r, err := b.h.Open(b.ctx(), b.path("file"), o)
			if err != nil {
				t.Fatal(err)
			}
			w, err := b.h.Create(b.ctx(), b.path("other"), WriteOptions{FileOptions: o})
			if err != nil {
				t.Fatal(err)
			}
			if out, err := run(t, b.h, "echo hello", RunOptions{}); err != nil || out != "hello\n" {
				t.Errorf("%q, %v", out, err)
			}
			if _, err := io.Copy(w, r); err != nil {
				t.Error(err)
			}
			if err := errors.Join(w.Close(), r.Close()); err != nil {
				t.Error(err)
			}
			b.has("other", string(noise(200_000, 9)), 0o644)
		})
	}
}

// A server with room for one session serves files and commands in turn.
func TestFilesWithOneSession(t *testing.T) {
	t.Parallel()
	for _, most := range []int{1, 2, 3} {
		l := newLab(t, Options{})
		h := l.session.Handle(l.host(l.sshd(sshdtest.Options{Config: []string{fmt.Sprintf("MaxSessions %d", most)}})))
		b := &fileBed{T: t, h: h, dir: t.TempDir()}
		for i := range 4 {
			text := fmt.Sprint("text ", i)
			b.changed(true)(b.write(b.ctx(), "file", text, WriteOptions{}))
			if out, err := run(t, h, "cat "+Quote(b.path("file")), RunOptions{}); err != nil || out != text {
				t.Errorf("MaxSessions %d: %q, %v", most, out, err)
			}
		}
	}
}

// The SFTP channel of a connection is opened once, however many want it at the same time.
func TestOneFileChannel(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	server := sshdtest.Start(t, sshdtest.Options{Config: []string{"SetEnv HOME=" + l.home}})
	h := l.session.Handle(l.host(l.real(server)))
	b := &fileBed{T: t, h: h, dir: t.TempDir()}
	errs := l.session.Parallel(b.ctx(), 20, func(ctx context.Context, i int) error {
		_, err := h.WriteFile(ctx, b.path(fmt.Sprint("f", i)), noise(1000, uint64(i)), WriteOptions{})
		return err
	})
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if got := strings.Count(server.Log(), "Starting session: "); got != 1 {
		t.Errorf("%d channels were opened", got)
	}
}

// A secret is no part of a path, and never seen in a diff: neither a new one nor the one it replaces.
func TestSecretsInFiles(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		token := b.h.Session().Secrets().TokenOf("hunter2hunter2")
		_, err := b.write(b.ctx(), token, "x", WriteOptions{})
		b.fails(err, Refused, "a secret is part of the path")
		b.put("conf", "port = 1\npassword = before\nend\n", 0o600)
		text := "port = 2\npassword = " + token + "\nend\n"
		b.changed(true)(b.write(b.sandbox(), "conf", text, WriteOptions{}))
		b.has("conf", "port = 1\npassword = before\nend\n", 0o600)
		b.changed(true)(b.write(b.ctx(), "conf", text, WriteOptions{}))
		b.has("conf", "port = 2\npassword = hunter2hunter2\nend\n", 0o600)
		diff := b.events.Events(journal.FileWrite)[0].Diff
		if want := "-********\n-********\n+port = 2\n+password = ********\n"; !strings.Contains(diff, want) {
			b.Errorf("the diff is\n%s", diff)
		}
		for _, e := range b.events.Events(journal.FileWrite) {
			line, err := json.Marshal(e)
			if err != nil || bytes.Contains(line, []byte("hunter2")) || bytes.Contains(line, []byte("before")) {
				b.Errorf("%s, %v", line, err)
			}
		}
	})
}

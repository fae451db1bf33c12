package hosts

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// deniedBed is a host used as an account that may not do everything: by logging in to it, or with sudo.
func deniedBed(t *testing.T, noSFTP, sudo bool) *fileBed {
	t.Helper()
	sshdtest.NeedAccounts(t)
	l := newLab(t, Options{})
	o := l.real(sshdtest.Start(t, sshdtest.Options{NoSFTP: noSFTP, Accounts: []sshdtest.Account{
		{Name: "plain"}, {Name: "power", Sudo: sshdtest.SudoNoPassword}}}))
	o.Username = "plain"
	b := &fileBed{T: t, dir: openDir(t), events: l.events}
	if sudo {
		o.Username, b.options = "power", FileOptions{Sudo: true, User: "plain"}
	}
	b.h = l.session.Handle(l.host(o))
	return b
}

// openDir is a directory that everybody may enter and write in.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "files")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestFilesWithoutPermission(t *testing.T) {
	t.Parallel()
	for name, how := range map[string]struct{ noSFTP, sudo bool }{
		"SFTP": {}, "no SFTP": {noSFTP: true}, "as another account": {sudo: true},
	} {
		t.Run(name, func(t *testing.T) {
			b := deniedBed(t, how.noSFTP, how.sudo)
			b.put("closed", "secret", 0o600)
			b.put("public", "text", 0o644)
			if err := errors.Join(os.Mkdir(b.path("dir"), 0o755), os.Mkdir(b.path("shut"), 0o700),
				os.WriteFile(b.path("dir/x"), []byte("x"), 0o644)); err != nil {
				t.Fatal(err)
			}
			before := tree(t, b.dir)
			hint := "use sudo, or log in as a user who may"
			if b.options.Sudo {
				hint = "permission denied"
			}
			_, err := b.h.ReadFile(b.ctx(), b.path("closed"), b.options)
			b.fails(err, Files, "permission denied", hint)
			_, err = b.h.Stat(b.ctx(), b.path("shut/x"), b.options)
			b.fails(err, Files, "permission denied")
			_, err = b.h.ListDir(b.ctx(), b.path("shut"), b.options)
			b.fails(err, Files, "permission denied")
			for _, ctx := range []bool{false, true} {
				in := b.ctx()
				if ctx {
					in = b.sandbox()
				}
				_, err = b.write(in, "dir/new", "x", WriteOptions{})
				b.fails(err, Files, "permission denied")
				_, err = b.write(in, "dir/x", "y", WriteOptions{})
				b.fails(err, Files, "permission denied")
				_, err = b.write(in, "public", "y", WriteOptions{}) // it would become somebody else's
				b.fails(err, Files, "its owner 0:0 and mode cannot be kept")
				_, err = b.h.Mkdir(in, b.path("dir/d"), MkdirOptions{FileOptions: b.options})
				b.fails(err, Files, "permission denied")
				_, err = b.h.Remove(in, b.path("dir/x"), RemoveOptions{FileOptions: b.options})
				b.fails(err, Files, "permission denied")
				b.fails(b.h.Rename(in, b.path("dir/x"), b.path("x"), b.options), Files, "permission denied")
			}
			if after := tree(t, b.dir); after != before {
				t.Errorf("there is\n%s\nand was\n%s", after, before)
			}
			for _, e := range b.events.Events(journal.FileWrite) {
				if want := map[bool]journal.State{true: journal.Invalid, false: journal.Failed}[e.Sandbox]; e.State != want {
					t.Errorf("an event has the state %q, want %q", e.State, want)
				}
			}
			b.changed(true)(b.write(b.ctx(), "own", "text", WriteOptions{Mode: 0o600}))
			b.changed(true)(b.write(b.ctx(), "own", "more", WriteOptions{}))
			b.has("own", "more", 0o600)
			if info, err := os.Stat(b.path("own")); err != nil || info.Sys().(*syscall.Stat_t).Uid == 0 {
				t.Errorf("it belongs to root: %v", err)
			}
		})
	}
}

func TestOwners(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	group, err := user.LookupGroupId(nobody.Gid)
	if err != nil {
		t.Fatal(err)
	}
	owner := func(b *fileBed, name string) string {
		info, err := os.Lstat(b.path(name))
		if err != nil {
			b.Fatal(err)
		}
		sys := info.Sys().(*syscall.Stat_t)
		return fmt.Sprintf("%d:%d", sys.Uid, sys.Gid)
	}
	everyWay(t, func(b *fileBed) {
		own := nobody.Uid + ":" + nobody.Gid
		b.changed(true)(b.write(b.ctx(), "file", "text", WriteOptions{Owner: "nobody:" + group.Name, Mode: 0o640}))
		if got := owner(b, "file"); got != own {
			b.Errorf("the owner is %s, want %s", got, own)
		}
		b.changed(true)(b.write(b.ctx(), "file", "other", WriteOptions{}))
		if got := owner(b, "file"); got != own {
			b.Errorf("the owner became %s, was %s", got, own)
		}
		b.has("file", "other", 0o640)
		b.changed(true)(b.write(b.ctx(), "file", "other", WriteOptions{Owner: "0"}))
		b.changed(true)(b.h.Chown(b.ctx(), b.path("file"), ":0", b.options))
		b.changed(false)(b.h.Chown(b.ctx(), b.path("file"), "0:0", b.options))
		b.changed(true)(b.h.Mkdir(b.ctx(), b.path("dir"), MkdirOptions{FileOptions: b.options, Owner: "nobody"}))
		if got, want := owner(b, "dir"), nobody.Uid+":0"; got != want {
			b.Errorf("the owner of the directory is %s, want %s", got, want)
		}
		here := filepath.Join(b.TempDir(), "here")
		if err := errors.Join(os.Mkdir(here, 0o755), os.WriteFile(filepath.Join(here, "x"), nil, 0o644)); err != nil {
			b.Fatal(err)
		}
		b.changed(true)(b.h.PutDir(b.ctx(), here, b.path("put"), CopyOptions{FileOptions: b.options, Owner: "nobody"}))
		if got := owner(b, "put") + " " + owner(b, "put/x"); strings.Count(got, nobody.Uid+":0") != 2 {
			b.Errorf("the owners of what was put are %s", got)
		}
	})
}

package hosts

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// nobodyID is the number of an account that no system has.
const nobodyID = 61199

// asUser runs a test as an ordinary user: here, if that is who runs the tests, else in a process of its own. There
// foreign is a file of somebody else in a directory that everybody may write in; "" where there can be none.
func asUser(t *testing.T, test func(foreign string)) {
	t.Helper()
	if os.Geteuid() != 0 {
		foreign := filepath.Join(os.TempDir(), "foreign/file")
		if os.Getenv("DEPLOYER_FOREIGN") == "" {
			foreign = ""
		}
		test(foreign)
		return
	}
	dir := openDir(t)
	if err := errors.Join(file(filepath.Join(dir, "foreign/file"), "old", 0o644), os.Chmod(filepath.Join(dir, "foreign"), 0o777)); err != nil {
		t.Fatal(err)
	}
	again := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
	again.Dir, again.Env = dir, append(os.Environ(), "TMPDIR="+dir, "HOME="+dir, "USER=nobody", "DEPLOYER_FOREIGN=1")
	again.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobodyID, Gid: nobodyID}}
	out, err := again.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) || strings.Contains(string(out), "--- SKIP") {
		t.Errorf("as an ordinary user: %v\n%s", err, out)
	}
}

// What this machine does not let its user read or write is refused, each file for itself, and the others are copied.
func TestThisMachineDenies(t *testing.T) {
	t.Parallel()
	asUser(t, func(foreign string) {
		for _, way := range ways {
			if !slices.Contains([]string{"local", "another SFTP server", "wrapped"}, way.name) { // hosts that are no login to this user
				continue
			}
			t.Run(way.name, func(t *testing.T) {
				l, h, o := way.open(t, Options{})
				b := &fileBed{T: t, h: l.session.Handle(h), dir: t.TempDir(), options: o, events: l.events}
				unreadableHere(&wayBed{b, false, t.TempDir(), b.dir})
				got := &wayBed{b, true, b.dir, t.TempDir()}
				b.dir = got.to
				unwritableHere(got)
				foreignHere(got, foreign)
			})
		}
	})
}

func unreadableHere(b *wayBed) {
	b.made(file(b.source("d/closed"), "closed", 0), file(b.source("d/open"), "open", 0o644),
		file(b.source("d/shut/x"), "x", 0o644), os.Chmod(b.source("d/shut"), 0))
	b.Cleanup(func() { b.made(os.Chmod(b.source("d/shut"), 0o755)) })
	for _, name := range []string{"d/closed", "d/shut", "d/shut/x"} {
		for _, ctx := range []bool{false, true} {
			in := b.ctx()
			if ctx {
				in = b.sandbox()
			}
			_, err := b.copy(in, name, "x", CopyOptions{})
			b.refused(err, true, b.source(name), "permission denied", "run this as a user who may")
		}
	}
	b.only()
	r, err := b.copy(b.ctx(), "d", "d", CopyOptions{})
	b.fails(err, Files, "permission denied", "on this machine", "(and 1 more of ")
	if r.Failed != 2 {
		b.Errorf("the result is %+v", *r)
	}
	b.has("d/open", "open", 0o644)
	for _, name := range []string{"d/closed", "d/shut"} {
		if _, err := os.Lstat(b.path(name)); !errors.Is(err, fs.ErrNotExist) {
			b.Errorf("%s: %v", name, err)
		}
	}
}

func unwritableHere(b *wayBed) {
	b.made(os.RemoveAll(b.source("")), file(b.source("d/a"), "new", 0o600), file(b.source("d/b/x"), "x", 0o644),
		file(b.path("fixed/a"), "old", 0o644), os.Chmod(b.path("fixed"), 0o555))
	b.Cleanup(func() { b.made(os.Chmod(b.path("fixed"), 0o755)) })
	before := tree(b.T, b.path("fixed"))
	for _, to := range []string{"fixed/a", "fixed/new"} {
		_, err := b.copy(b.ctx(), "d/a", to, CopyOptions{})
		b.refused(err, false, b.path(to), "permission denied", "run this as a user who may")
	}
	_, err := b.copy(b.ctx(), "d", "fixed/d", CopyOptions{})
	b.refused(err, false, b.path("fixed/d"), "permission denied", "run this as a user who may")
	if after := tree(b.T, b.path("fixed")); after != before {
		b.Errorf("there is\n%s\nand was\n%s", after, before)
	}
}

// foreignHere gets over a file of somebody else: what replaced it could not be theirs.
func foreignHere(b *wayBed, foreign string) {
	if foreign == "" {
		b.Run("of somebody else", func(t *testing.T) { t.Skip("only root makes files that are somebody else's") })
		return
	}
	_, err := b.h.GetFile(b.ctx(), b.source("d/a"), foreign, CopyOptions{})
	b.fails(err, Files, foreign+" on this machine: its owner 0:0 and mode cannot be kept", "run this as a user who may")
	got, err := os.ReadFile(foreign)
	list, failed := os.ReadDir(filepath.Dir(foreign))
	b.made(err, failed)
	if string(got) != "old" || len(list) != 1 {
		b.Errorf("it holds %q, and beside it there is %v", got, list)
	}
}

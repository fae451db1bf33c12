package hosts

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"deployer/journal"
)

// A copy in a sandbox writes nothing, shows how the files would change, and counts as the copy itself does.
func TestSandboxCopiesNothing(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		b.made(file(b.source("conf"), "a\nB\nc\n", 0o640), age(b.source("conf")), file(b.source("new"), "text\n", 0o600),
			file(b.source("sub/same"), "same", 0o644), file(b.source("sub/deep/er"), "deep", 0o644),
			file(b.source("bin"), "\x00\x01", 0o644), os.Symlink("conf", b.source("link")),
			file(b.path("d/conf"), "a\nb\nc\n", 0o644), file(b.path("d/sub/same"), "same", 0o644),
			age(b.path("d/sub/same")), file(b.path("d/kept"), "kept", 0o644), file(b.path("d/bin"), "\x00\x02\x03", 0o644))
		before := tree(b.T, b.to)
		would, err := b.copy(b.sandbox(), "", "d", CopyOptions{Verify: true, Resume: true})
		b.made(err)
		if after := tree(b.T, b.to); after != before {
			b.Errorf("there is\n%s\nand was\n%s", after, before)
		}
		again, err := b.copy(b.sandbox(), "", "d", CopyOptions{})
		if err != nil || again.changed() {
			b.Errorf("the second time, where all of it is as if it had been copied: %+v, %v", again, err)
		}
		b.diffs(would)
		did := b.copied("", "d", CopyOptions{})
		if would.Copied != did.Copied || would.Made != did.Made || would.Unchanged != did.Unchanged || would.Bytes != did.Bytes || would.Failed != 0 {
			b.Errorf("it did %+v, and would have done %+v", *did, *would)
		}
	})
}

// diffs checks what the events of the sandbox show.
func (b *wayBed) diffs(r *CopyResult) {
	b.Helper()
	kind := journal.FilePut
	if b.get {
		kind = journal.FileGet
	}
	shown := map[string]string{}
	for _, e := range b.events.Events(kind) {
		if e.State == journal.WouldChange && strings.HasPrefix(e.Path, b.to) {
			shown[strings.TrimPrefix(e.Path, b.path("d")+"/")] = e.Diff
		}
	}
	path := b.path("d/conf")
	for name, want := range map[string]string{
		"conf":        fmt.Sprintf("--- %[1]s\n+++ %[1]s\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", path),
		"new":         fmt.Sprintf("--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+text\n", b.path("d/new")),
		"bin":         "binary or large: 3 bytes become 2\n",
		"link":        "",
		"sub/deep":    "",
		"sub/deep/er": fmt.Sprintf("--- /dev/null\n+++ %s\n@@ -0,0 +1 @@\n+deep\n\\ No newline at end of file\n", b.path("d/sub/deep/er")),
	} {
		if got, ok := shown[name]; !ok || got != want {
			b.Errorf("the diff of %s is %q (shown: %v), want %q", name, got, ok, want)
		}
	}
	if len(shown) != 6 || r.Copied != 5 || r.Made != 1 {
		b.Errorf("%d changes are shown, of %d files and %d directories", len(shown), r.Copied, r.Made)
	}
}

// A secret is no part of a path on either side.
func TestSecretsInCopiedPaths(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		token := b.h.Session().Secrets().TokenOf("hunter2hunter2")
		b.made(file(b.source("x"), "text", 0o644))
		for _, names := range [][2]string{{token, "x"}, {"x", token}, {"sub/" + token + "/x", "x"}} {
			_, err := b.copy(b.ctx(), names[0], names[1], CopyOptions{})
			if err == nil || !strings.Contains(err.Error(), "a secret is part of the path") || strings.Contains(err.Error(), "hunter2") {
				b.Errorf("error %v", err)
			}
		}
		b.only()
	})
}

package hosts

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"deployer/journal"
)

func TestSandboxWritesNothing(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		b.put("conf", "a\nb\nc\n", 0o640)
		ctx := b.sandbox()
		b.changed(true)(b.write(ctx, "conf", "a\nB\nc\n", WriteOptions{}))
		b.changed(false)(b.write(ctx, "conf", "a\nB\nc\n", WriteOptions{}))
		if got, err := b.h.ReadFile(ctx, b.path("conf"), b.options); err != nil || string(got) != "a\nB\nc\n" {
			b.Errorf("later reads see %q, %v", got, err)
		}
		b.changed(true)(b.h.Mkdir(ctx, b.path("d"), MkdirOptions{FileOptions: b.options}))
		b.changed(true)(b.write(ctx, "d/new", "text", WriteOptions{Mode: 0o600}))
		b.changed(true)(b.h.Remove(ctx, b.path("conf"), RemoveOptions{FileOptions: b.options}))
		if yes, err := b.h.Exists(ctx, b.path("conf"), b.options); yes || err != nil {
			b.Errorf("exists: %v, %v", yes, err)
		}
		if _, err := b.write(ctx, "none/new", "text", WriteOptions{}); !errors.Is(err, fs.ErrNotExist) && err == nil {
			b.Error("a file could be written in a directory that is not there")
		}
		b.has("conf", "a\nb\nc\n", 0o640)
		b.only("conf")
		got := b.events.Events(journal.FileWrite)
		if len(got) == 0 {
			b.Fatal("no event")
		}
		want := fmt.Sprintf("--- %[1]s\n+++ %[1]s\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", b.path("conf"))
		if got[0].Diff != want || got[0].State != journal.WouldChange || !got[0].Sandbox {
			b.Errorf("got the event %+v, want the diff %q", got[0], want)
		}
	})
}

// What is missing in a sandbox may have been made by a command that it did not run.
func TestSandboxDoesNotKnow(t *testing.T) {
	t.Parallel()
	everyWay(t, func(b *fileBed) {
		ctx := b.sandbox()
		_, err := b.write(ctx, "made/x", "text", WriteOptions{})
		b.fails(err, Files, "there is no directory")
		if _, err := b.h.Run(ctx, "mkdir made", RunOptions{}); err != nil {
			b.Fatal(err)
		}
		b.changed(true)(b.write(ctx, "made/x", "text", WriteOptions{}))
		if got, err := b.h.ReadFile(ctx, b.path("made/x"), b.options); err != nil || string(got) != "text" {
			b.Errorf("%q, %v", got, err)
		}
		var unknown *UnknownError
		_, err = b.h.ReadFile(ctx, b.path("made/y"), b.options)
		if !errors.As(err, &unknown) || unknown.Command != "mkdir made" {
			b.Errorf("error %v", err)
		}
		if yes, err := b.h.Exists(ctx, b.path("made/y"), b.options); yes || err != nil {
			b.Errorf("exists: %v, %v", yes, err)
		}
		if _, err := b.h.Chmod(ctx, b.path("made/y"), 0o600, b.options); !errors.As(err, &unknown) {
			b.Errorf("error %v", err)
		}
		if got := b.events.Events(journal.FileChmod)[0]; got.State != journal.Unknown || got.Error.Kind != "unknown" {
			b.Errorf("the event is %+v", got)
		}
		_, err = b.h.PutFile(ctx, "/none/here", b.path("x"), CopyOptions{FileOptions: b.options})
		if errors.As(err, &unknown) {
			b.Errorf("error %v: no command of the host makes that", err)
		}
		b.only()
	})
}

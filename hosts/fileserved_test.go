package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Copying with sudo takes one command for all files, where the host has the server of SFTP.
func TestServedFiles(t *testing.T) {
	t.Parallel()
	s := sudoers(t)
	for name, server := range map[string]string{"served": findServer, "by commands": "exit 1"} {
		l := newLab(t, Options{})
		l.session.fileServer = server
		o := l.real(s)
		o.Username, o.SudoPassword = "tester", sudoPassword
		h := l.session.Handle(l.host(o))
		b := &fileBed{T: t, h: h, dir: t.TempDir(), options: FileOptions{Sudo: true}, events: l.events}
		here := t.TempDir()
		for i := range 10 {
			if err := os.WriteFile(filepath.Join(here, fmt.Sprint(i)), []byte("text"), 0o640); err != nil {
				t.Fatal(err)
			}
		}
		before := strings.Count(s.Log(), "Starting session: command")
		r, err := h.Put(b.ctx(), here, b.path("there"), CopyOptions{FileOptions: b.options})
		if err != nil || r.Copied != 10 || r.Made != 1 {
			t.Fatalf("%s: %+v, %v", name, r, err)
		}
		commands := strings.Count(s.Log(), "Starting session: command") - before
		if served := commands < 10; served != (name == "served") {
			t.Errorf("%s: %d commands were run for 10 files", name, commands)
		}
		for i := range 10 {
			b.has("there/"+fmt.Sprint(i), "text", 0o640)
		}
	}
}

// A copy ends when the server on the host does, and what it has not copied is as it was.
func TestServerOfFilesEnds(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	h, err := NewWrapped(WrappedOptions{Slug: "inside", Command: []string{"env"}})
	if err != nil {
		t.Fatal(err)
	}
	l.session.fileServer = "dd bs=1 count=30000 2>/dev/null | (" + findServer + ")"
	b := &fileBed{T: t, h: l.session.Handle(h), dir: t.TempDir(), events: l.events}
	b.put("file", "old", 0o644)
	here := filepath.Join(t.TempDir(), "new")
	if err := os.WriteFile(here, noise(1<<20, 7), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err = b.h.Put(b.ctx(), here, b.path("file"), CopyOptions{})
	b.fails(err, Lost, "put "+b.path("file"), "the sftp-server on the host has ended")
	b.has("file", "old", 0o644)
}

package hosts

import (
	"path/filepath"
	"syscall"
	"testing"
)

// That a disk cannot be written to, or a file would go to another one, is told of as that, also by SFTP.
func TestOtherDisks(t *testing.T) {
	t.Parallel()
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			disk, shut := smallDisk(t, 1<<20), smallDisk(t, 1<<20)
			put := func(at string) { (&fileBed{T: t, dir: at}).put("file", "text", 0o644) }
			put(disk)
			put(shut)
			if err := syscall.Mount("", shut, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
				t.Fatal(err)
			}
			l, h, o := way.open(t, Options{})
			otherDisks(&fileBed{T: t, h: l.session.Handle(h), dir: shut, options: o, events: l.events}, disk, way.name)
		})
	}
}

func otherDisks(b *fileBed, disk, way string) {
	const shut = "read-only file system"
	o := b.options
	_, err := b.h.Remove(b.ctx(), b.path("file"), RemoveOptions{FileOptions: o})
	b.fails(err, Files, shut)
	_, err = b.h.Chmod(b.ctx(), b.path("file"), 0o600, o)
	b.fails(err, Files, shut)
	_, err = b.h.Mkdir(b.ctx(), b.path("dir"), MkdirOptions{FileOptions: o})
	b.fails(err, Files, shut)
	_, err = b.write(b.ctx(), "file", "new", WriteOptions{})
	b.fails(err, Files, shut)
	b.has("file", "text", 0o644)
	if way == "local" || way == "sshd" { // mv copies, and pkg/sftp tells nothing of its disks
		err = b.h.Rename(b.ctx(), filepath.Join(disk, "file"), filepath.Join(b.TempDir(), "x"), o)
		b.fails(err, Files, syscall.EXDEV.Error())
	}
}

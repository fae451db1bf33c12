package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/files"
)

// A copy stops when the disk is full, or has no room for more files: what fitted is whole, nothing else is there, and the
// old files are as they were.
func TestFullDiskStopsCopies(t *testing.T) {
	t.Parallel()
	for name, disk := range map[string]struct {
		options           string
		room, files, size int
	}{
		"small files":   {"size=%dk", 2048, 600, 5_000}, // written whole
		"files":         {"size=%dk", 2048, 60, 50_000}, // in parts: all of them fail if all are begun at once
		"no more files": {"size=100M,nr_inodes=%d", 300, 600, 4},
	} {
		for _, way := range ways {
			t.Run(name+" "+way.name, func(t *testing.T) {
				t.Parallel()
				disk, some := disk, disk.size < 10_000
				if way.name == onlyCommands { // each of which takes its time, and the workers begin as many as that at once
					disk.room, disk.files, some = disk.room/4, disk.files/4, false
				}
				options := fmt.Sprintf(disk.options, disk.room)
				from, put, got := t.TempDir(), mounted(t, options), mounted(t, options)
				l, h, o := way.open(t, Options{}) // after that, sshd has a view of its own of what is mounted
				b := &fileBed{T: t, h: l.session.Handle(h), dir: put, options: o, events: l.events}
				for i := range disk.files {
					b.made(file(filepath.Join(from, fmt.Sprintf("f%03d", i)), string(noise(disk.size, uint64(i))), 0o644))
				}
				fullByCopy(&wayBed{b, false, from, put}, disk.files, some)
				b.dir = got
				fullByCopy(&wayBed{b, true, from, got}, disk.files, some)
			})
		}
	}
}

func fullByCopy(b *wayBed, many int, some bool) {
	for _, i := range []int{0, 1, many - 1} {
		b.made(file(b.path(fmt.Sprintf("d/f%03d", i)), "old", 0o600))
	}
	_, err := b.copy(b.ctx(), "", "d", CopyOptions{})
	b.fails(err, Files, "no space left on device", "make room")
	if here := strings.Contains(err.Error(), "on this machine"); here != b.get {
		b.Errorf("error %v, which is about the other side", err)
	}
	copied := b.wholeOrOld("d")
	if some && copied == 0 || copied == many {
		b.Errorf("%d of %d files were copied", copied, many)
	}
}

// wholeOrOld checks that all files of a directory are those of the source or the old ones, and returns how
// many are the former.
func (b *wayBed) wholeOrOld(dir string) (copied int) {
	b.Helper()
	list, err := os.ReadDir(b.path(dir))
	b.made(err)
	for _, entry := range list {
		got, err := os.ReadFile(b.path(filepath.Join(dir, entry.Name())))
		b.made(err)
		switch want, err := os.ReadFile(b.source(entry.Name())); {
		case strings.HasPrefix(entry.Name(), files.DraftPrefix) || err != nil:
			b.Errorf("%s is left, with %d bytes", entry.Name(), len(got))
		case string(got) == string(want):
			copied++
		case string(got) != "old":
			b.Errorf("%s has %d bytes, and is neither the old nor the new one", entry.Name(), len(got))
		}
	}
	return copied
}

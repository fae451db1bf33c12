package hosts

import (
	"testing"

	"deployer/internal/sshserver"
)

// What is altered on its way to the disk is noticed, if that was asked for, and the old file stays.
func TestVerify(t *testing.T) {
	t.Parallel()
	for name, size := range map[string]int{"small": 5000, "large": 3 << 20} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t, Options{})
			server := l.server(sshserver.Options{Files: sshserver.Files{Alters: true}})
			b := &wayBed{&fileBed{T: t, h: l.session.Handle(l.host(at("altering", server.Port()))), dir: t.TempDir()}, false,
				t.TempDir(), ""}
			b.to = b.dir
			b.made(file(b.source("file"), string(noise(size, 31)), 0o640), file(b.path("file"), "old", 0o640))
			_, err := b.copy(b.ctx(), "file", "file", CopyOptions{Verify: true})
			b.refused(err, false, b.path("file"), "what was written is not what was to be written")
			b.has("file", "old", 0o640)
			b.only("file")
			b.copied("file", "file", CopyOptions{Verify: true})
			b.same("file", "file")
			b.only("file")
		})
	}
}

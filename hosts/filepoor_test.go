package hosts

import (
	"fmt"
	"testing"

	"deployer/internal/sshserver"
)

// Servers that can do less than OpenSSH's, or give little at a time, copy all the same, and what was there before is
// replaced at once.
func TestPoorServersCopy(t *testing.T) {
	t.Parallel()
	for name, poor := range map[string]sshserver.Files{
		"short reads": {ShortReads: 1000}, "tiny reads": {ShortReads: 333}, "no extensions": {Plain: true}, "none": {None: true},
		"a banner": {Banner: "Welcome!\n"}, "no extensions and short reads": {Plain: true, ShortReads: 500},
	} {
		for _, get := range []bool{false, true} {
			t.Run(fmt.Sprint(name, map[bool]string{false: " put", true: " get"}[get]), func(t *testing.T) {
				t.Parallel()
				l := newLab(t, Options{})
				h := l.session.Handle(l.host(at("poor", l.server(sshserver.Options{Files: poor}).Port())))
				b := &wayBed{&fileBed{T: t, h: h, dir: t.TempDir(), events: l.events}, get, t.TempDir(), ""}
				b.to = b.dir
				for i, size := range []int{0, 1, 999, 1000, 1001, 32 << 10, 32<<10 + 1, 100_000} {
					b.made(file(b.source(fmt.Sprintf("d%d/f", i%3)), string(noise(size, uint64(i))), 0o600),
						file(b.source(fmt.Sprint("f", i)), string(noise(size, uint64(i))), 0o644))
				}
				b.made(file(b.path("d/f3"), "old", 0o644), file(b.path("d/d1/f"), "old", 0o600))
				b.copied("", "d", CopyOptions{})
				b.same("", "d")
				b.copied("f7", "file", CopyOptions{Verify: true})
				b.same("f7", "file")
				b.only("d", "file")
			})
		}
	}
}

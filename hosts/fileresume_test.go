package hosts

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"deployer/files"
	"deployer/internal/sshserver"
)

const (
	resumeSize  = 20 << 20
	resumeStall = 18 << 20 // where a copy is held up
)

// resumeBed is a file that is copied in more than one go.
type resumeBed struct {
	*wayBed
	lab   *lab
	host  SSHOptions
	proxy *sshserver.Proxy
	kept  string // what the first copy has left is kept here
	name  string // of the draft
	mode  fs.FileMode
}

// everyResume runs a test in both directions and for every way over SSH, after a first copy was stopped by Ctrl-C.
func everyResume(t *testing.T, mode fs.FileMode, test func(*resumeBed)) {
	for _, way := range sshWays {
		for _, get := range []bool{false, true} {
			t.Run(way+map[bool]string{false: " put", true: " get"}[get], func(t *testing.T) {
				t.Parallel()
				l, b, o, proxy := cutBed(t, way != "SFTP")
				r := &resumeBed{&wayBed{b, get, t.TempDir(), b.dir}, l, o, proxy, t.TempDir(), "", mode}
				r.made(file(r.source("large"), string(noise(resumeSize, 21)), mode), age(r.source("large")),
					file(r.path("large"), "old", mode))
				r.stop(way)
				test(r)
			})
		}
	}
}

// session opens a session as another run of the program does.
func (r *resumeBed) session(way string) {
	s, _ := newSession(r.T, Options{Home: r.lab.home})
	reachBy(s, way)
	r.h = s.Handle(r.lab.host(r.host))
}

// stop copies until the connection stalls, and is stopped then.
func (r *resumeBed) stop(way string) {
	r.Helper()
	r.session(way)
	r.proxy.Set(sshserver.Trouble{How: sshserver.Stall, ToServer: !r.get, After: resumeStall})
	ctx, cancel := context.WithCancel(r.ctx())
	defer cancel()
	var working sync.WaitGroup
	working.Go(func() {
		_, err := r.copy(ctx, "large", "large", CopyOptions{Resume: true})
		r.fails(err, Interrupted)
	})
	eventually(r.T, "enough has come", func() bool { return r.proxy.Came(!r.get) > resumeStall })
	eventually(r.T, "it is written", func() bool { return r.draftSize() > resumeStall*3/4 })
	cancel()
	if way != "SFTP" { // commands are asked to end, which a host that is silent does not hear
		r.h.Session().Abandon()
	}
	working.Wait()
	r.has("large", "old", r.mode)
	r.proxy.Set(sshserver.Trouble{})
	if err := r.h.Session().Close(); err != nil {
		r.Error(err)
	}
	r.session(way)
	r.name = filepath.Base(r.draft())
	r.made(os.Rename(r.path(r.name), filepath.Join(r.kept, "draft")))
}

// draft is the path of the only draft.
func (r *resumeBed) draft() string {
	found, err := filepath.Glob(r.path(files.DraftPrefix + "*"))
	if err != nil || len(found) != 1 {
		return ""
	}
	return found[0]
}

// inDraft is where the content of a draft is: a private one may be in a directory of its own.
func inDraft(draft string) string {
	if info, err := os.Stat(draft); err == nil && info.IsDir() {
		return filepath.Join(draft, "draft")
	}
	return draft
}

func (r *resumeBed) draftSize() int64 {
	info, err := os.Stat(inDraft(r.draft()))
	if err != nil {
		return 0
	}
	return info.Size()
}

// leave leaves a draft as the copy that was stopped did, altered.
func (r *resumeBed) leave(name string, alter func(draft []byte) []byte) {
	r.Helper()
	kept := filepath.Join(r.kept, "draft")
	data, err := os.ReadFile(inDraft(kept))
	if inDraft(kept) != kept {
		r.made(os.Mkdir(r.path(name), 0o700))
	}
	r.made(err, os.WriteFile(inDraft(r.path(name)), alter(data), 0o600), os.WriteFile(r.path("large"), []byte("old"), 0o600))
}

// again copies once more, and returns how many bytes were sent. The file is whole, and no draft is left.
func (r *resumeBed) again() int64 {
	r.Helper()
	before := r.proxy.Came(!r.get)
	r.copied("large", "large", CopyOptions{Resume: true})
	sent := r.proxy.Came(!r.get) - before
	r.same("large", "large")
	r.only("large")
	return sent
}

// A copy that was stopped is gone on with, if what it has left begins as the source does.
func TestCopyIsResumed(t *testing.T) {
	t.Parallel()
	everyResume(t, 0o644, func(r *resumeBed) {
		all := func(draft []byte) []byte { return draft }
		for what, alter := range map[string]func([]byte) []byte{
			"as it was": all,
			"a byte is another": func(draft []byte) []byte {
				draft[1<<20] ^= 1
				return draft
			},
			"it has a hole": func(draft []byte) []byte {
				clear(draft[4<<20 : 5<<20])
				return draft
			},
			"it is cut to a few bytes": func(draft []byte) []byte { return draft[:1000] },
			"it is longer": func(draft []byte) []byte {
				return append(draft, make([]byte, resumeSize)...)
			},
		} {
			r.leave(r.name, alter)
			sent := r.again()
			if goesOn := sent < resumeSize*3/4; goesOn != (what == "as it was") {
				r.Errorf("%s: %d of %d bytes were sent", what, sent, resumeSize)
			}
		}
		r.leave(r.name, all)
		r.made(file(r.source("large"), string(noise(resumeSize, 22)), 0o644), age(r.source("large")))
		r.again() // of the same size and time
		r.leave(r.name, all)
		r.made(file(r.source("large"), string(noise(resumeSize+1, 23)), 0o644), age(r.source("large")))
		r.again() // another version, of which the draft is not
	})
}

// What is left of a file that others may not read they may not read either, and it is gone on with all the same.
func TestPrivateCopyIsResumed(t *testing.T) {
	t.Parallel()
	everyResume(t, 0o600, func(r *resumeBed) {
		info, err := os.Stat(filepath.Join(r.kept, "draft"))
		r.made(err)
		if info.Mode()&0o077 != 0 {
			r.Errorf("what is left has the mode %v", info.Mode())
		}
		for _, altered := range []bool{false, true} {
			r.leave(r.name, func(draft []byte) []byte {
				if altered {
					draft[1<<20] ^= 1
				}
				return draft
			})
			if sent := r.again(); (sent < resumeSize*3/4) == altered {
				r.Errorf("altered %v: %d of %d bytes were sent", altered, sent, resumeSize)
			}
		}
	})
}

// Of two copies of one file that go on with the same draft at the same time, each puts a whole file in place.
func TestTwoResumeAtOnce(t *testing.T) {
	t.Parallel()
	everyResume(t, 0o644, func(r *resumeBed) {
		r.leave(r.name, func(draft []byte) []byte { return draft })
		errs := make(chan error)
		for range 3 {
			s, _ := newSession(r.T, Options{Home: r.lab.home})
			s.fileServer = r.h.Session().fileServer
			one := *r.wayBed.fileBed
			one.h = s.Handle(r.lab.host(r.host))
			b := &wayBed{&one, r.get, r.from, r.to}
			go func() {
				_, err := b.copy(r.ctx(), "large", "large", CopyOptions{Resume: true})
				errs <- err
			}()
		}
		for range 3 {
			if err := <-errs; err != nil {
				r.Error(err)
			}
		}
		r.same("large", "large")
		r.only("large")
	})
}

package hosts

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
	"deployer/internal/sshserver"
)

// sshWays are the ways to files over SSH: where the server offers SFTP, where a command starts the program for it, and
// where there is none.
var sshWays = []string{"SFTP", "served", "commands"}

// reachBy leaves a session no better way than the one of that name.
func reachBy(s *Session, way string) {
	if way == "commands" {
		s.fileServer = "exit 1"
	}
}

// cutBed is a host behind a proxy, which may cut what passes.
func cutBed(t *testing.T, noSFTP bool) (*lab, *fileBed, SSHOptions, *sshserver.Proxy) {
	t.Helper()
	l := newLab(t, Options{})
	sshd := sshdtest.Start(t, sshdtest.Options{NoSFTP: noSFTP})
	proxy, err := sshserver.StartProxy(sshd.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Error(err)
		}
	})
	o := l.real(sshd)
	_, o.HostKey, _ = strings.Cut(sshd.HostKeyLines[0], " ")
	o.Port = proxy.Port()
	return l, &fileBed{T: t, dir: t.TempDir(), events: l.events}, o, proxy
}

// A cut at any byte leaves the old file whole, or the new one, and no draft.
func TestCutWhileWriting(t *testing.T) {
	t.Parallel()
	for name, noSFTP := range map[string]bool{"SFTP": false, "no SFTP": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, b, o, proxy := cutBed(t, noSFTP)
			kept, replaced := 0, 0
			for _, after := range cutPositions(noSFTP) {
				proxy.Set(sshserver.Trouble{How: sshserver.Reset, ToServer: true, After: after, Times: 1})
				if cutWriting(l, b, o, after) {
					replaced++
				} else {
					kept++
				}
			}
			if kept == 0 || replaced == 0 {
				t.Errorf("%d times the old file was kept, %d times replaced: want both", kept, replaced)
			}
		})
	}
}

// cutWriting writes a file over a connection that is cut, and reports whether it was replaced.
func cutWriting(l *lab, b *fileBed, o SSHOptions, after int) bool {
	old, data := noise(200_000, 3), noise(300_000, 4)
	b.put("file", string(old), 0o640)
	s, _ := newSession(b.T, Options{Home: l.home})
	_, err := s.Handle(l.host(o)).WriteFile(b.ctx(), b.path("file"), data, WriteOptions{})
	got, failed := os.ReadFile(b.path("file"))
	if failed != nil {
		b.Fatal(failed)
	}
	if closed := s.Close(); closed != nil {
		b.Error(closed)
	}
	b.only("file")
	switch {
	case bytes.Equal(got, data):
		return true
	case !bytes.Equal(got, old):
		b.Fatalf("cut after %d bytes: a file of %d bytes that is neither the old nor the new one", after, len(got))
	case err == nil:
		b.Errorf("cut after %d bytes: the old file was kept, and no error told of it", after)
	}
	return false
}

// cutPositions are where to cut what is 300,000 bytes: often at the beginning and at the end, where what matters
// happens. Commands are longer than requests.
func cutPositions(noSFTP bool) []int {
	begin, end, steps := 6_000, 330_000, 10
	if noSFTP { // where every failure takes a second
		begin, end, steps = 30_000, 370_000, 5
	}
	var at []int
	for n := 3000; n < begin; n += begin / steps {
		at = append(at, n)
	}
	for n := begin; n < end-begin; n += end / steps {
		at = append(at, n)
	}
	for n := end - 2*begin; n < end; n += begin / steps {
		at = append(at, n)
	}
	return at
}

// A connection that is cut once is made anew; one that is always cut at the same place is given up.
func TestCutWhileReading(t *testing.T) {
	t.Parallel()
	l, b, o, proxy := cutBed(t, false)
	data := noise(300_000, 5)
	b.put("there", string(data), 0o640)
	here := filepath.Join(t.TempDir(), "here")
	failures, successes := 0, 0
	for i, after := range cutPositions(false) {
		if err := os.WriteFile(here, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		proxy.Set(sshserver.Trouble{How: sshserver.Reset, After: after, Times: i % 2})
		s, _ := newSession(t, Options{Home: l.home})
		_, err := s.Handle(l.host(o)).GetFile(b.ctx(), b.path("there"), here, CopyOptions{})
		got, failed := os.ReadFile(here)
		if failed != nil {
			t.Fatal(failed)
		}
		if err == nil {
			successes++
		} else {
			failures++
		}
		if err == nil && !bytes.Equal(got, data) || err != nil && string(got) != "old" && !bytes.Equal(got, data) {
			t.Fatalf("cut after %d bytes: error %v and %d bytes", after, err, len(got))
		}
		if entries, err := os.ReadDir(filepath.Dir(here)); err != nil || len(entries) != 1 {
			t.Errorf("cut after %d bytes: what is left is %v, %v", after, entries, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if failures == 0 || successes == 0 {
		t.Errorf("%d failures and %d successes: want both", failures, successes)
	}
}

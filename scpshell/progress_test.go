package scpshell

import (
	"testing"
	"time"

	"deployer/console"
	"deployer/hosts"
)

// TestProgress looks at the lines of a transfer that goes on.
func TestProgress(t *testing.T) {
	t.Parallel()
	cmd := &Command{Name: "put"}
	begun := time.Now()
	p := &progress{t: &transfer{work: &work{cmd: cmd}, begun: begun}, last: 1, items: []hosts.CopyProgress{
		{Files: 3, FilesDone: 2, Bytes: 3_000_000, BytesDone: 2_000_000, Name: "/a/b", Walked: true},
		{Files: 1, Bytes: 1_000_000, BytesDone: 500_000, Name: "/a/c d", Size: 1_000_000, SizeDone: 500_000, Walked: true},
	}}
	p.samples = []sample{{begun.Add(-2 * time.Second), 500_000}, {begun, 2_500_000}}
	for _, line := range []struct{ got, want string }{
		{p.fileLine(console.Progress{}), "'c d'  500 kB of 1 MB 50%"},
		{p.allLine(console.Progress{}), "put  2/4 files  2.5 MB of 4 MB 62%  1 MB/s  2s left"},
	} {
		if line.got != line.want {
			t.Errorf("%q, want %q", line.got, line.want)
		}
	}
	p.items[0].Walked = false
	if got, want := p.allLine(console.Progress{}), "put  2/4 files  2.5 MB  1 MB/s"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.items, p.last, p.samples = p.items[1:], 0, nil
	if got, want := p.allLine(console.Progress{}), "put  'c d'  500 kB of 1 MB 50%"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.items[0].Verifying = true
	if got, want := p.allLine(console.Progress{}), "put  'c d'  500 kB of 1 MB 50%  verifying"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := p.fileLine(console.Progress{}), "'c d'  500 kB of 1 MB 50%  verifying"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.items[0].Verifying = false
	p.items[0].BytesDone = 1_000_000
	if got, want := p.allLine(console.Progress{}), "put  'c d'  1 MB of 1 MB 100%  finishing"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestProgressOfWhatWasThere tells the speed of what is copied: what was there already has taken no time.
func TestProgressOfWhatWasThere(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	p := &progress{t: &transfer{work: &work{Shell: &Shell{}, cmd: &Command{Name: "put"}}, begun: begun}, items: make([]hosts.CopyProgress, 1)}
	p.samples = []sample{{begun.Add(-2 * time.Second), 0}}
	p.update(0, hosts.CopyProgress{Files: 1, Bytes: 9_000_000, BytesDone: 6_000_000, There: 4_000_000, Name: "/a", Walked: true})
	p.samples[1].at = begun
	if got, want := p.allLine(console.Progress{}), "put  a  6 MB of 9 MB 66%  1 MB/s  3s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

package runs

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"deployer/journal"
)

// disk is a file on a disk that a test can fill, or hold up.
type disk struct {
	io.WriteCloser
	mu   sync.Mutex
	free int           // bytes
	hold chan struct{} // not nil: writing waits until it is closed
}

func (d *disk) Write(b []byte) (int, error) {
	if d.hold != nil {
		<-d.hold
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(b) <= d.free {
		d.free -= len(b)
		return d.WriteCloser.Write(b)
	}
	n, err := d.WriteCloser.Write(b[:d.free])
	d.free = 0
	if err == nil {
		err = syscall.ENOSPC
	}
	return n, err
}

func (d *disk) setFree(n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.free = n
}

// on returns the writer of a journal on a disk.
func on(t *testing.T, s *Store, d *disk, limit int64) (*Writer, *journal.Journal) {
	t.Helper()
	path := filepath.Join(s.Dir, "r.jsonl")
	f, err := createLocked(path)
	if err != nil {
		t.Fatal(err)
	}
	d.WriteCloser = f
	w := newWriter(d, path, limit, func() {})
	return w, journal.New("r", nil, w)
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	for free := 0; free < 2500; free += 97 {
		s := &Store{Dir: t.TempDir()}
		w, j := on(t, s, &disk{free: free}, DefaultMaxFile)
		for _, e := range []journal.Event{start("web1"), fork("web1"), cell(2, "web1"), output(3, 2, "web1", strings.Repeat("x", 500)),
			endOf(cell(2, "web1"), journal.Done), hostEnd("web1", journal.Done), ended(journal.Done, 0)} {
			j.Write(e)
		}
		if err := w.Close(); !errors.Is(err, syscall.ENOSPC) && free < 1500 {
			t.Fatalf("with %d bytes free: got error %v", free, err)
		}
		r, err := s.Read("r")
		switch {
		case errors.Is(err, ErrNoStart):
		case err != nil:
			t.Fatal(err)
		case r.Status == Incomplete && (stands(r.Hosts) != "web1 unknown" && stands(r.Hosts) != "web1 done"):
			t.Errorf("with %d bytes free: %s", free, stands(r.Hosts))
		case r.Status != Incomplete && r.Status != Ended:
			t.Errorf("with %d bytes free: %s", free, r.Status)
		}
	}
}

// TestDiskThatHasSpaceAgain leaves out what was printed meanwhile, and says so, but not how the run ended.
func TestDiskThatHasSpaceAgain(t *testing.T) {
	t.Parallel()
	s, d := &Store{Dir: t.TempDir()}, &disk{free: 900}
	w, j := on(t, s, d, DefaultMaxFile)
	j.Write(start("web1"))
	j.Write(fork("web1"))
	j.Write(cell(2, "web1"))
	j.Write(output(3, 2, "web1", strings.Repeat("x", chunk))) // is written at once
	await(t, w, func() bool { return w.err != nil })
	j.Write(output(3, 2, "web1", "left out"))
	d.setFree(1 << 20)
	j.Write(endOf(cell(2, "web1"), journal.Done))
	j.Write(ended(journal.Done, 0))
	if err := w.Close(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got error %v", err)
	}
	if r := read(t, s, "r"); r.State() != journal.Done || stands(r.Hosts) != "web1 done" {
		t.Errorf("it is %s, %s", r.State(), stands(r.Hosts))
	}
	if got := warnings(t, s, "r"); len(got) != 1 || !strings.Contains(got[0], "left out from here on: no space left") {
		t.Errorf("the journal says %q", got)
	}
}

// await waits until something is so of a writer.
func await(t *testing.T, w *Writer, so func() bool) {
	t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		w.mu.Lock()
		is := so()
		w.mu.Unlock()
		if is {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Fatal("it did not come to that within a minute")
}

func warnings(t *testing.T, s *Store, name string) []string {
	t.Helper()
	var all []string
	for e, err := range s.Events(name) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == journal.Warning {
			all = append(all, e.Message)
		}
	}
	return all
}

// TestSlowDisk holds up the disk: the run waits for it for a bounded time, and only output is lost.
func TestSlowDisk(t *testing.T) {
	t.Parallel()
	s, d := &Store{Dir: t.TempDir()}, &disk{free: 1 << 30, hold: make(chan struct{})}
	w, j := on(t, s, d, DefaultMaxFile)
	w.stall = 20 * time.Millisecond
	j.Write(start("web1", "web2"))
	j.Write(fork("web1", "web2"))
	j.Write(cell(2, "web1")) // waits until the time is up
	for range 2 * maxPending / chunk {
		j.Write(output(3, 2, "web1", strings.Repeat("x", chunk)))
	}
	j.Write(endOf(cell(2, "web1"), journal.Done))
	if w.stall > 0 {
		t.Errorf("the run has %v left to wait", w.stall)
	}
	close(d.hold)
	await(t, w, func() bool { return len(w.pending) == 0 })
	j.Write(cell(4, "web2"))
	j.Write(output(5, 4, "web2", "again\n"))
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if r := read(t, s, "r"); r.Status != Killed || stands(r.Hosts) != "web1 done, web2 unknown" {
		t.Errorf("it is %s, %s", r.Status, stands(r.Hosts))
	}
	if got := warnings(t, s, "r"); len(got) != 1 || !strings.Contains(got[0], "the disk is slow") {
		t.Errorf("the journal says %q", got)
	}
}

// TestWorkIsWrittenAhead wants that a host is in the file before anything is done there, however many there are.
func TestWorkIsWrittenAhead(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	w, j := on(t, s, &disk{free: 1 << 30}, DefaultMaxFile)
	j.Write(start())
	j.Write(fork())
	for i := range 200 {
		slug := "web" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		j.Write(cell(uint64(i+2), slug))
		f, err := os.ReadFile(filepath.Join(s.Dir, "r.jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(string(f), "\n") || !strings.Contains(string(f), `"host":"`+slug+`"`) {
			t.Fatalf("%s begins, and the journal does not know of it", slug)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestJournalIsBounded(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir(), MaxFile: 1 << 20}
	w := begin(t, s, "r", start("web1", "web2"), whole())
	j := journal.New("r", nil, w)
	for range 100 {
		j.Write(output(2, 1, "web1", strings.Repeat("x", 100_000)))
	}
	for i := range 10_000 {
		j.Write(command(uint64(i+3), 1, "web1"))
	}
	j.Write(command(20_000, 1, "web2"))
	j.Write(endOf(whole(), journal.Done))
	for _, e := range []journal.Event{hostEnd("web1", journal.Done), hostEnd("web2", journal.Done), ended(journal.Done, 0)} {
		j.Write(e)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	info, err := os.Stat(filepath.Join(s.Dir, "r.jsonl"))
	if err != nil || info.Size() > 1<<20+2000 {
		t.Errorf("it has %d bytes, error %v", info.Size(), err)
	}
	r := read(t, s, "r")
	if r.State() != journal.Done || stands(r.Hosts) != "web1 done, web2 done" || r.Host("web2").Begun.IsZero() {
		t.Errorf("it is %s, %s", r.State(), stands(r.Hosts))
	}
	if got := warnings(t, s, "r"); len(got) != 1 || !strings.Contains(got[0], "left out") {
		t.Errorf("the journal says %q", got)
	}
}

// TestOutputComesSoon wants that what is printed is in the file soon, though nothing else happens.
func TestOutputComesSoon(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	w := begin(t, s, "r", start("web1"), whole(), command(2, 1, "web1"), output(2, 1, "web1", "text\n"))
	await(t, w, func() bool { return w.written == w.size })
	if n := count(t, s, "r"); n != 4 {
		t.Errorf("the file has %d events", n)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
	if err := w.Write(start()); err != nil {
		t.Error(err)
	}
}

func TestFolderThatCannotBe(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := &Store{Dir: filepath.Join(file, "runs")}
	if _, err := s.Create("r"); !errors.Is(err, syscall.ENOTDIR) {
		t.Errorf("got error %v", err)
	}
}

// BenchmarkWriter writes the events of a run on many hosts.
func BenchmarkWriter(b *testing.B) {
	s := &Store{Dir: b.TempDir()}
	w, err := s.Create("r")
	if err != nil {
		b.Fatal(err)
	}
	j := journal.New("r", nil, w)
	id := uint64(1)
	for b.Loop() {
		id += 2
		slug := "web" + time.Duration(id).String()
		for _, e := range []journal.Event{cell(id, slug), command(id+1, id, slug), output(id+1, id, slug, "hello world\n"),
			endOf(command(id+1, id, slug), journal.Done), endOf(cell(id, slug), journal.Done)} {
			j.Write(e)
		}
	}
	if err := w.Close(); err != nil {
		b.Fatal(err)
	}
}

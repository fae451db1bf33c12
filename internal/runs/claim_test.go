package runs

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"deployer/journal"
)

// chain records a run and one that continues it, and returns both.
func chain(t *testing.T, s *Store) Chain {
	t.Helper()
	record(t, s, "a", start("web1"), ended(journal.Failed, 1))
	next := start("web1")
	next.Continues = "a"
	record(t, s, "b", next, ended(journal.Failed, 1))
	c, err := s.Chain("b")
	if err != nil || len(c) != 2 {
		t.Fatalf("the chain is %v, error %v", c, err)
	}
	return c
}

// TestClaim wants that a chain has one claim, whichever of its runs is named, and that a released one leaves nothing.
func TestClaim(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	both := chain(t, s)
	claim, err := s.Claim(both, "process 7")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []Chain{both, both[:1]} {
		_, err := s.Claim(c, "process 8")
		var claimed *ClaimedError
		if !errors.As(err, &claimed) || claimed.Run != c.Last().Name || claimed.By != "process 7" {
			t.Errorf("claimed twice: %v", err)
		}
	}
	if r := read(t, s, "a"); r.Status != Ended {
		t.Errorf("a run whose chain is claimed is %s", r.Status)
	}
	claim.Release()
	if left, err := filepath.Glob(filepath.Join(s.Dir, "*"+claimSuffix)); err != nil || len(left) > 0 {
		t.Errorf("left are %q, error %v", left, err)
	}
	if claim, err = s.Claim(both, "process 8"); err != nil {
		t.Fatal(err)
	}
	claim.Release()
}

// TestClaimOfTheDead takes over what a process left that was killed, and says from then on who took it.
func TestClaimOfTheDead(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	c := chain(t, s)
	if err := os.WriteFile(filepath.Join(s.Dir, "a"+claimSuffix), []byte("process 123456789\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	claim, err := s.Claim(c, "process 7")
	if err != nil {
		t.Fatal(err)
	}
	defer claim.Release()
	if _, err := s.Claim(c, "process 8"); err == nil || err.Error() != "b: process 7 is at it already: wait until that has ended" {
		t.Errorf("got error %v", err)
	}
}

// TestClaimsRace claims from all sides: never do two have it.
func TestClaimsRace(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	c := chain(t, s)
	var has, had atomic.Int32
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for range 200 {
				claim, err := s.Claim(c, "process "+strconv.Itoa(i))
				if err != nil {
					var claimed *ClaimedError
					if !errors.As(err, &claimed) {
						t.Error(err)
					}
					continue
				}
				if n := has.Add(1); n > 1 {
					t.Errorf("%d have the claim", n)
				}
				had.Add(1)
				has.Add(-1)
				claim.Release()
			}
		})
	}
	if all.Wait(); had.Load() == 0 {
		t.Error("nobody ever had it")
	}
}

// TestClaimGoesWithItsJournal removes the claim of a dead process with the journal that it was about.
func TestClaimGoesWithItsJournal(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir(), MaxRuns: 2}
	chain(t, s)
	stale := filepath.Join(s.Dir, "a"+claimSuffix)
	if err := os.WriteFile(stale, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	record(t, s, "c", start("web1"), ended(journal.Done, 0))
	if _, err := os.Stat(stale); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there, error %v", err)
	}
}

// TestEndedWhileProcessesBegin ends a run while another process has its files too, as one has that is forked then.
func TestEndedWhileProcessesBegin(t *testing.T) {
	t.Parallel()
	s := &Store{Dir: t.TempDir()}
	c := chain(t, s)
	w := begin(t, s, "c", start("web1"), ended(journal.Done, 0))
	claim, err := s.Claim(c, "process 7")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []*lockedFile{w.file.(*lockedFile), claim.file} {
		other, err := syscall.Dup(int(f.Fd()))
		if err != nil {
			t.Fatal(err)
		}
		defer syscall.Close(other)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	claim.Release()
	if r := read(t, s, "c"); r.Status != Ended {
		t.Errorf("it is %s", r.Status)
	}
	if claim, err = s.Claim(c, "process 8"); err != nil {
		t.Fatal(err)
	}
	claim.Release()
}

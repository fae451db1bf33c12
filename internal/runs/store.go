// Package runs keeps the journal of every run in a folder, and tells from these journals what was done where.
//
// A journal is written as the run goes on, by a [Writer], and locked until the run ends: so a run that goes on, one that
// has ended and one whose process was killed are told apart. What is read from it is a [Run]: how every host stands. A
// journal that was cut off anywhere is as good as its last whole line.
package runs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Store is a folder of journals. The zero values of its limits stand for the defaults.
type Store struct {
	Dir      string
	MaxRuns  int   // how many journals are kept
	MaxBytes int64 // of all of them together
	MaxFile  int64 // of one, beyond which output is left out
}

// The default limits.
const (
	DefaultMaxRuns  = 1000
	DefaultMaxBytes = 1 << 30
	DefaultMaxFile  = 64 << 20
)

// The names of journals. One that is incomplete, since it could not be written to its end, says so in its name: renaming
// is what a full disk still can.
const (
	suffix           = ".jsonl"
	incompleteSuffix = ".incomplete.jsonl"
)

// kept is a journal in the folder.
type kept struct {
	name, path string
	incomplete bool
}

// all are the journals, newest first.
func (s *Store) all() ([]kept, error) {
	entries, err := os.ReadDir(s.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []kept
	for _, entry := range slices.Backward(entries) {
		name, isJournal := strings.CutSuffix(entry.Name(), suffix)
		if !isJournal || !entry.Type().IsRegular() {
			continue
		}
		one := kept{name: name, path: filepath.Join(s.Dir, entry.Name())}
		one.name, one.incomplete = strings.CutSuffix(name, strings.TrimSuffix(incompleteSuffix, suffix))
		all = append(all, one)
	}
	return all, nil
}

// Create begins the journal of a run. Older ones than are to be kept are removed meanwhile, but none of a run that goes on.
func (s *Store) Create(name string) (*Writer, error) {
	if err := os.MkdirAll(s.Dir, 0o700); err != nil {
		return nil, err
	}
	path := filepath.Join(s.Dir, name+suffix)
	f, err := createLocked(path)
	if err != nil {
		return nil, err
	}
	limit := s.MaxFile
	if limit <= 0 {
		limit = DefaultMaxFile
	}
	return newWriter(f, path, limit, s.prune), nil
}

// createLocked makes a file that did not exist, and locks it. Whoever tidies up may have been faster.
func createLocked(path string) (*lockedFile, error) {
	for {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		if err != nil {
			return nil, err
		}
		if err := lock(f, syscall.LOCK_EX); err != nil {
			return nil, errors.Join(err, f.Close(), os.Remove(path))
		}
		if _, err := os.Lstat(path); err == nil {
			return &lockedFile{f}, nil
		}
		_ = f.Close() // nothing was written to it
	}
}

// lockedFile is a file that is locked until it is closed. Closing alone would not do: a process that begins at that
// moment has the file too, and with it the lock, until its program runs.
type lockedFile struct{ *os.File }

// Close unlocks and closes the file.
func (f *lockedFile) Close() error { return errors.Join(lock(f.File, syscall.LOCK_UN), f.File.Close()) }

// lock locks a file, or unlocks it.
func lock(f *os.File, how int) error {
	for {
		err := syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			return os.NewSyscallError("flock", err)
		}
	}
}

// busy reports whether the run whose journal this is goes on.
func busy(f *os.File) bool {
	err := lock(f, syscall.LOCK_SH|syscall.LOCK_NB)
	if err == nil {
		_ = syscall.Flock(int(f.Fd()), syscall.LOCK_UN) // closing the file would do it too
	}
	return errors.Is(err, syscall.EWOULDBLOCK)
}

// prune removes the oldest journals beyond the limits. What cannot be removed is left to the next run.
func (s *Store) prune() {
	all, err := s.all()
	if err != nil {
		return
	}
	maxRuns, maxBytes := s.MaxRuns, s.MaxBytes
	if maxRuns <= 0 {
		maxRuns = DefaultMaxRuns
	}
	if maxBytes <= 0 {
		maxBytes = DefaultMaxBytes
	}
	var bytes int64
	for i, one := range all {
		info, err := os.Lstat(one.path)
		if err != nil {
			continue
		}
		if bytes += info.Size(); i >= maxRuns || bytes > maxBytes {
			one.removeIdle()
		}
	}
}

// removeIdle removes the journal of a run that has ended, and the claim that a process left which died.
func (k kept) removeIdle() {
	f, err := os.Open(k.path)
	if err != nil {
		return
	}
	defer f.Close()
	if err := lock(f, syscall.LOCK_EX|syscall.LOCK_NB); err == nil {
		_ = os.Remove(k.path)
		_ = os.Remove(filepath.Join(filepath.Dir(k.path), k.name+claimSuffix)) // there hardly ever is one
	}
}

// NameError is of a run that there is not.
type NameError struct {
	Name    string
	Similar []string // the runs that could be meant, where there are several
}

func (e *NameError) Error() string {
	if len(e.Similar) > 0 {
		return fmt.Sprintf("%s could be any of %s", e.Name, strings.Join(e.Similar, ", "))
	}
	return fmt.Sprintf("there is no journal of a run %q: runs lists those there are", e.Name)
}

// find returns the journal of a run: by its name, or by what only its name begins with.
func (s *Store) find(name string) (kept, error) {
	all, err := s.all()
	if err != nil {
		return kept{}, err
	}
	var similar []kept
	for _, one := range all {
		switch {
		case one.name == name:
			return one, nil
		case name != "" && strings.HasPrefix(one.name, name):
			similar = append(similar, one)
		}
	}
	if len(similar) == 1 {
		return similar[0], nil
	}
	wrong := &NameError{Name: name}
	for _, one := range similar[:min(len(similar), maxSimilar)] {
		wrong.Similar = append(wrong.Similar, one.name)
	}
	return kept{}, wrong
}

// maxSimilar is how many runs an error names.
const maxSimilar = 5

// stallBudget is how long a run waits for the disk in all, see [Writer].
const stallBudget = 2 * time.Second

package report

import (
	"errors"
	"fmt"
	"os"
)

// blockSize is how much of a text stays in memory before it goes to the file.
const blockSize = 16 << 10

// Spool is a temporary file for the texts of a run, in blocks. It is made when the first block comes, for this account
// alone, and has no name from then on, so that nothing is left behind however the process ends. The zero value is ready.
type Spool struct {
	file   *os.File
	blocks int64   // in the file
	free   []int64 // of them
	failed error   // nothing more is kept
}

// put keeps a block and returns its number. After an error it keeps nothing more.
func (s *Spool) put(block []byte) (int64, error) {
	if s.file == nil && s.failed == nil {
		s.file, s.failed = unnamed()
	}
	if s.failed != nil {
		return 0, s.failed
	}
	at := s.blocks
	if last := len(s.free) - 1; last >= 0 {
		at, s.free = s.free[last], s.free[:last]
	} else {
		s.blocks++
	}
	_, s.failed = s.file.WriteAt(block, at*blockSize)
	return at, s.failed
}

// unnamed makes a file without a name.
func unnamed() (*os.File, error) {
	f, err := os.CreateTemp("", "deployer-output-")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// get reads a block.
func (s *Spool) get(at int64, block []byte) error {
	if _, err := s.file.ReadAt(block, at*blockSize); err != nil {
		return fmt.Errorf("read what was printed: %w", err)
	}
	return nil
}

// release gives blocks back.
func (s *Spool) release(blocks []int64) { s.free = append(s.free, blocks...) }

// Close gives the file back. The texts in it cannot be read any more.
func (s *Spool) Close() error {
	if s.file == nil {
		return nil
	}
	f := s.file
	s.file, s.failed = nil, os.ErrClosed
	return f.Close()
}

package files

import (
	"io"
	"os"
	"sync"
)

// Spool keeps what is imagined: in a file of this machine that has no name any more, so that nothing of it is left
// whatever happens.
type Spool struct {
	mu   sync.Mutex // guards what follows
	file *os.File   // nil until something is kept
	size int64
}

// spooled is a part of the spool, in pieces.
type spooled struct {
	spool  *Spool
	pieces []extent
	size   int64
}

type extent struct{ at, size int64 }

// add keeps more of a text.
func (s *Spool) add(to *spooled, b []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		file, err := os.CreateTemp("", "deployer")
		if err != nil {
			return err
		}
		s.file = file
		if err := os.Remove(file.Name()); err != nil {
			return err
		}
	}
	if _, err := s.file.WriteAt(b, s.size); err != nil {
		return err
	}
	to.spool = s
	if n := len(to.pieces); n > 0 && to.pieces[n-1].at+to.pieces[n-1].size == s.size {
		to.pieces[n-1].size += int64(len(b))
	} else {
		to.pieces = append(to.pieces, extent{s.size, int64(len(b))})
	}
	s.size += int64(len(b))
	to.size += int64(len(b))
	return nil
}

func (t spooled) reader() io.Reader {
	var parts []io.Reader
	for _, p := range t.pieces {
		parts = append(parts, io.NewSectionReader(t.spool.file, p.at, p.size))
	}
	return io.MultiReader(parts...)
}

// Close lets go of it.
func (s *Spool) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

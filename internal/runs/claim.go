package runs

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Claim is the right to go on with a chain of runs, which one process has at a time: two that read the same chain would
// run the same action on the same hosts.
//
// It is the lock on a file of its own, not on a journal, whose lock says that its run goes on. A process that dies gives
// its claims up; the file it leaves is claimed as one that is new.
type Claim struct{ file *lockedFile }

// claimSuffix ends the name of a claim, which is that of the first run of its chain.
const claimSuffix = ".claim"

// ClaimedError is of a run whose chain somebody goes on with already.
type ClaimedError struct {
	Run string
	By  string // who that is, as they said
}

func (e *ClaimedError) Error() string {
	return fmt.Sprintf("%s: %s is at it already: wait until that has ended", e.Run, e.By)
}

// Claim claims a chain for somebody whose name is told to whom it is refused: with a [*ClaimedError]. What others added
// to the chain before that is read after it.
func (s *Store) Claim(chain Chain, by string) (*Claim, error) {
	path := filepath.Join(s.Dir, chain[0].Name+claimSuffix)
	for {
		f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
		if err != nil {
			return nil, err
		}
		c := &Claim{&lockedFile{f}}
		switch err := lock(f, syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			return nil, errors.Join(c.refused(chain.Last().Name), f.Close())
		case err != nil:
			return nil, errors.Join(err, f.Close())
		case c.holds(path):
			c.sign(by)
			return c, nil
		}
		_ = f.Close() // it was released, and removed, meanwhile
	}
}

// refused says who has the claim.
func (c *Claim) refused(run string) error {
	by, err := io.ReadAll(c.file)
	if err != nil {
		return err
	}
	return &ClaimedError{run, cmp.Or(strings.TrimSpace(string(by)), "another process")}
}

// holds reports whether the file that is locked is still the one of that name.
func (c *Claim) holds(path string) bool {
	locked, err := c.file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Lstat(path)
	return err == nil && os.SameFile(locked, there)
}

// sign writes who has the claim, in place of one who had it and died. Without that the claim is as good.
func (c *Claim) sign(by string) {
	if c.file.Truncate(0) == nil {
		_, _ = io.WriteString(c.file, by+"\n")
	}
}

// Release gives the claim up. The file is of no use to anybody, and does no harm where it cannot be removed.
func (c *Claim) Release() {
	_ = os.Remove(c.file.Name())
	_ = c.file.Close() // nothing is read from it
}

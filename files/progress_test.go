package files

import (
	"context"
	"sync"
	"testing"
	"time"
)

// slowSum is a System of which the checksums are computed once it is told that they are.
type slowSum struct {
	Local
	told chan struct{}
}

func (s slowSum) Sum(ctx context.Context, path string, size int64) ([]byte, error) {
	select {
	case <-s.told:
		return s.Local.Sum(ctx, path, size)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// While a file is compared, the progress says so.
func TestVerifyingIsTold(t *testing.T) {
	b := newBed(t)
	b.write("file", "text")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	s := slowSum{told: make(chan struct{})}
	tell := sync.OnceFunc(func() { close(s.told) })
	var last Progress
	_, err := Copy(ctx, fixed(s, b.from), fixed(Local{}, b.to), b.options(CopyOptions{Verify: true, Progress: func(p Progress) {
		if last = p; p.Verifying {
			tell()
		}
	}}))
	b.check(err)
	if last.Verifying || last.FilesDone != 1 {
		t.Errorf("at the end: %+v", last)
	}
}

// What was there is told apart from what was copied: files that are as they should be, and the beginning of one that is
// gone on with.
func TestWhatWasThereIsTold(t *testing.T) {
	b := newBed(t)
	b.write("same", "as it should be")
	b.copied(CopyOptions{})
	b.write("new", "text")
	var last Progress
	_, err := b.copy(CopyOptions{Progress: func(p Progress) { last = p }})
	b.check(err)
	if last.BytesDone != 19 || last.There != 15 {
		t.Errorf("at the end: %+v", last)
	}
	c := &copier{}
	j := &job{info: &Info{}}
	c.rewind(j, 10)
	c.move(j, 5)
	c.rewind(j, 12) // the connection was lost meanwhile
	c.move(j, 8)
	if got := c.progress(); got.BytesDone != 20 || got.There != 10 {
		t.Errorf("%+v", got)
	}
}

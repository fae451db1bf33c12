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

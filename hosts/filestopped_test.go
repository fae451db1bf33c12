package hosts

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"deployer/files"
)

// A copy that Ctrl-C stops leaves whole files or the old ones, and no draft, however many have been begun.
func TestCopyIsStopped(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		const many = 30
		for i := range many {
			b.made(file(b.source(strconv.Itoa(i)), string(noise(i%3*20_000, uint64(i))), 0o644))
		}
		for _, begun := range []int{2, 5, 15, many - 1} {
			b.made(os.RemoveAll(b.path("d")), file(b.path("d/7"), "old", 0o644))
			ctx, cancel := context.WithCancel(b.ctx())
			stopper := make(chan struct{})
			go func() {
				defer close(stopper)
				b.stopAt(ctx, begun, cancel)
			}()
			_, err := b.copy(ctx, "", "d", CopyOptions{})
			if err != nil && !errors.Is(err, context.Canceled) {
				b.Errorf("stopped at %d of %d: %v", begun, many, err)
			}
			cancel()
			<-stopper
			b.wholeOrOld("d")
		}
	})
}

// stopAt calls stop once so many files are there, drafts among them.
func (b *wayBed) stopAt(ctx context.Context, files int, stop func()) {
	for ; ctx.Err() == nil; time.Sleep(time.Millisecond) {
		list, err := os.ReadDir(b.path("d"))
		if err != nil {
			b.Error(err)
		}
		if err != nil || len(list) >= files {
			stop()
		}
	}
}

// noDrafts checks that no draft is left. A host that was not heard any more may remove the last of them a moment later.
func (b *wayBed) noDrafts() {
	b.Helper()
	eventually(b.T, "no draft is left", func() bool {
		found := false
		b.made(filepath.WalkDir(b.to, func(at string, _ fs.DirEntry, err error) error {
			found = found || strings.HasPrefix(filepath.Base(at), files.DraftPrefix)
			if errors.Is(err, fs.ErrNotExist) { // it is being removed
				return nil
			}
			return err
		}))
		return !found
	})
}

package hosts

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"deployer/files"
)

// What changes while it is copied is whole as it was at some moment, or refused; what is copied again is as it is then.
func TestSourceChangesWhileItIsCopied(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		grown := strings.Repeat("line that was there\n", 200_000)
		b.made(file(b.source("grows"), grown, 0o644), file(b.source("log"), "first\n", 0o644))
		end := repeated(b, func() error {
			return errors.Join(appendLine(b.source("grows")), appendLine(b.source("log")))
		})
		for range 3 {
			b.copied("", "d", CopyOptions{})
		}
		end()
		for _, name := range []string{"grows", "log"} {
			got, err := os.ReadFile(b.path("d/" + name))
			all, failed := os.ReadFile(b.source(name))
			b.made(err, failed)
			if !strings.HasPrefix(string(all), string(got)) {
				b.Errorf("%s holds %d bytes that are no beginning of the source", name, len(got))
			}
		}
		b.copied("", "d", CopyOptions{})
		b.same("", "d")
	})
}

func appendLine(name string) error {
	f, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString("line that came later\n")
	return errors.Join(err, f.Close())
}

// repeated does something again and again, until the function it returns is called.
func repeated(b *wayBed, do func() error) (end func()) {
	over := make(chan struct{})
	var working sync.WaitGroup
	working.Go(func() {
		for {
			select {
			case <-over:
				return
			case <-time.After(time.Millisecond):
				if err := do(); err != nil {
					b.Error(err)
					return
				}
			}
		}
	})
	return func() {
		close(over)
		working.Wait()
	}
}

// A file that becomes shorter while it is copied is refused, and the others are copied.
func TestSourceShrinksWhileItIsCopied(t *testing.T) {
	t.Parallel()
	everyCopy(t, func(b *wayBed) {
		const huge = 8 << 30 // of nothing, which takes its time
		b.made(file(b.source("d/shrinks"), "", 0o644), file(b.source("d/small"), "small", 0o644),
			file(b.path("d/shrinks"), "old", 0o600), os.Truncate(b.source("d/shrinks"), huge))
		errs := make(chan error, 1)
		go func() {
			_, err := b.copy(b.ctx(), "d", "d", CopyOptions{})
			errs <- err
		}()
		eventually(b.T, "it is begun", func() bool {
			found, err := filepath.Glob(b.path("d/" + files.DraftPrefix + "*"))
			return err == nil && len(found) > 0
		})
		b.made(os.Truncate(b.source("d/shrinks"), 100_000))
		b.refused(<-errs, true, b.source("d/shrinks"), "became shorter meanwhile")
		b.has("d/shrinks", "old", 0o600)
		b.has("d/small", "small", 0o644)
		if entries, err := os.ReadDir(b.path("d")); err != nil || len(entries) != 2 {
			b.Errorf("there is %v, %v", entries, err)
		}
	})
}

package hosts

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// wayBed copies one way between two directories, one on the host and one here, both of which the test sees.
type wayBed struct {
	*fileBed
	get      bool
	from, to string // the directories; to is that of the fileBed
}

// everyCopy runs a test for every way to the files of a host, in both directions.
func everyCopy(t *testing.T, test func(*wayBed)) {
	everyWay(t, func(b *fileBed) {
		for _, get := range []bool{false, true} {
			b.Run(map[bool]string{false: "put", true: "get"}[get], func(t *testing.T) {
				one := *b
				one.T, one.dir = t, t.TempDir()
				test(&wayBed{&one, get, t.TempDir(), one.dir})
			})
		}
	})
}

// copy copies what has a name in the one directory to a name in the other.
func (b *wayBed) copy(ctx context.Context, from, to string, o CopyOptions) (*CopyResult, error) {
	o.FileOptions = b.options
	if b.get {
		return b.h.Get(ctx, b.source(from), b.path(to), o)
	}
	return b.h.Put(ctx, b.source(from), b.path(to), o)
}

// copied copies what must succeed.
func (b *wayBed) copied(from, to string, o CopyOptions) *CopyResult {
	b.Helper()
	r, err := b.copy(b.ctx(), from, to, o)
	if err != nil {
		b.Errorf("%q: %v", from, err)
	}
	return r
}

func (b *wayBed) source(name string) string { return filepath.Join(b.from, name) }

// refused checks an error that is about a path, of the source or of the target: it is one line, and says what was tried,
// where it failed, and why.
func (b *wayBed) refused(err error, source bool, path string, parts ...string) {
	b.Helper()
	if source != b.get {
		path += " on this machine"
	}
	if err == nil {
		b.Errorf("no error about %s", path)
		return
	}
	b.fails(err, Files, append(parts, path+": ")...)
	if strings.ContainsAny(err.Error(), "\n\x1b\x00") {
		b.Errorf("the error %q is no plain line", err)
	}
}

// same checks that the target holds what the source does.
func (b *wayBed) same(from, to string) {
	b.Helper()
	if got, want := tree(b.T, b.path(to)), tree(b.T, b.source(from)); got != want {
		b.Errorf("copied:\n%s\nwant:\n%s", got, want)
	}
}

// made fails the test if what it needs could not be made.
func (b *fileBed) made(errs ...error) {
	b.Helper()
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
}

// file makes a file, and the directories that it is in.
func file(name, text string, mode fs.FileMode) error {
	return errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o600), os.Chmod(name, mode))
}

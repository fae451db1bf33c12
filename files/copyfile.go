package files

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"syscall"
	"time"
)

// file copies a file, unless it is there.
func (p pair) file(ctx context.Context, j *job) (Entry, error) {
	if j.in != nil {
		if err := p.make(ctx, j.in); err != nil {
			return Entry{}, err
		}
	}
	t, err := p.target(ctx, j)
	if err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	same, err := p.same(ctx, j, t)
	if err != nil {
		return Entry{}, err
	}
	if same {
		return p.adjust(ctx, j, t)
	}
	if err := p.bytes.Acquire(ctx, share(j.info.Size)); err != nil {
		return Entry{}, err
	}
	defer p.bytes.Release(share(j.info.Size))
	for range takers {
		if e, err := p.replace(ctx, j, t); !errors.Is(err, errTaken) {
			return e, err
		}
	}
	return Entry{}, &CopyError{false, j.to, errTaken}
}

// share is how much a file takes of what may be under way at once.
func share(size int64) int64 { return min(size, bytesFile) + 1 }

// target is the file that a job is to replace.
func (p pair) target(ctx context.Context, j *job) (*Target, error) {
	want := Attributes{Mode: j.info.Mode, SetMode: true, UID: p.o.UID, GID: p.o.GID, ModTime: j.info.ModTime}
	if p.o.Mode != 0 {
		want.Mode = p.o.Mode
	}
	if j.top {
		path, old, err := Follow(ctx, p.to, j.to)
		if err != nil {
			return nil, err
		}
		want.SetMode = old == nil || p.o.Mode != 0
		return newTarget(p.to, path, old, want)
	}
	old, err := p.there(ctx, j)
	if err != nil {
		return nil, err
	}
	if old != nil && old.IsLink() {
		old = nil // which the draft replaces
	}
	t, err := newTarget(p.to, j.to, old, want)
	t.Want.Relaxed, t.fresh = old == nil, &j.in.fresh
	return t, err
}

// same reports whether the target holds what the source does.
func (p pair) same(ctx context.Context, j *job, t *Target) (bool, error) {
	if t.Old == nil || t.Old.Size != j.info.Size {
		return false, nil
	}
	if !p.o.Checksum && sameTime(t.Old.ModTime, j.info.ModTime) && !recent(j.info.ModTime) {
		return true, nil
	}
	same, err := p.sameContent(ctx, j, t)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // one that may be replaced, not read
	}
	return same, err
}

// recent reports whether a file was changed so shortly ago that another change may have the same time.
func recent(changed time.Time) bool { return time.Since(changed).Abs() < 2*time.Second }

// smallFile is the size of files that are compared by reading both, in bytes.
const smallFile = 256 << 10

// sameContent compares what is in two files: both are read where they are, if they are large and begin alike.
func (p pair) sameContent(ctx context.Context, j *job, t *Target) (bool, error) {
	if j.info.Size > smallFile {
		defer p.verifies(j)()
		same, err := p.sameSum(ctx, j.from, t.Path, smallFile)
		if err != nil || !same {
			return same, err
		}
	}
	return p.sameSum(ctx, j.from, t.Path, j.info.Size)
}

// sameSum compares the first bytes of two files.
func (p pair) sameSum(ctx context.Context, from, to string, size int64) (bool, error) {
	there, err := p.to.Sum(ctx, to, size)
	if err != nil {
		return false, &CopyError{false, to, err}
	}
	here, err := p.from.Sum(ctx, from, size)
	if err != nil {
		return false, &CopyError{true, from, err}
	}
	return bytes.Equal(here, there), nil
}

// adjust gives a file that holds the right content the right owner, mode and time.
func (p pair) adjust(ctx context.Context, j *job, t *Target) (Entry, error) {
	changed, err := t.Adjust(ctx)
	if err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	p.wasThere(j)
	if changed {
		return j.entry(Copied), nil
	}
	return j.entry(Unchanged), nil
}

// replace writes the file.
func (p pair) replace(ctx context.Context, j *job, t *Target) (Entry, error) {
	if p.o.Change != nil {
		if err := p.o.Change(ctx, t, p.content(j, 0)); err != nil {
			return Entry{}, ofTarget(err, j)
		}
	}
	if p.isSmall(j) {
		return p.whole(ctx, j, t)
	}
	d, from, err := p.begin(ctx, j, t)
	if err != nil {
		return Entry{}, ofTarget(err, j)
	}
	n, err := p.content(j, from).Fill(ctx, &counted{d, p.copier, j})
	if err != nil {
		return Entry{}, p.giveUp(ctx, j, t, d, ofSource(err, j))
	}
	if p.o.Verify || from > 0 {
		defer p.verifies(j)()
		if t.Want.Sum, err = p.from.Sum(ctx, j.from, from+n); err != nil {
			return Entry{}, p.giveUp(ctx, j, t, d, &CopyError{true, j.from, err})
		}
	}
	if err := t.commit(ctx, d); err != nil {
		return Entry{}, p.giveUp(ctx, j, t, d, &CopyError{false, j.to, err})
	}
	e := j.entry(Copied)
	e.Size = n
	return e, nil
}

// content is what is in the source, from an offset on. Its errors say that they are of the source.
func (p pair) content(j *job, from int64) Content {
	return Content{j.info.Size - from, func(ctx context.Context) (io.ReadCloser, error) {
		r, err := p.from.Open(ctx, j.from, from)
		if err != nil {
			return nil, &CopyError{true, j.from, err}
		}
		return &sourceReader{r, j.from}, nil
	}}
}

// sourceReader says of errors that they are of the source.
type sourceReader struct {
	io.ReadCloser
	path string
}

func (r *sourceReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = &CopyError{true, r.path, err}
	}
	return n, err
}

// WriteTo implements io.WriterTo, for readers that do.
func (r *sourceReader) WriteTo(w io.Writer) (int64, error) {
	from, ok := r.ReadCloser.(io.WriterTo)
	if !ok {
		return io.Copy(w, readerOnly{r})
	}
	n, err := from.WriteTo(w)
	if err != nil && !errors.As(err, new(*CopyError)) {
		err = &CopyError{true, r.path, err}
	}
	return n, err
}

// counted counts what is written, and says of errors that they are of the target.
type counted struct {
	to Draft
	c  *copier
	j  *job
}

func (w *counted) Write(b []byte) (int, error) {
	n, err := w.to.Write(b)
	w.c.move(w.j, int64(n))
	if err != nil {
		err = &CopyError{false, w.j.to, err}
	}
	return n, err
}

// ReadFrom implements io.ReaderFrom, for drafts that do. What it reads says of its errors that they are of the source.
func (w *counted) ReadFrom(r io.Reader) (int64, error) {
	to, ok := w.to.(io.ReaderFrom)
	if !ok {
		return io.Copy(writerOnly{w}, r)
	}
	n, err := to.ReadFrom(&countedReader{r, w})
	if err != nil {
		err = ofTarget(err, w.j)
	}
	return n, err
}

// countedReader counts what is read to be written.
type countedReader struct {
	io.Reader
	w *counted
}

func (r *countedReader) Read(b []byte) (int, error) {
	n, err := r.Reader.Read(b)
	r.w.c.move(r.w.j, int64(n))
	return n, err
}

// ofSource says of an error that it is of the source, unless it says where it comes from.
func ofSource(err error, j *job) error {
	if errors.As(err, new(*CopyError)) {
		return err
	}
	return &CopyError{true, j.from, err}
}

// ofTarget is ofSource for the other side.
func ofTarget(err error, j *job) error {
	if errors.As(err, new(*CopyError)) {
		return err
	}
	return &CopyError{false, j.to, err}
}

// link copies a symbolic link.
func (p pair) link(ctx context.Context, j *job) (Entry, error) {
	if err := p.make(ctx, j.in); err != nil {
		return Entry{}, err
	}
	info, err := p.from.Lstat(ctx, j.from)
	if err != nil {
		return Entry{}, &CopyError{true, j.from, err}
	}
	if err := p.removeEarlier(ctx, j); err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	j.draft = draftName(j.to)
	changed, err := setLink(ctx, p.to, info.Link, j.to, j.draft)
	if !isLost(err) {
		j.draft = ""
	}
	if err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	if changed {
		return j.entry(Copied), nil
	}
	return j.entry(Unchanged), nil
}

// SetLink makes sure of a symbolic link that says text, and reports whether it made it. It replaces another link at
// once, and nothing else.
func SetLink(ctx context.Context, on System, text, path string) (changed bool, err error) {
	return setLink(ctx, on, text, path, draftName(path))
}

func setLink(ctx context.Context, on System, text, path, draft string) (changed bool, err error) {
	info, err := on.Lstat(ctx, path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, on.Symlink(ctx, text, path)
	case err != nil:
		return false, err
	case !info.IsLink():
		return false, syscall.EEXIST
	case info.Link == text:
		return false, nil
	}
	if err := on.Symlink(ctx, text, draft); err != nil {
		return false, err
	}
	if err := on.Rename(ctx, draft, path); err != nil {
		if failed := on.Remove(ctx, draft, false); failed != nil {
			err = fmt.Errorf("%w; %s is left: %w", err, Shown(draft), failed)
		}
		return false, err
	}
	return true, nil
}

package hosts

import (
	"context"
	"errors"
	"os"

	"deployer/files"
	"deployer/journal"
)

// FileWriter is a file that is being written. Nobody sees it until Close.
type FileWriter struct {
	ctx    context.Context // of the writing alone
	w      *writing
	size   int64
	closed bool
	err    error // the first; it is sticky
}

// Create starts to write a file. ctx bounds all that is written. What is there stays until Close puts the new file in
// its place; Discard gives it up. One of the two must be called.
func (h *Handle) Create(ctx context.Context, path string, o WriteOptions) (*FileWriter, error) {
	u, err := h.files(ctx, "write", path, o.FileOptions)
	if err != nil {
		return nil, err
	}
	w := newWriting(u, o, journal.FileWrite)
	if err = w.look(ctx); err == nil {
		w.draft, err = w.target.Begin(ctx)
	}
	if err != nil {
		defer u.close()
		return nil, w.end(ctx, false, err)
	}
	return &FileWriter{ctx: ctx, w: w}, nil
}

// Append is Create for a file that begins with what is there.
func (h *Handle) Append(ctx context.Context, path string, o WriteOptions) (*FileWriter, error) {
	f, err := h.Create(ctx, path, o)
	if err != nil || f.w.target.Old == nil {
		return f, err
	}
	t := f.w.target
	if _, err := files.Of(t.On, t.Path, t.Old).Fill(ctx, f); err != nil {
		return nil, errors.Join(f.fail(err), f.Discard())
	}
	return f, nil
}

// Write implements io.Writer. Secrets must be revealed before.
func (f *FileWriter) Write(b []byte) (int, error) {
	if f.closed {
		return 0, os.ErrClosed
	}
	if f.err != nil {
		return 0, f.err
	}
	n, err := f.w.draft.Write(b)
	f.size += int64(n)
	return n, f.fail(err)
}

// fail keeps the first error.
func (f *FileWriter) fail(err error) error {
	if err != nil && f.err == nil {
		f.err = f.w.use.fault(f.ctx, err)
	}
	return f.err
}

// Close puts the file in its place. After an error of Write it gives it up, and returns that error.
func (f *FileWriter) Close() error {
	if f.closed {
		return os.ErrClosed
	}
	f.closed = true
	defer f.w.use.close()
	if f.err != nil {
		return f.w.end(f.ctx, false, f.w.target.GiveUp(f.w.draft, f.err))
	}
	f.w.event.Size = &f.size
	changed, err := f.w.finish(f.ctx)
	return f.w.end(f.ctx, changed, err)
}

// finish commits a draft that was written bit by bit. In a sandbox it is known only now what changes.
func (w *writing) finish(ctx context.Context) (changed bool, err error) {
	imagined, ok := w.draft.(*files.ImaginedDraft)
	if !ok {
		return true, w.target.Commit(ctx, w.draft)
	}
	c := imagined.Content()
	same, err := w.target.Holds(ctx, c)
	if err == nil && same {
		return w.target.Adjust(ctx)
	}
	if err == nil {
		w.event.Diff, err = w.use.diff(ctx, w.target, c)
	}
	if err != nil {
		return false, err
	}
	return true, w.target.Commit(ctx, w.draft)
}

// Discard gives the file up, and leaves what was there. After Close it does nothing.
func (f *FileWriter) Discard() error {
	if f.closed {
		return nil
	}
	f.closed = true
	defer f.w.use.close()
	if err := f.w.draft.Discard(); err != nil {
		return f.w.use.fault(f.ctx, err)
	}
	return nil
}

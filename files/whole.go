package files

import (
	"context"
	"fmt"
	"io"
)

// Small files come in thousands. One of them is read, and written, in a single task where the System can do that: with a
// task for every step most of the time would go by with tasks that wait for each other.

// wholeFile is the size up to which a file is small, in bytes: it fits into one request to every server.
const wholeFile = plainPacket

// wholeReader is a System that reads a small file in one task.
type wholeReader interface {
	// readWhole returns the first so many bytes of a regular file, or fewer if it is shorter.
	readWhole(ctx context.Context, path string, size int64) ([]byte, error)
}

// wholeWriter is a System that writes a small file in one task.
type wholeWriter interface {
	// writeWhole is Create, Write and Commit, or Discard where one of them fails, unless the connection was lost.
	writeWhole(ctx context.Context, o CreateOptions, data []byte, a Attributes) error
}

// isSmall reports whether a file is copied whole. One that is said to be empty may be a file of the system, which
// is not.
func (p pair) isSmall(j *job) bool {
	return j.info.Size > 0 && j.info.Size <= wholeFile && !p.o.Verify
}

// whole copies a small file, as long as it was when it was found.
func (p pair) whole(ctx context.Context, j *job, t *Target) (Entry, error) {
	p.rewind(j, 0)
	data, err := readWhole(ctx, p.from, j.from, j.info.Size)
	if n := int64(len(data)); err == nil && n < j.info.Size {
		err = shorterError(n, j.info.Size)
	}
	if err != nil {
		return Entry{}, &CopyError{true, j.from, err}
	}
	if err := p.write(ctx, j, t, data); err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	e := j.entry(Copied)
	e.Size = int64(len(data))
	p.move(j, e.Size)
	return e, nil
}

// write makes data what is in the target of a job. When the connection is lost, the next attempt removes the draft.
func (p pair) write(ctx context.Context, j *job, t *Target, data []byte) error {
	if j.draft != "" {
		if err := removeDraft(ctx, p.to, j.draft); err != nil {
			return err
		}
	}
	o := t.options()
	o.Name = draftName(t.Path)
	j.draft = o.Name
	err := t.writeWhole(ctx, o, data)
	if !isLost(err) {
		j.draft = ""
	}
	return err
}

func readWhole(ctx context.Context, on System, path string, size int64) ([]byte, error) {
	if from, ok := on.(wholeReader); ok {
		return from.readWhole(ctx, path, size)
	}
	r, err := on.Open(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data := make([]byte, size+1) // so that the end is read too: a command has ended then, and need not be ended
	n, err := io.ReadFull(r, data)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return data[:min(int64(n), size)], err
}

// writeWhole makes the file hold data.
func (t *Target) writeWhole(ctx context.Context, o CreateOptions, data []byte) error {
	if to, ok := t.On.(wholeWriter); ok {
		return t.ofCommit(t.ofBegin(to.writeWhole(ctx, o, data, t.Want)))
	}
	d, err := t.begin(ctx, o)
	if err != nil {
		return err
	}
	if _, err := d.Write(data); err != nil {
		return t.GiveUp(d, err)
	}
	return t.Commit(ctx, d)
}

// readWhole implements wholeReader.
func (f *SFTP) readWhole(ctx context.Context, path string, size int64) ([]byte, error) {
	return askSFTP(ctx, f, func() ([]byte, error) {
		file, err := f.client.Open(path)
		if err != nil {
			return nil, err
		}
		data := make([]byte, size)
		n, err := file.ReadAt(data, 0)
		if closed := file.Close(); err == nil || err == io.EOF {
			err = closed
		}
		return data[:n], err
	}, nil)
}

// writeWhole implements wholeWriter.
func (f *SFTP) writeWhole(ctx context.Context, o CreateOptions, data []byte, a Attributes) error {
	d := f.newDraft(ctx, o)
	return f.finish(ctx, func() error { return d.whole(ctx, data, a) })
}

// whole writes the file, or removes what it has written of it. Its errors are explained.
func (d *sftpDraft) whole(ctx context.Context, data []byte, a Attributes) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := d.begin(); err != nil {
		return d.why(ctx, err)
	}
	err := d.why(ctx, d.fill(data, a))
	if err == nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err == nil {
		err = d.place(ctx)
	}
	if err == nil || isLost(err) {
		return err
	}
	return left(err, d.target, d.clear())
}

func (d *sftpDraft) fill(data []byte, a Attributes) error {
	if _, err := d.file.WriteAt(data, 0); err != nil {
		return err
	}
	return d.finish(a)
}

// place is the last part of Commit, without tasks of its own.
func (d *sftpDraft) place(ctx context.Context) (err error) {
	f := d.files
	if f.client.has(posixRename) {
		err = d.why(ctx, f.client.PosixRename(d.name, d.target))
	} else {
		err = f.Rename(ctx, d.name, d.target)
	}
	if err != nil || d.dir == "" {
		return err
	}
	return f.explain(ctx, f.client.RemoveDirectory(d.dir))
}

// shorterError is what is said of a source that has shrunk.
func shorterError(n, want int64) error {
	return fmt.Errorf("what is to be written became shorter meanwhile: %d of %d bytes", n, want)
}

// left adds to an error that a draft could not be removed, if it could not.
func left(err error, target string, failed error) error {
	if failed == nil {
		return err
	}
	return fmt.Errorf("%w; what was written so far may be left in %s, under a name with %s: %w",
		err, Shown(dirOf(target)), DraftPrefix, failed)
}

package files

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"deployer/internal/sftp"
)

// Small files come in thousands. One of them is read, and written, in a single task where the System can do that: with a
// task for every step most of the time would go by with tasks that wait for each other.

// wholeSize is the size up to which a file is small, in bytes: it fits into one request to every server.
const wholeSize = plainPacket

// wholeReader is a System that reads a small file in one task.
type wholeReader interface {
	// readWhole reads the beginning of a regular file, as much as data has room for, or all if that is less. After an
	// error data must not be used any more.
	readWhole(ctx context.Context, path string, data []byte) (int, error)
}

// wholeWriter is a System that writes some small files in one task.
type wholeWriter interface {
	// writesWhole reports whether it is so with a file.
	writesWhole(o CreateOptions, a Attributes) bool
	// writeWhole is Create, Write and Commit, or Discard where one of them fails, unless the connection was lost. After
	// an error data must not be used any more.
	writeWhole(ctx context.Context, o CreateOptions, data []byte, a Attributes) error
}

// isSmall reports whether a file is copied whole. One that is said to be empty may be a file of the system, which
// is not.
func (p pair) isSmall(j *job) bool {
	return j.info.Size > 0 && j.info.Size <= wholeSize && !p.o.Verify
}

// whole copies a small file, as long as it was when it was found.
func (p pair) whole(ctx context.Context, j *job, t *Target) (Entry, error) {
	p.rewind(j, 0)
	data := p.small.get(j.info.Size)
	n, err := readWhole(ctx, p.from, j.from, data)
	if err == nil && n < len(data) {
		err = shorterError(int64(n), j.info.Size)
	}
	if err != nil {
		return Entry{}, &CopyError{true, j.from, err}
	}
	if err := p.write(ctx, j, t, data); err != nil {
		return Entry{}, &CopyError{false, j.to, err}
	}
	p.small.put(data) // after an error something may still read or write it
	e := j.entry(Copied)
	e.Size = int64(len(data))
	p.move(j, e.Size)
	return e, nil
}

// write makes data what is in the target of a job. When the connection is lost, the next attempt removes the draft.
func (p pair) write(ctx context.Context, j *job, t *Target, data []byte) error {
	if err := p.removeEarlier(ctx, j); err != nil {
		return err
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

// removeEarlier removes the draft of the attempt before, whose connection was lost.
func (p pair) removeEarlier(ctx context.Context, j *job) error {
	if j.draft == "" {
		return nil
	}
	err := removeDraft(ctx, p.to, j.draft)
	if err == nil {
		j.late, j.draft = append(j.late, j.draft), ""
	}
	return err
}

// smallFiles is memory for files that are copied whole.
type smallFiles struct{ pool sync.Pool }

func (s *smallFiles) get(size int64) []byte {
	if b, ok := s.pool.Get().(*[]byte); ok && int64(cap(*b)) >= size {
		return (*b)[:size]
	}
	return make([]byte, size)
}

func (s *smallFiles) put(b []byte) { s.pool.Put(&b) }

func readWhole(ctx context.Context, on System, path string, data []byte) (int, error) {
	if from, ok := on.(wholeReader); ok {
		return from.readWhole(ctx, path, data)
	}
	return readOpened(ctx, on, path, data)
}

// readOpened reads in as many tasks as it takes.
func readOpened(ctx context.Context, on System, path string, data []byte) (int, error) {
	r, err := on.Open(ctx, path, 0)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.ReadFull(r, data)
	if err == nil {
		_, err = r.Read(make([]byte, 1)) // so that the end is read too: a command has ended then, and need not be ended
	}
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

// readWhole implements wholeReader. With an os.File each file would be offered to the poller, which takes none: that would
// be a third of the time.
func (Local) readWhole(_ context.Context, path string, data []byte) (int, error) {
	fd, err := uninterrupted(func() (int, error) {
		return syscall.Open(path, syscall.O_RDONLY|syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	})
	if err != nil {
		return 0, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer syscall.Close(fd)
	n := 0
	for n < len(data) {
		got, err := uninterrupted(func() (int, error) { return syscall.Read(fd, data[n:]) })
		if err != nil {
			return n, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if got == 0 {
			break
		}
		n += got
	}
	return n, nil
}

// uninterrupted asks the system again when a signal came in between.
func uninterrupted(ask func() (int, error)) (int, error) {
	for {
		n, err := ask()
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// writeWhole makes the file hold data.
func (t *Target) writeWhole(ctx context.Context, o CreateOptions, data []byte) error {
	if to, ok := t.On.(wholeWriter); ok && to.writesWhole(o, t.Want) {
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
func (f *SFTP) readWhole(ctx context.Context, path string, data []byte) (int, error) {
	type end struct {
		n   int
		err error
	}
	ended := make(chan end, 1)
	f.client.ReadFile(path, data, func(n int, err error) { ended <- end{n, err} })
	var e end
	select {
	case e = <-ended:
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	switch {
	case e.err != nil && e.err != io.EOF:
		return 0, f.explain(ctx, e.err)
	case e.err == nil && e.n < len(data): // by a server that answers with less than it has
		return readOpened(ctx, f, path, data)
	}
	return e.n, nil
}

// writesWhole implements wholeWriter. A file that replaces another is waited for until it is on the disk, and one that
// must not be read before it has its mode needs a directory for that.
func (f *SFTP) writesWhole(o CreateOptions, a Attributes) bool {
	return a.Relaxed && a.UID < 0 && a.GID < 0 && !o.Private && o.Fresh != nil && f.client.Has(sftp.PosixRename)
}

// writeWhole implements wholeWriter.
func (f *SFTP) writeWhole(ctx context.Context, o CreateOptions, data []byte, a Attributes) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	w := &wholeFile{files: f, target: o.Target, fresh: o.Fresh, ended: make(chan error, 1)}
	w.file = sftp.NewFile{Name: o.name(), Data: data, Set: sftp.Setting{Mode: UnixMode(a.Mode), ModTime: a.ModTime}}
	if a.SetMode {
		has := o.Fresh.mode.Load()
		w.file.Look, w.file.Set.SetMode = has == nil, has == nil || *has != a.Mode
	}
	w.send(ctx)
	select {
	case err := <-w.ended:
		return w.settle(ctx, err)
	case <-ctx.Done():
	}
	select {
	case err := <-w.ended:
		return w.settle(ctx, err)
	case <-time.After(discardLimit): // the server is frozen
		_ = f.conn.Start(func() { _ = w.settle(ctx, <-w.ended) }) // nobody waits for it
	}
	return context.Cause(ctx)
}

// wholeFile is a small file on its way to an SFTP server.
type wholeFile struct {
	files  *SFTP
	target string
	fresh  *Fresh
	file   sftp.NewFile
	ended  chan error // gets why it is not in its place, or nil
}

// send has the file made and put in its place. Nobody waits.
func (w *wholeFile) send(ctx context.Context) {
	client := w.files.client
	client.Make(&w.file, func(err error) {
		if err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			w.ended <- err
			return
		}
		client.StartRename(w.file.Name, w.target, func(err error) { w.ended <- err })
	})
}

// settle explains why the file is not in its place, and removes what there is of it.
func (w *wholeFile) settle(ctx context.Context, err error) error {
	if err == nil {
		if w.file.Look {
			mode := FileMode(w.file.Mode)
			w.fresh.mode.Store(&mode)
		}
		return nil
	}
	f := w.files
	err = f.whyNot(ctx, dirOf(w.target), f.explain(ctx, err))
	if !w.file.Made || isLost(err) {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), discardLimit)
	defer cancel()
	return left(err, w.target, f.Remove(ctx, w.file.Name, false))
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

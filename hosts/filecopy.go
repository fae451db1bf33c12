package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"deployer/files"
	"deployer/journal"
)

// PutFile makes a file of the host hold what a file of this machine holds, and reports whether it did not before. A
// leading ~ of the local path is a home directory; a relative one begins where this program runs.
func (h *Handle) PutFile(ctx context.Context, local, path string, o WriteOptions) (changed bool, err error) {
	return h.transfer(ctx, local, path, o, journal.FilePut, func(t *transfer) (bool, error) {
		return t.file(ctx, t.here, t.there, o)
	})
}

// GetFile makes a file of this machine hold what a file of the host holds, and reports whether it did not before. The
// local path is as in PutFile.
func (h *Handle) GetFile(ctx context.Context, path, local string, o FileOptions) (changed bool, err error) {
	return h.transfer(ctx, local, path, WriteOptions{FileOptions: o}, journal.FileGet, func(t *transfer) (bool, error) {
		return t.file(ctx, t.there, t.here, WriteOptions{})
	})
}

// transfer copies between this machine and a host.
type transfer struct {
	kind  journal.Kind // FilePut or FileGet
	here  *fileUse
	there *fileUse
}

// transfer opens both ends of one.
func (h *Handle) transfer(ctx context.Context, local, path string, o WriteOptions, kind journal.Kind,
	do func(*transfer) (bool, error)) (changed bool, err error) {
	op := "put"
	if kind == journal.FileGet {
		op = "get"
	}
	there, err := h.files(ctx, op, path, o.FileOptions)
	if err != nil {
		return false, err
	}
	defer there.close()
	here, err := h.here(ctx, local, there.sandbox)
	if err != nil {
		return false, there.record(ctx, there.event(kind), time.Now(), false, err)
	}
	defer here.close()
	return do(&transfer{kind: kind, here: here, there: there})
}

// file copies a file and records it.
func (t *transfer) file(ctx context.Context, from, to *fileUse, o WriteOptions) (changed bool, err error) {
	w := newWriting(to, o, t.kind)
	w.replacesLinks = to.inside
	c, err := from.content(ctx)
	if err == nil {
		changed, err = w.replace(ctx, c)
		err = to.explain(err)
	}
	if to.inside && !changed && err == nil {
		return false, nil // of a large directory only what changes is worth telling
	}
	return changed, t.record(ctx, w.event, w.begun, from, changed, err)
}

// record writes the event of something that was copied.
func (t *transfer) record(ctx context.Context, e journal.Event, begun time.Time, from *fileUse, changed bool,
	err error) error {
	e.From, e.Sudo, e.User = from.path, t.there.options.Sudo, t.there.options.User
	return t.there.record(ctx, e, begun, changed, err)
}

// here is a file of this machine, the other end of a transfer with the host.
func (h *Handle) here(ctx context.Context, name string, sandbox bool) (*fileUse, error) {
	local, err := NewLocal(LocalOptions{})
	if err != nil {
		return nil, err
	}
	full := name
	if name != "" && !strings.HasPrefix(name, "~") {
		if full, err = filepath.Abs(name); err != nil {
			return nil, err
		}
	}
	u, err := h.session.Handle(local).use(ctx, "use", full, FileOptions{Sandbox: sandbox})
	if err != nil {
		return nil, &hereError{name, err}
	}
	u.here = true
	return u, nil
}

// hereError is a failure on this machine, of a transfer with a host.
type hereError struct {
	path string
	err  error
}

func (e *hereError) Error() string {
	cause := e.err
	var failure *Error
	if errors.As(cause, &failure) {
		cause = errors.New(failure.Cause())
	}
	return fmt.Sprintf("%s on this machine: %v", e.path, plainFileError(cause))
}

func (e *hereError) Unwrap() error {
	var failure *Error
	if errors.As(e.err, &failure) {
		return failure.Err // the host is not this machine
	}
	return e.err
}

// explain says on which side of a transfer something went wrong, unless that is said already.
func (u *fileUse) explain(err error) error {
	var here *hereError
	var there *Error
	switch {
	case err == nil, errors.As(err, &here), errors.As(err, &there):
		return err
	case u.here:
		return &hereError{u.path, err}
	}
	return u.fault(context.Background(), err)
}

// content is what is in a file, for another one.
func (u *fileUse) content(ctx context.Context) (files.Content, error) {
	info, err := u.fs.Stat(ctx, u.path)
	if err == nil {
		err = info.MustBeFile()
	}
	if err != nil {
		return files.Content{}, u.explain(err)
	}
	return files.Content{Size: info.Size, Open: func(ctx context.Context) (io.ReadCloser, error) {
		r, err := u.fs.Open(ctx, u.path)
		if err != nil {
			return nil, u.explain(err)
		}
		return &explainedReader{r, u}, nil
	}}, nil
}

// explainedReader says on which side of a transfer reading failed.
type explainedReader struct {
	io.ReadCloser
	use *fileUse
}

func (r *explainedReader) Read(b []byte) (int, error) {
	n, err := r.ReadCloser.Read(b)
	if err != nil && err != io.EOF {
		err = r.use.explain(err)
	}
	return n, err
}

package hosts

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"deployer/journal"
)

// A file is written in three steps: look where it really is and what is there; write a draft beside that; put the draft
// in its place. What reads the file at any moment finds the old one or the new one, each whole. In a sandbox all of it
// happens in a layer over the files of the host (filesandbox.go), and a diff is shown.

// content is what a file is to hold. It can be read more than once.
type content struct {
	size int64
	open func(ctx context.Context) (io.ReadCloser, error)
}

// bytesContent is content that is in memory.
func bytesContent(data []byte) content {
	return content{int64(len(data)), func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// WriteFile makes data what is in a file, and reports whether it was not so before. data may hold tokens of secrets. A
// file that holds the same, with the mode and owner asked for, is not touched.
func (h *Handle) WriteFile(ctx context.Context, path string, data []byte, o WriteOptions) (changed bool, err error) {
	u, err := h.files(ctx, "write", path, o.FileOptions)
	if err != nil {
		return false, err
	}
	defer u.close()
	w := newWriting(u, o, journal.FileWrite)
	value, err := h.session.Secrets().Reveal(ctx, string(data))
	if err != nil {
		return false, w.end(ctx, false, err)
	}
	changed, err = w.replace(ctx, bytesContent([]byte(value)))
	return changed, w.end(ctx, changed, err)
}

// writing is the writing of one file.
type writing struct {
	use     *fileUse
	options WriteOptions
	event   journal.Event
	begun   time.Time

	replacesLinks bool // a symbolic link is replaced, not followed

	target string    // where the file really is
	old    *FileInfo // what is there, or nil
	draft  draft
	want   attributes
}

func newWriting(u *fileUse, o WriteOptions, kind journal.Kind) *writing {
	e := u.event(kind)
	if e.Owner = o.Owner; o.Mode != 0 {
		e.Mode = modeText(o.Mode)
	}
	return &writing{use: u, options: o, event: e, begun: time.Now()}
}

// end records the writing and explains its error.
func (w *writing) end(ctx context.Context, changed bool, err error) error {
	return w.use.record(ctx, w.event, w.begun, changed, err)
}

// replace makes content what is in the file, unless it is.
func (w *writing) replace(ctx context.Context, c content) (changed bool, err error) {
	if err := w.look(ctx); err != nil {
		return false, err
	}
	same, err := w.holds(ctx, c)
	if err != nil {
		return false, err
	}
	if same {
		return w.adjust(ctx)
	}
	if w.use.sandbox {
		if err := w.diff(ctx, c); err != nil {
			return false, err
		}
	}
	if err := w.begin(ctx); err != nil {
		return false, err
	}
	r, err := c.open(ctx)
	if err != nil {
		return false, errors.Join(err, w.draft.discard())
	}
	defer r.Close()
	n, err := io.Copy(writerOnly{w.draft}, readerOnly{r})
	if err == nil && n < c.size {
		err = fmt.Errorf("what is to be written became shorter meanwhile: %d of %d bytes", n, c.size)
	}
	if err != nil {
		return false, w.giveUp(err)
	}
	w.event.Size = &n
	return true, w.commit(ctx)
}

// readerOnly and writerOnly hide the other methods of a file, which io.Copy would prefer and which no context ends.
type (
	readerOnly struct{ io.Reader }
	writerOnly struct{ io.Writer }
)

// look finds out where the file is and what is there.
func (w *writing) look(ctx context.Context) (err error) {
	files := w.use.fs
	if w.replacesLinks {
		w.target, w.old, err = w.use.path, nil, nil
		info, failed := files.lstat(ctx, w.target)
		switch {
		case failed == nil && !info.IsLink():
			w.old = info
		case failed != nil && !errors.Is(failed, fs.ErrNotExist):
			return failed
		}
	} else if w.target, w.old, err = follow(ctx, files, w.use.path); err != nil {
		return err
	}
	if w.old != nil {
		if err := mustBeFile(w.old); err != nil {
			return err
		}
	}
	return w.wanted(ctx)
}

// wanted finds out which mode and owner the file is to have.
func (w *writing) wanted(ctx context.Context) error {
	uid, gid, err := w.use.ownerIDs(ctx, w.options.Owner)
	if err != nil {
		return err
	}
	w.want = attributes{mode: w.options.Mode & modeBits, setMode: w.options.Mode != 0, uid: uid, gid: gid}
	if w.old == nil {
		return nil
	}
	w.want.uid, w.want.gid = w.old.owner(uid, gid)
	if !w.want.setMode {
		w.want.mode, w.want.setMode = w.old.Mode&modeBits, true
	}
	return nil
}

// modeBits are the bits of a mode that can be set.
const modeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// holds reports whether the file holds content already.
func (w *writing) holds(ctx context.Context, c content) (bool, error) {
	if w.old == nil || w.old.Size != c.size {
		return false, nil
	}
	there, err := w.use.fs.open(ctx, w.target)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // one that may be replaced, not read
	}
	if err != nil {
		return false, err
	}
	defer there.Close()
	given, err := c.open(ctx)
	if err != nil {
		return false, err
	}
	defer given.Close()
	return sameContent(there, given)
}

// sameContent compares two streams until their first difference.
func sameContent(a, b io.Reader) (bool, error) {
	const size = 64 << 10
	inA, inB := make([]byte, size), make([]byte, size)
	for {
		n, errA := io.ReadFull(a, inA)
		m, errB := io.ReadFull(b, inB)
		for _, err := range []error{errA, errB} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		switch {
		case !bytes.Equal(inA[:n], inB[:m]):
			return false, nil
		case errA != nil:
			return errB != nil, nil
		}
	}
}

// adjust gives a file that holds the right content the right mode and owner.
func (w *writing) adjust(ctx context.Context) (changed bool, err error) {
	files := w.use.fs
	if w.want.uid != w.old.UID || w.want.gid != w.old.GID {
		changed = true
		if err := files.chown(ctx, w.target, w.want.uid, w.want.gid); err != nil {
			return false, err
		}
	}
	if w.want.mode != w.old.Mode&modeBits {
		changed = true
		err = files.chmod(ctx, w.target, w.want.mode)
	}
	return changed, err
}

// begin starts the draft.
func (w *writing) begin(ctx context.Context) (err error) {
	const everybody = 0o044
	private := w.want.setMode && w.want.mode&everybody != everybody
	w.draft, err = w.use.fs.create(ctx, w.target, private)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no directory %s to write it in", dirOf(w.target))
	}
	return err
}

// commit puts the draft in its place.
func (w *writing) commit(ctx context.Context) error {
	err := w.draft.commit(ctx, w.want)
	if errors.Is(err, fs.ErrPermission) && w.old != nil {
		err = fmt.Errorf("its owner %s and mode cannot be kept, or its directory not be written: %w", w.old.owners(), err)
	}
	if err != nil {
		return w.giveUp(err)
	}
	return nil
}

// giveUp removes the draft after an error.
func (w *writing) giveUp(err error) error {
	if failed := w.draft.discard(); failed != nil {
		return fmt.Errorf("%w; what was written so far may be left in %s, under a name with %s: %w",
			err, dirOf(w.target), draftPrefix, failed)
	}
	return err
}

func (f *FileInfo) owners() string { return fmt.Sprintf("%d:%d", f.UID, f.GID) }

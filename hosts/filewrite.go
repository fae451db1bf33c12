package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"

	"deployer/files"
	"deployer/journal"
)

// A file is written in three steps: look where it really is and what is there; write a draft beside that; put the draft
// in its place. What reads the file at any moment finds the old one or the new one, each whole. In a sandbox all of it
// happens in a layer over the files of the host (filesandbox.go), and a diff is shown.

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
	changed, err = w.replace(ctx, files.Bytes([]byte(value)))
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
	draft  files.Draft
	want   files.Attributes
}

func newWriting(u *fileUse, o WriteOptions, kind journal.Kind) *writing {
	e := u.event(kind)
	if e.Owner = o.Owner; o.Mode != 0 {
		e.Mode = files.ModeText(o.Mode)
	}
	return &writing{use: u, options: o, event: e, begun: time.Now()}
}

// end records the writing and explains its error.
func (w *writing) end(ctx context.Context, changed bool, err error) error {
	return w.use.record(ctx, w.event, w.begun, changed, err)
}

// replace makes content what is in the file, unless it is.
func (w *writing) replace(ctx context.Context, c files.Content) (changed bool, err error) {
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
	r, err := c.Open(ctx)
	if err != nil {
		return false, errors.Join(err, w.draft.Discard())
	}
	defer r.Close()
	n, err := io.Copy(writerOnly{w.draft}, readerOnly{r})
	if err == nil && n < c.Size {
		err = fmt.Errorf("what is to be written became shorter meanwhile: %d of %d bytes", n, c.Size)
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
	there := w.use.fs
	if w.replacesLinks {
		w.target, w.old, err = w.use.path, nil, nil
		info, failed := there.Lstat(ctx, w.target)
		switch {
		case failed == nil && !info.IsLink():
			w.old = info
		case failed != nil && !errors.Is(failed, fs.ErrNotExist):
			return failed
		}
	} else if w.target, w.old, err = files.Follow(ctx, there, w.use.path); err != nil {
		return err
	}
	if w.old != nil {
		if err := w.old.MustBeFile(); err != nil {
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
	w.want = files.Attributes{Mode: w.options.Mode & files.ModeBits, SetMode: w.options.Mode != 0, UID: uid, GID: gid}
	if w.old == nil {
		return nil
	}
	w.want.UID, w.want.GID = w.old.Owner(uid, gid)
	if !w.want.SetMode {
		w.want.Mode, w.want.SetMode = w.old.Mode&files.ModeBits, true
	}
	return nil
}

// holds reports whether the file holds content already.
func (w *writing) holds(ctx context.Context, c files.Content) (bool, error) {
	if w.old == nil || w.old.Size != c.Size {
		return false, nil
	}
	there, err := w.use.fs.Open(ctx, w.target)
	if errors.Is(err, fs.ErrPermission) {
		return false, nil // one that may be replaced, not read
	}
	if err != nil {
		return false, err
	}
	defer there.Close()
	given, err := c.Open(ctx)
	if err != nil {
		return false, err
	}
	defer given.Close()
	return files.SameContent(there, given)
}

// adjust gives a file that holds the right content the right mode and owner.
func (w *writing) adjust(ctx context.Context) (changed bool, err error) {
	there := w.use.fs
	if w.want.UID != w.old.UID || w.want.GID != w.old.GID {
		changed = true
		if err := there.Chown(ctx, w.target, w.want.UID, w.want.GID); err != nil {
			return false, err
		}
	}
	if w.want.Mode != w.old.Mode&files.ModeBits {
		changed = true
		err = there.Chmod(ctx, w.target, w.want.Mode)
	}
	return changed, err
}

// begin starts the draft.
func (w *writing) begin(ctx context.Context) (err error) {
	const everybody = 0o044
	private := w.want.SetMode && w.want.Mode&everybody != everybody
	w.draft, err = w.use.fs.Create(ctx, w.target, private)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no directory %s to write it in", files.DirOf(w.target))
	}
	return err
}

// commit puts the draft in its place.
func (w *writing) commit(ctx context.Context) error {
	err := w.draft.Commit(ctx, w.want)
	if errors.Is(err, fs.ErrPermission) && w.old != nil {
		err = fmt.Errorf("its owner %d:%d and mode cannot be kept, or its directory not be written: %w", w.old.UID, w.old.GID, err)
	}
	if err != nil {
		return w.giveUp(err)
	}
	return nil
}

// giveUp removes the draft after an error.
func (w *writing) giveUp(err error) error {
	if failed := w.draft.Discard(); failed != nil {
		return fmt.Errorf("%w; what was written so far may be left in %s, under a name with %s: %w",
			err, files.DirOf(w.target), files.DraftPrefix, failed)
	}
	return err
}

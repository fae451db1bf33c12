package hosts

import (
	"context"
	"time"

	"deployer/files"
	"deployer/journal"
)

// A file is written in three steps: look where it really is and what is there; write a draft beside that; put the draft
// in its place. What reads the file at any moment finds the old one or the new one, each whole. In a sandbox all of it
// happens in a layer over the files of the host (files.Layer), and a diff is shown.

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
	target  *files.Target
	draft   files.Draft
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
	same, err := w.target.Holds(ctx, c)
	if err != nil {
		return false, err
	}
	if same {
		return w.target.Adjust(ctx)
	}
	if w.use.sandbox {
		if w.event.Diff, err = w.use.diff(ctx, w.target, c); err != nil {
			return false, err
		}
	}
	if w.draft, err = w.target.Begin(ctx); err != nil {
		return false, err
	}
	n, err := c.Fill(ctx, w.draft)
	if err != nil {
		return false, w.target.GiveUp(w.draft, err)
	}
	w.event.Size = &n
	return true, w.target.Commit(ctx, w.draft)
}

// look finds out where the file is, what is there, and what it is to get.
func (w *writing) look(ctx context.Context) error {
	uid, gid, err := w.use.ownerIDs(ctx, w.options.Owner)
	if err != nil {
		return err
	}
	want := files.Attributes{Mode: w.options.Mode, SetMode: w.options.Mode != 0, UID: uid, GID: gid}
	w.target, err = files.FindTarget(ctx, w.use.fs, w.use.path, want)
	return err
}

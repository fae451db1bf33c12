package files

import (
	"context"
	"io"
	"syscall"
	"time"
)

// Create begins every draft anew: those of the host are not looked at.
func (f *layered) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	uid, err := f.room(ctx, o.Target)
	if err != nil {
		return nil, err
	}
	if o.From > 0 {
		return nil, syscall.ENOENT
	}
	return &ImaginedDraft{files: f, target: o.Target, uid: uid}, nil
}

// ImaginedDraft is a file that is written into the layer.
type ImaginedDraft struct {
	files  *layered
	target string
	uid    int // of who writes it; -1 if that is not known
	text   spooled
}

func (d *ImaginedDraft) Write(b []byte) (int, error) { return len(b), d.files.spool.add(&d.text, b) }

// Content is what was written so far.
func (d *ImaginedDraft) Content() Content {
	return Content{d.text.size, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(d.text.reader()), nil
	}}
}

func (d *ImaginedDraft) Commit(_ context.Context, a Attributes) error {
	if a.UID >= 0 && d.uid > 0 && a.UID != d.uid {
		return syscall.EPERM // only root gives files away
	}
	info := &Info{Size: d.text.size, Mode: 0o644, ModTime: time.Now(), UID: max(d.uid, 0)}
	if a.SetMode {
		info.Mode = a.Mode
	}
	if !a.ModTime.IsZero() {
		info.ModTime = a.ModTime
	}
	info.UID, info.GID = info.Owner(a.UID, a.GID)
	d.files.put(d.target, &shade{info: info, text: d.text})
	return nil
}

func (d *ImaginedDraft) Discard() error { return nil }

func (d *ImaginedDraft) Leave() {}

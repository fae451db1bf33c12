package files

import (
	"cmp"
	"context"
	"io"
	"io/fs"
	"strconv"
	"strings"
	"sync"
	"time"
)

// shellDraft is a file that a command writes.
type shellDraft struct {
	files  *Shell
	target string
	name   string
	ctx    context.Context // of the writing
	cancel context.CancelFunc
	to     *io.PipeWriter
	size   int64
	over   bool // it is in its place, or removed

	once   sync.Once
	opened chan struct{} // closed when the file is there
	done   chan struct{} // closed when the command has ended
	err    error         // why it failed; before done is closed
}

// announced is what the command prints when it has opened the file, which is nothing but that.
type announced struct{ d *shellDraft }

func (a announced) Write(b []byte) (int, error) {
	a.d.once.Do(func() { close(a.d.opened) })
	return len(b), nil
}

// claim waits for the file, and tells the command that we see to what becomes of it. Until then the command does.
func (d *shellDraft) claim() bool {
	select {
	case <-d.opened:
		_, err := io.WriteString(d.to, "go\n")
		return err == nil
	case <-d.done:
		return false
	}
}

func (d *shellDraft) Write(b []byte) (int, error) {
	n, err := d.to.Write(b)
	d.size += int64(n)
	if err != nil { // the command has ended, and how it did says why
		<-d.done
		err = cmp.Or(d.err, err)
	}
	return n, err
}

func (d *shellDraft) Commit(ctx context.Context, a Attributes) error {
	d.to.Close()
	<-d.done
	if d.err != nil {
		return d.err
	}
	owner, mode := ownerText(a.UID, a.GID), ""
	if a.SetMode {
		mode = chmodText(a.Mode)
	}
	if err := checkSum(ctx, d.files, d.name, d.size, a.Sum); err != nil {
		return err
	}
	changed, sync := "", "sync"
	if !a.ModTime.IsZero() {
		changed = touchText(a.ModTime)
	}
	if a.Relaxed {
		sync = ""
	}
	err := d.files.do(ctx, "commit", d.name, d.target, strconv.FormatInt(d.size, 10), owner, mode, changed, sync)
	if err == nil {
		d.over = true
		d.cancel()
	}
	return err
}

// ownerText is an owner as chown takes it; "" for none.
func ownerText(uid, gid int) string {
	text := ""
	if uid >= 0 {
		text = strconv.Itoa(uid)
	}
	if gid >= 0 {
		text += ":" + strconv.Itoa(gid)
	}
	return text
}

// chmodText is a mode as chmod takes it; with five digits it also takes bits away from a directory.
func chmodText(mode fs.FileMode) string { return "0" + ModeText(mode) }

func (d *shellDraft) Discard() error {
	if d.over {
		return nil
	}
	d.over = true
	d.cancel()
	d.to.CloseWithError(context.Canceled)
	<-d.done
	return d.remove()
}

// remove removes the file, over another connection if this one is lost.
func (d *shellDraft) remove() error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(d.ctx), removeLimit)
	defer cancel()
	return retried(ctx, func() (bool, error) { return false, d.files.do(ctx, "remove", d.name) })
}

func (d *shellDraft) Leave() {
	if d.over {
		return
	}
	d.over = true
	d.cancel()
	d.to.CloseWithError(context.Canceled)
	<-d.done
}

// removeLimit is discardLimit for a command: all drafts of a copy that stops are removed at once, and a connection has
// room for a few commands at a time.
const removeLimit = 30 * time.Second

func (f *Shell) Rename(ctx context.Context, from, to string) error {
	return f.do(ctx, "rename", from, to)
}

func (f *Shell) Remove(ctx context.Context, name string, dir bool) error {
	if dir {
		return f.do(ctx, "rmdir", name)
	}
	return f.do(ctx, "remove", name)
}

func (f *Shell) Mkdir(ctx context.Context, name string, mode fs.FileMode) error {
	if mode == 0 {
		return f.do(ctx, "mkdir", name, "")
	}
	return f.do(ctx, "mkdir", name, chmodText(mode))
}

func (f *Shell) Symlink(ctx context.Context, text, name string) error {
	return f.do(ctx, "symlink", text, name)
}

func (f *Shell) Chmod(ctx context.Context, name string, mode fs.FileMode) error {
	return f.do(ctx, "chmod", name, chmodText(mode))
}

func (f *Shell) Chown(ctx context.Context, name string, uid, gid int) error {
	return f.do(ctx, "chown", name, ownerText(uid, gid))
}

func (f *Shell) Chtimes(ctx context.Context, name string, changed time.Time) error {
	return f.do(ctx, "chtimes", name, touchText(changed))
}

// touchText is a time as touch takes it, in UTC.
func touchText(t time.Time) string { return t.UTC().Format("200601021504.05") }

func (f *Shell) MayWrite(ctx context.Context, dir string) (int, error) {
	text, err := f.look(ctx, "maywrite", dir)
	if err != nil {
		return -1, err
	}
	return strconv.Atoi(strings.TrimSpace(text))
}

// Start and Home are those of the login user, also under sudo.

func (f *Shell) Start(ctx context.Context) (string, error) { return f.commands.Start(ctx) }

func (f *Shell) Home(ctx context.Context) (string, error) { return f.commands.Home(ctx) }

package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"deployer/internal/sftp"
)

// sftpDraft is a file that is being written over SFTP, with many requests at a time.
type sftpDraft struct {
	files  *SFTP
	target string
	name   string
	dir    string          // made for it alone, if it is private; else ""
	file   *sftp.File      // nil before it is made
	ctx    context.Context // of the writing
	fresh  *Fresh          // may be nil
	done   bool            // it is in its place, or removed

	buffer []byte              // not sent yet
	next   int64               // where it begins
	flight *semaphore.Weighted // bytes that are under way; nil before the first
	wait   sync.WaitGroup

	mu  sync.Mutex
	err error // the first
}

// begin makes the file.
func (d *sftpDraft) begin() error {
	client := d.files.client
	if d.next > 0 {
		return d.goOn()
	}
	if d.dir != "" {
		if err := client.Mkdir(d.dir); err != nil {
			return err
		}
		if err := client.Chmod(d.dir, 0o700); err != nil {
			return errors.Join(err, client.RemoveDirectory(d.dir))
		}
	}
	file, err := client.Open(d.name, sftp.Write|sftp.Create|sftp.New)
	if err != nil && d.dir != "" {
		err = errors.Join(err, client.RemoveDirectory(d.dir))
	}
	d.file = file
	return err
}

// goOn opens a file of which the first part is kept.
func (d *sftpDraft) goOn() error {
	file, err := d.files.client.Open(d.name, sftp.Write)
	d.file = file
	return err
}

// Write implements io.Writer. What it is given may be sent later.
func (d *sftpDraft) Write(b []byte) (int, error) {
	n, err := d.add(b)
	if err != nil {
		err = d.why(d.ctx, err)
	}
	return n, err
}

// add takes what is to be written, and sends what is enough for a request.
func (d *sftpDraft) add(b []byte) (int, error) {
	for rest := b; len(rest) > 0; {
		n := copy(d.room(), rest)
		rest = rest[n:]
		if err := d.filled(n); err != nil {
			return len(b) - len(rest), err
		}
	}
	return len(b), d.failed(nil)
}

// ReadFrom implements io.ReaderFrom. It saves copying what is written once more.
func (d *sftpDraft) ReadFrom(r io.Reader) (written int64, err error) {
	for {
		n, err := r.Read(d.room())
		written += int64(n)
		if failed := d.filled(n); failed != nil {
			return written, d.why(d.ctx, failed)
		}
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
	}
}

// room is memory for what is to be written next; filled says how much there is.
func (d *sftpDraft) room() []byte {
	if d.buffer == nil {
		d.buffer = d.files.client.buffer()
	}
	return d.buffer[len(d.buffer):cap(d.buffer)]
}

func (d *sftpDraft) filled(n int) error {
	d.buffer = d.buffer[:len(d.buffer)+n]
	if len(d.buffer) < cap(d.buffer) {
		return d.failed(nil)
	}
	return d.send()
}

// send sends what is in the buffer, when fewer requests are under way than may be.
func (d *sftpDraft) send() error {
	if len(d.buffer) == 0 {
		return d.failed(nil)
	}
	if d.flight == nil {
		d.flight = semaphore.NewWeighted(MaxWindow)
	}
	share := MaxWindow / int64(d.files.client.requestsOnce())
	if d.flight.Acquire(d.ctx, share) != nil {
		return d.failed(context.Cause(d.ctx))
	}
	data, at := d.buffer, d.next
	d.buffer, d.next = nil, d.next+int64(len(d.buffer))
	d.wait.Add(1)
	d.file.Write(data, at, func(err error) {
		defer d.wait.Done()
		if d.failed(err) == nil {
			d.files.client.release(data)
		}
		d.flight.Release(share)
	})
	return d.failed(nil)
}

// failed notes an error and returns the first.
func (d *sftpDraft) failed(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err == nil {
		d.err = err
	}
	return d.err
}

func (d *sftpDraft) Commit(ctx context.Context, a Attributes) error {
	if err := d.send(); err != nil {
		return d.why(ctx, err)
	}
	f := d.files
	err := f.call(ctx, func() error {
		d.wait.Wait()
		if err := d.failed(nil); err != nil {
			return err
		}
		return d.finish(a)
	})
	if err != nil {
		return d.why(ctx, err)
	}
	if err := checkSum(ctx, f, d.name, d.next, a.Sum); err != nil {
		return err
	}
	if err := f.Rename(ctx, d.name, d.target); err != nil {
		return err
	}
	d.done = true
	if d.dir == "" {
		return nil
	}
	err = f.call(ctx, func() error { return f.client.RemoveDirectory(d.dir) })
	if isLost(err) { // the file is in its place
		return d.clearAnew()
	}
	return err
}

// finish gives the file its owner and mode and brings it to the disk, where the server can do that.
func (d *sftpDraft) finish(a Attributes) error {
	if err := d.setOwner(a); err != nil {
		return err
	}
	if a.SetMode {
		has, err := d.hasMode(a.Mode)
		if err == nil && !has {
			err = d.file.Chmod(UnixMode(a.Mode))
		}
		if err != nil {
			return err
		}
	}
	if !a.Relaxed && d.files.client.Has(sftp.Fsync) {
		if err := d.file.Sync(); err != nil {
			return err
		}
	}
	err := d.file.Close()
	if err == nil && !a.ModTime.IsZero() {
		err = d.files.client.Chtimes(d.name, a.ModTime)
	}
	return err
}

func (d *sftpDraft) setOwner(a Attributes) error {
	if a.UID < 0 && a.GID < 0 {
		return nil
	}
	has, err := d.file.Stat()
	if err != nil {
		return err
	}
	info := sftpInfo(d.name, has)
	if uid, gid := info.Owner(a.UID, a.GID); uid != info.UID || gid != info.GID {
		return d.file.Chown(uid, gid)
	}
	return nil
}

// hasMode reports whether the file is known to have a mode, which new files get by themselves. It asks for that of the
// first one in a directory, and saves a request for each of the others.
func (d *sftpDraft) hasMode(want fs.FileMode) (bool, error) {
	if d.fresh == nil || d.dir != "" {
		return false, nil
	}
	has := d.fresh.mode.Load()
	if has == nil {
		a, err := d.file.Stat()
		if err != nil {
			return false, err
		}
		mode := FileMode(a.Mode)
		d.fresh.mode.Store(&mode)
		has = &mode
	}
	return *has == want, nil
}

// why explains a failure to write, of which SFTP has no words for the most frequent reason.
func (d *sftpDraft) why(ctx context.Context, err error) error {
	return d.files.whyNot(ctx, dirOf(d.target), d.files.explain(ctx, err))
}

func (d *sftpDraft) Discard() error {
	if d.done {
		return nil
	}
	d.done = true
	d.failed(os.ErrClosed)
	ctx, cancel := d.discardTime()
	defer cancel()
	err := d.files.call(ctx, d.clear)
	if isLost(err) {
		return d.clearAnew()
	}
	return err
}

// Leave implements Draft.
func (d *sftpDraft) Leave() {
	if d.done {
		return
	}
	d.done = true
	_ = d.files.conn.Start(func() { // fails when the connection has ended, and the file with it
		d.wait.Wait()
		_ = d.file.Close()
	})
}

// discardTime is the context of a removal.
func (d *sftpDraft) discardTime() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(d.ctx), discardLimit)
}

// clearAnew removes what is left of the draft over another connection: its own has failed.
func (d *sftpDraft) clearAnew() error {
	ctx, cancel := d.discardTime()
	defer cancel()
	select {
	case <-time.After(lostTime):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	files, release, err := d.files.conn.Again(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err = files.Remove(ctx, d.name, false); errors.Is(err, fs.ErrNotExist) {
		err = nil // it was not made, or is in its place
	}
	if d.dir == "" || err != nil {
		return err
	}
	if err = files.Remove(ctx, d.dir, true); errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return err
}

// lostTime is how long a server may still be at work on what it was sent, after the connection was lost.
const lostTime = 200 * time.Millisecond

// clear removes the file.
func (d *sftpDraft) clear() error {
	d.wait.Wait()
	_ = d.file.Close() // what it held is not wanted; commit may have closed it
	err := d.files.client.Remove(d.name)
	if d.dir != "" {
		err = errors.Join(err, d.files.client.RemoveDirectory(d.dir))
	}
	return err
}

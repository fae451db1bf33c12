package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Local are the files of this machine, as the user sees them who runs this program.
type Local struct{}

func (Local) Stat(_ context.Context, path string) (*Info, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return localInfo(info), nil
}

func (Local) Lstat(_ context.Context, path string) (*Info, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	f := localInfo(info)
	if f.IsLink() {
		f.Link, err = os.Readlink(path)
	}
	return f, err
}

func localInfo(info fs.FileInfo) *Info {
	f := &Info{Name: info.Name(), Size: info.Size(), Mode: info.Mode(), ModTime: info.ModTime()}
	if sys, ok := info.Sys().(*syscall.Stat_t); ok {
		f.UID, f.GID = int(sys.Uid), int(sys.Gid)
	}
	return f
}

// listedAtOnce is how many entries of a directory are looked at by one goroutine.
const listedAtOnce = 512

func (Local) List(ctx context.Context, path string) ([]*Info, error) {
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, err
	}
	list := make([]*Info, len(entries))
	var looking errgroup.Group
	for at := 0; at < len(entries); at += listedAtOnce {
		part := entries[at:min(at+listedAtOnce, len(entries))]
		looking.Go(func() error { return look(part, list[at:]) })
	}
	if err := looking.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(info *Info) bool { return info == nil }), ctx.Err()
}

// look finds out about entries; nil is put for one that was removed meanwhile.
func look(entries []fs.DirEntry, list []*Info) error {
	for i, entry := range entries {
		info, err := entry.Info()
		switch {
		case err == nil:
			list[i] = localInfo(info)
		case !errors.Is(err, fs.ErrNotExist):
			return err
		}
	}
	return nil
}

func (Local) Open(ctx context.Context, path string, from int64) (io.ReadCloser, error) {
	f, err := openLocal(path)
	if err != nil {
		return nil, err
	}
	if from > 0 {
		if _, err := f.Seek(from, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return &localReader{f, ctx}, nil
}

// openLocal opens a file for reading. A pipe that came in its place meanwhile cannot hold it up.
func openLocal(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}

func (l Local) Sum(ctx context.Context, path string, size int64) ([]byte, error) {
	return readSum(ctx, l, path, size)
}

// localReader reads until its context ends.
type localReader struct {
	file *os.File
	ctx  context.Context // of the reading alone
}

func (r *localReader) Read(b []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.file.Read(b)
}

func (r *localReader) Close() error { return r.file.Close() }

func (Local) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	flags, mode := os.O_WRONLY|os.O_CREATE|os.O_EXCL, fs.FileMode(0o666)
	if o.Private {
		mode = 0o600
	}
	if o.From > 0 {
		flags = os.O_WRONLY | syscall.O_NOFOLLOW
	}
	f, err := os.OpenFile(o.name(), flags, mode)
	if err != nil {
		return nil, err
	}
	if o.From > 0 {
		if _, err = f.Seek(o.From, io.SeekStart); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return &localDraft{file: f, target: o.Target, size: o.From, ctx: ctx}, nil
}

// localDraft is a file that is being written here.
type localDraft struct {
	file   *os.File
	target string
	size   int64
	ctx    context.Context // of the writing alone
	done   bool
}

func (d *localDraft) Write(b []byte) (int, error) {
	if err := d.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := d.file.Write(b)
	d.size += int64(n)
	return n, err
}

func (d *localDraft) Commit(ctx context.Context, a Attributes) error {
	if err := checkSum(ctx, Local{}, d.file.Name(), d.size, a.Sum); err != nil {
		return err
	}
	if a.UID >= 0 || a.GID >= 0 { // before the mode, some bits of which a new owner takes away
		if err := d.file.Chown(a.UID, a.GID); err != nil {
			return err
		}
	}
	if a.SetMode {
		if err := d.file.Chmod(a.Mode); err != nil {
			return err
		}
	}
	if !a.Relaxed {
		if err := d.file.Sync(); err != nil {
			return err
		}
	}
	if err := d.file.Close(); err != nil {
		return err
	}
	if !a.ModTime.IsZero() {
		if err := os.Chtimes(d.file.Name(), time.Time{}, a.ModTime); err != nil {
			return err
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := (Local{}).Rename(ctx, d.file.Name(), d.target); err != nil {
		return err
	}
	d.done = true
	if a.Relaxed {
		return nil
	}
	return syncDir(dirOf(d.target))
}

// syncDir brings the names in a directory to the disk. Not every file system can.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return nil // one that may be written, not read
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, syscall.ENOTSUP) {
		return err
	}
	return nil
}

func (d *localDraft) Discard() error {
	if d.done {
		return nil
	}
	d.done = true
	_ = d.file.Close() // what it held is not wanted; commit may have closed it
	return os.Remove(d.file.Name())
}

func (d *localDraft) Leave() {
	d.done = true
	_ = d.file.Close() // what is there is compared before it is used
}

// Rename does not look at what is there first, as os.Rename does: the system refuses to replace a directory.
func (Local) Rename(_ context.Context, from, to string) error { return syscall.Rename(from, to) }

func (Local) Remove(_ context.Context, path string, dir bool) error {
	if dir {
		return syscall.Rmdir(path)
	}
	return syscall.Unlink(path)
}

func (Local) Mkdir(_ context.Context, path string, mode fs.FileMode) error {
	if mode == 0 {
		return os.Mkdir(path, 0o777)
	}
	if err := os.Mkdir(path, mode.Perm()&0o700); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

func (Local) Symlink(_ context.Context, text, path string) error { return os.Symlink(text, path) }

func (Local) Chmod(_ context.Context, path string, mode fs.FileMode) error {
	return os.Chmod(path, mode)
}

func (Local) Chown(_ context.Context, path string, uid, gid int) error {
	return os.Chown(path, uid, gid)
}

func (Local) Chtimes(_ context.Context, path string, changed time.Time) error {
	return os.Chtimes(path, time.Time{}, changed)
}

func (Local) MayWrite(_ context.Context, dir string) (int, error) {
	return os.Geteuid(), unix.Faccessat(unix.AT_FDCWD, dir, unix.W_OK|unix.X_OK, unix.AT_EACCESS)
}

func (Local) Start(context.Context) (string, error) { return os.Getwd() }
func (Local) Home(context.Context) (string, error)  { return os.UserHomeDir() }

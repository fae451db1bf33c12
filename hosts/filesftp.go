package hosts

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"

	"github.com/pkg/sftp"
)

// sftpFiles are the files of a machine behind SSH, as the login user sees them.
type sftpFiles struct {
	conn   *sshConn
	client *sftp.Client
	packet int // bytes of a read or write
	host   *SSH
	shell  *Handle // for what SFTP cannot do
}

// askSFTP asks the server something, and leaves it behind when ctx ends: a frozen server answers never, and the
// keepalives end it. undo takes back what came too late; it may be nil.
func askSFTP[T any](ctx context.Context, f *sftpFiles, do func() (T, error), undo func(T)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer)
	var none T
	err := f.conn.pool.start(func() {
		value, err := do()
		select {
		case answers <- answer{value, err}:
		case <-ctx.Done():
			if err == nil && undo != nil {
				undo(value)
			}
		}
	})
	if err != nil {
		return none, err
	}
	select {
	case a := <-answers:
		return a.value, f.explain(ctx, a.err)
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}

// call is askSFTP for what gives no answer but its success.
func (f *sftpFiles) call(ctx context.Context, do func() error) error {
	_, err := askSFTP(ctx, f, func() (struct{}, error) { return struct{}{}, do() }, nil)
	return err
}

// explain makes the errors of a server those of the system, and that of a lost connection an *Error.
func (f *sftpFiles) explain(ctx context.Context, err error) error {
	var status *sftp.StatusError
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case errors.Is(err, os.ErrNotExist):
		return syscall.ENOENT
	case errors.Is(err, os.ErrPermission):
		return syscall.EACCES
	case errors.As(err, &status):
		if status.FxCode() == sftp.ErrSSHFxOpUnsupported {
			return errors.New("the server cannot do that over SFTP")
		}
		return errFailure
	case errors.Is(err, os.ErrClosed), errors.As(err, new(*Error)), errors.As(err, new(syscall.Errno)) && !isCut(err):
		return err
	}
	if f.conn.gone(ctx, err) {
		err = f.conn.ended()
	} else if errors.Is(err, io.EOF) || errors.Is(err, sftp.ErrSSHFxConnectionLost) {
		err = errors.New("the server ended the file transfer")
	}
	return &Error{Fault: Lost, Host: f.host.Slug(), Op: useFiles, Err: err}
}

// useFiles is what was tried, for errors of those who do not know for what; see fileUse.fault.
const useFiles = "use files"

// errFailure is all that SFTP says of most errors.
var errFailure = errors.New("the server refuses it without saying why")

func (f *sftpFiles) stat(ctx context.Context, path string) (*FileInfo, error) {
	return askSFTP(ctx, f, func() (*FileInfo, error) { return sftpInfo(f.client.Stat(path)) }, nil)
}

func (f *sftpFiles) lstat(ctx context.Context, path string) (*FileInfo, error) {
	return askSFTP(ctx, f, func() (*FileInfo, error) {
		info, err := sftpInfo(f.client.Lstat(path))
		if err == nil && info.IsLink() {
			info.Link, err = f.client.ReadLink(path)
		}
		return info, err
	}, nil)
}

func sftpInfo(info fs.FileInfo, err error) (*FileInfo, error) {
	if err != nil {
		return nil, err
	}
	f := &FileInfo{Name: info.Name(), Size: info.Size(), Mode: info.Mode(), ModTime: info.ModTime()}
	if sys, ok := info.Sys().(*sftp.FileStat); ok {
		f.UID, f.GID = int(sys.UID), int(sys.GID)
	}
	return f, nil
}

func (f *sftpFiles) list(ctx context.Context, path string) ([]*FileInfo, error) {
	return askSFTP(ctx, f, func() ([]*FileInfo, error) {
		entries, err := f.client.ReadDir(path)
		if err != nil {
			return nil, err
		}
		var list []*FileInfo
		for _, entry := range entries {
			info, err := sftpInfo(entry, nil)
			if err != nil {
				return nil, err
			}
			list = append(list, info)
		}
		return list, nil
	}, nil)
}

func (f *sftpFiles) rename(ctx context.Context, from, to string) error {
	if _, ok := f.client.HasExtension("posix-rename@openssh.com"); ok {
		return f.call(ctx, func() error { return f.client.PosixRename(from, to) })
	}
	err := f.call(ctx, func() error { return f.client.Rename(from, to) })
	if !errors.Is(err, errFailure) {
		return err
	}
	// SFTP itself has nothing that replaces a file at once. To remove it first would leave no file at all for a moment.
	return newShellFiles(f.shell, FileOptions{}).rename(ctx, from, to)
}

func (f *sftpFiles) remove(ctx context.Context, path string, dir bool) error {
	if dir {
		return f.call(ctx, func() error { return f.client.RemoveDirectory(path) })
	}
	return f.call(ctx, func() error { return f.client.Remove(path) })
}

func (f *sftpFiles) mkdir(ctx context.Context, path string, mode fs.FileMode) error {
	return f.call(ctx, func() error {
		err := f.client.Mkdir(path)
		if err == nil && mode != 0 {
			err = f.client.Chmod(path, mode)
		}
		return err
	})
}

func (f *sftpFiles) symlink(ctx context.Context, text, path string) error {
	return f.call(ctx, func() error { return f.client.Symlink(text, path) })
}

func (f *sftpFiles) chmod(ctx context.Context, path string, mode fs.FileMode) error {
	return f.call(ctx, func() error { return f.client.Chmod(path, mode) })
}

func (f *sftpFiles) chown(ctx context.Context, path string, uid, gid int) error {
	return f.call(ctx, func() error {
		if uid < 0 || gid < 0 { // SFTP sets both
			info, err := sftpInfo(f.client.Stat(path))
			if err != nil {
				return err
			}
			uid, gid = info.owner(uid, gid)
		}
		return f.client.Chown(path, uid, gid)
	})
}

// owner returns what a file belongs to once the IDs are set that are not negative.
func (f *FileInfo) owner(uid, gid int) (int, int) {
	if uid < 0 {
		uid = f.UID
	}
	if gid < 0 {
		gid = f.GID
	}
	return uid, gid
}

// mayWrite asks a shell: SFTP does not tell who one is. A host without a shell finds out when it is tried.
func (f *sftpFiles) mayWrite(ctx context.Context, dir string) (int, error) {
	uid, err := newShellFiles(f.shell, FileOptions{}).mayWrite(ctx, dir)
	var failure *Error
	if errors.As(err, &failure) && failure.Fault == Unreachable {
		return -1, nil
	}
	return uid, err
}

func (f *sftpFiles) start(ctx context.Context) (string, error) {
	return askSFTP(ctx, f, func() (string, error) { return f.client.RealPath(".") }, nil)
}

// home is where the server starts, which needs no shell.
func (f *sftpFiles) home(ctx context.Context) (string, error) { return f.start(ctx) }

func (f *sftpFiles) open(ctx context.Context, name string) (io.ReadCloser, error) {
	return askSFTP(ctx, f, func() (*sftpReader, error) {
		file, err := f.client.Open(name)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return &sftpReader{files: f, file: file, size: info.Size(), ctx: ctx}, nil
	}, func(r *sftpReader) { _ = r.file.Close() }) // nobody waits for it
}

func (f *sftpFiles) create(ctx context.Context, target string, private bool) (draft, error) {
	d := &sftpDraft{files: f, target: target, name: draftName(target), ctx: ctx, places: make(chan struct{}, requestsOnce)}
	if private {
		// SFTP cannot create a file with a mode. One that is made private after that may have been opened before.
		d.dir = d.name
		d.name = path.Join(d.dir, "draft")
	}
	begun, err := askSFTP(ctx, f, d.begin, func(d *sftpDraft) { _ = d.clear() }) // nobody waits for it
	if isLost(err) {
		err = errors.Join(err, d.clearAnew())
	}
	if err != nil {
		return nil, err
	}
	return begun, nil
}

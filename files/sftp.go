package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"deployer/internal/sftp"
)

// SFTP are the files of a machine behind SSH, as the login user sees them.
type SFTP struct {
	client *SFTPClient
	conn   Conn
	shell  *Shell // for what SFTP cannot do
}

// NewSFTP returns the files that a client reaches. shell does what SFTP cannot do.
func NewSFTP(client *SFTPClient, conn Conn, shell *Shell) *SFTP { return &SFTP{client, conn, shell} }

// Conn is the connection that SFTP goes over.
type Conn interface {
	// Start runs a task in a goroutine of its own, for which the owner of the connection waits.
	Start(task func()) error
	// Lost returns why the connection was lost, or nil if it was not. Something has just failed with err.
	Lost(ctx context.Context, err error) error
	// Again returns the same files over another connection, until release is called.
	Again(ctx context.Context) (again System, release func(), err error)
}

// askSFTP asks the server something, and leaves it behind when ctx ends: a frozen server answers never, and the
// keepalives end it. undo takes back what came too late; it may be nil.
func askSFTP[T any](ctx context.Context, f *SFTP, do func() (T, error), undo func(T)) (T, error) {
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer)
	var none T
	err := f.conn.Start(func() {
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
func (f *SFTP) call(ctx context.Context, do func() error) error {
	_, err := askSFTP(ctx, f, func() (struct{}, error) { return struct{}{}, do() }, nil)
	return err
}

// explain makes the errors of a server those of the system, and that of a lost connection a *LostError.
func (f *SFTP) explain(ctx context.Context, err error) error {
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
		return refusal(status)
	case errors.Is(err, os.ErrClosed), isLost(err), errors.As(err, new(refused)), errors.As(err, new(syscall.Errno)) && !isCut(err):
		return err
	}
	if lost := f.conn.Lost(ctx, err); lost != nil {
		err = lost
	} else if isCut(err) || errors.Is(err, sftp.ErrEnded) {
		err = errors.New("the server ended the file transfer")
	}
	return &LostError{err}
}

// isCut reports whether the other side, or something on the way, ended the connection.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// refusal is what a server says of an error that SFTP has no number for. Some say it in words.
func refusal(status *sftp.StatusError) error {
	for _, errno := range knownErrors {
		if strings.HasSuffix(strings.ToLower(status.Message), errno.Error()) {
			return errno
		}
	}
	switch status.Code {
	case sftp.CodeUnsupported:
		return refused("the server cannot do that over SFTP")
	case sftp.CodeBadMessage:
		return refused("the server takes the path for invalid: it may be too long")
	}
	return errFailure
}

// refused is an answer of a server, which therefore lives.
type refused string

func (r refused) Error() string { return string(r) }

// errFailure is all that SFTP says of most errors.
const errFailure refused = "the server refuses it without saying why"

func (f *SFTP) Stat(ctx context.Context, name string) (*Info, error) {
	return askSFTP(ctx, f, func() (*Info, error) { return sftpStat(name, f.client.Stat) }, nil)
}

func (f *SFTP) Lstat(ctx context.Context, name string) (*Info, error) {
	return askSFTP(ctx, f, func() (*Info, error) {
		info, err := sftpStat(name, f.client.Lstat)
		if err == nil && info.IsLink() {
			info.Link, err = f.client.ReadLink(name)
		}
		return info, err
	}, nil)
}

func sftpStat(name string, stat func(string) (sftp.Attributes, error)) (*Info, error) {
	a, err := stat(name)
	if err != nil {
		return nil, err
	}
	return sftpInfo(name, a), nil
}

func sftpInfo(name string, a sftp.Attributes) *Info {
	return &Info{Name: path.Base(name), Size: a.Size, Mode: typeOf(a.Mode) | FileMode(a.Mode), ModTime: a.ModTime,
		UID: a.UID, GID: a.GID}
}

// typeOf returns the type of a file, which Unix numbers as well.
func typeOf(mode uint32) fs.FileMode {
	switch mode & syscall.S_IFMT {
	case syscall.S_IFDIR:
		return fs.ModeDir
	case syscall.S_IFLNK:
		return fs.ModeSymlink
	case syscall.S_IFIFO:
		return fs.ModeNamedPipe
	case syscall.S_IFSOCK:
		return fs.ModeSocket
	case syscall.S_IFBLK:
		return fs.ModeDevice
	case syscall.S_IFCHR:
		return fs.ModeDevice | fs.ModeCharDevice
	}
	return 0
}

func (f *SFTP) List(ctx context.Context, path string) ([]*Info, error) {
	return askSFTP(ctx, f, func() ([]*Info, error) {
		entries, err := f.client.ReadDir(path)
		if err != nil {
			return nil, err
		}
		var list []*Info
		for _, e := range entries {
			list = append(list, sftpInfo(e.Name, e.Attributes))
		}
		return list, nil
	}, nil)
}

func (f *SFTP) Rename(ctx context.Context, from, to string) error {
	err := f.call(ctx, func() error { return f.client.Rename(from, to) })
	if f.client.Has(sftp.PosixRename) || !errors.Is(err, errFailure) {
		return f.notRenamed(ctx, from, to, err)
	}
	// SFTP itself has nothing that replaces a file at once. To remove it first would leave no file at all for a moment.
	return f.shell.Rename(ctx, from, to)
}

func (f *SFTP) Remove(ctx context.Context, path string, dir bool) error {
	do := f.client.Remove
	if dir {
		do = f.client.RemoveDirectory
	}
	return f.fixed(ctx, dirOf(path), f.call(ctx, func() error { return do(path) }))
}

func (f *SFTP) Mkdir(ctx context.Context, path string, mode fs.FileMode) error {
	err := f.call(ctx, func() error {
		err := f.client.Mkdir(path)
		if err == nil && mode != 0 {
			err = f.client.Chmod(path, UnixMode(mode))
		}
		return err
	})
	return f.whyNot(ctx, dirOf(path), err)
}

func (f *SFTP) Chtimes(ctx context.Context, path string, changed time.Time) error {
	return f.call(ctx, func() error { return f.client.Chtimes(path, changed) })
}

func (f *SFTP) Symlink(ctx context.Context, text, path string) error {
	err := f.call(ctx, func() error { return f.client.Symlink(text, path) })
	if err != nil || f.client.Has(sftp.Fsync) { // OpenSSH
		return f.whyNot(ctx, dirOf(path), err)
	}
	info, err := f.Lstat(ctx, path)
	if err != nil || info.Link == text {
		return err
	}
	// A server that makes relative links absolute.
	if err := f.Remove(ctx, path, false); err != nil {
		return err
	}
	return f.shell.Symlink(ctx, text, path)
}

func (f *SFTP) Chmod(ctx context.Context, path string, mode fs.FileMode) error {
	err := f.call(ctx, func() error { return f.client.Chmod(path, UnixMode(mode)) })
	return f.fixed(ctx, path, err)
}

func (f *SFTP) Chown(ctx context.Context, path string, uid, gid int) error {
	err := f.call(ctx, func() error {
		if uid < 0 || gid < 0 { // SFTP sets both
			info, err := sftpStat(path, f.client.Stat)
			if err != nil {
				return err
			}
			uid, gid = info.Owner(uid, gid)
		}
		return f.client.Chown(path, uid, gid)
	})
	return f.fixed(ctx, path, err)
}

// MayWrite asks a shell: SFTP does not tell who one is.
func (f *SFTP) MayWrite(ctx context.Context, dir string) (int, error) {
	return f.shell.MayWrite(ctx, dir)
}

func (f *SFTP) Start(ctx context.Context) (string, error) {
	return askSFTP(ctx, f, func() (string, error) { return f.client.RealPath(".") }, nil)
}

// Home is where the server starts, which needs no shell.
func (f *SFTP) Home(ctx context.Context) (string, error) { return f.Start(ctx) }

func (f *SFTP) Open(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	return askSFTP(ctx, f, func() (*sftpReader, error) {
		file, err := f.client.Open(name, sftp.Read)
		if err != nil {
			return nil, err
		}
		info, err := file.Stat()
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		return &sftpReader{files: f, file: file, size: info.Size, next: from, ctx: ctx}, nil
	}, func(r *sftpReader) { _ = r.file.Close() }) // nobody waits for it
}

// Sum has the machine read what is large, if it has something to do that with.
func (f *SFTP) Sum(ctx context.Context, name string, size int64) ([]byte, error) {
	const large = 1 << 20
	if size > large {
		if sum, err := f.shell.tooled(ctx, name, size); err == nil || ctx.Err() != nil {
			return sum, err
		}
	}
	return readSum(ctx, f, name, size)
}

func (f *SFTP) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	d := f.newDraft(ctx, o)
	err := f.finish(ctx, func() error {
		err := d.begin()
		if err == nil && ctx.Err() != nil {
			err = left(context.Cause(ctx), d.target, d.clear())
		}
		return f.explain(ctx, err)
	})
	if isLost(err) {
		err = left(err, d.target, d.clearAnew())
	}
	if err != nil {
		return nil, f.whyNot(ctx, dirOf(d.target), err)
	}
	return d, nil
}

// finish waits for a task that takes back what it has done when ctx ends; for that, not for ever.
func (f *SFTP) finish(ctx context.Context, do func() error) error {
	done := make(chan error, 1)
	if err := f.conn.Start(func() { done <- do() }); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-done:
		return err
	case <-time.After(discardLimit):
		return context.Cause(ctx)
	}
}

func (f *SFTP) newDraft(ctx context.Context, o CreateOptions) *sftpDraft {
	d := &sftpDraft{files: f, target: o.Target, name: o.name(), fresh: o.Fresh, next: o.From, ctx: ctx}
	if o.Private {
		// SFTP cannot create a file with a mode. One that is made private after that may have been opened before.
		d.dir = d.name
		d.name = below(d.dir, privateDraft)
	}
	return d
}

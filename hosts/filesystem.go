package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"
)

// fileSystem is the files of a host as one account sees them: over SFTP, here, or through commands; in a sandbox with
// what would have been changed laid over it. Paths are absolute and clean. Errors are syscall.Errno where the host says
// what is wrong, so that they are the same on every way.
type fileSystem interface {
	// stat follows symbolic links; lstat does not, and fills in FileInfo.Link.
	stat(ctx context.Context, path string) (*FileInfo, error)
	lstat(ctx context.Context, path string) (*FileInfo, error)
	// list is in any order, and follows no links.
	list(ctx context.Context, path string) ([]*FileInfo, error)
	// open opens a file that is known to be regular. ctx bounds all that is read.
	open(ctx context.Context, path string) (io.ReadCloser, error)
	// create starts to write the file that will be at target. Before that nobody else can read it if it is private.
	// ctx bounds all that is written.
	create(ctx context.Context, target string, private bool) (draft, error)
	// rename replaces a file, but no directory.
	rename(ctx context.Context, from, to string) error
	// remove removes a file, a symbolic link or an empty directory.
	remove(ctx context.Context, path string, dir bool) error
	mkdir(ctx context.Context, path string, mode fs.FileMode) error
	symlink(ctx context.Context, text, path string) error
	chmod(ctx context.Context, path string, mode fs.FileMode) error
	chown(ctx context.Context, path string, uid, gid int) error
	// mayWrite returns who would write in a directory (0 is root, -1 not known), or that they may not. For a sandbox.
	mayWrite(ctx context.Context, dir string) (uid int, err error)
	// start is where relative paths begin; home is what ~ stands for, also under sudo.
	start(ctx context.Context) (string, error)
	home(ctx context.Context) (string, error)
}

// draft is a file that is being written, beside the one that it will be.
type draft interface {
	io.Writer
	// commit puts it in its place at once, when all of it is on the disk there. A draft that could not be committed
	// must be discarded.
	commit(ctx context.Context, a attributes) error
	// discard removes it, also when ctx of create has ended. After commit it does nothing.
	discard() error
}

// attributes are what a new file gets.
type attributes struct {
	mode     fs.FileMode
	setMode  bool
	uid, gid int // -1: as it comes
}

// filer is a Host with a way to its files that is better than commands.
type filer interface {
	// files returns the files as the login user sees them, until release is called; nil if only commands reach them.
	files(ctx context.Context, s *Session) (filesystem fileSystem, release func(), err error)
}

// fileUse is one use of the files of a host.
type fileUse struct {
	h       *Handle
	op      string // "read", for errors
	name    string // the path as it was given
	path    string // the same, absolute
	options FileOptions
	sandbox bool
	here    bool // it is the end of a transfer that is this machine
	inside  bool // it is in a directory that is copied
	fs      fileSystem
	release func()
}

// withFiles does something with a file.
func (h *Handle) withFiles(ctx context.Context, op, name string, o FileOptions, do func(*fileUse) error) error {
	u, err := h.files(ctx, op, name, o)
	if err != nil {
		return err
	}
	defer u.close()
	if err := do(u); err != nil {
		return u.fault(ctx, err)
	}
	return nil
}

// files opens the way to a file of a host that somebody asked for. Its errors are *Error.
func (h *Handle) files(ctx context.Context, op, name string, o FileOptions) (*fileUse, error) {
	h.session.used.add(h.Slug())
	return h.use(ctx, op, name, o)
}

func (h *Handle) use(ctx context.Context, op, name string, o FileOptions) (*fileUse, error) {
	u := &fileUse{h: h, op: op, name: name, options: o, sandbox: o.Sandbox || ScopeOf(ctx).Sandbox, release: func() {}}
	if err := u.refuse(); err != nil {
		return nil, err
	}
	err := u.connect(ctx)
	if err == nil {
		u.path, err = u.absolute(ctx, name)
	}
	if err != nil {
		u.close()
		return nil, u.fault(ctx, err)
	}
	return u, nil
}

func (u *fileUse) close() { u.release() }

// connect finds the way to the files.
func (u *fileUse) connect(ctx context.Context) error {
	if host, ok := u.h.host.(filer); ok && !u.options.Sudo {
		files, release, err := host.files(ctx, u.h.session)
		if err != nil {
			return err
		}
		if files != nil {
			u.fs, u.release = files, release
		}
	}
	if u.fs == nil {
		u.fs = newShellFiles(u.h, u.options)
	}
	if u.sandbox {
		u.fs = u.h.session.sandboxOf(u.h.host).over(u.fs)
	}
	return nil
}

// refuse returns an error for what must not be tried.
func (u *fileUse) refuse() error {
	switch {
	case u.name == "":
		return u.refused(errors.New("the path is empty"), "")
	case strings.ContainsRune(u.name+u.h.dir+u.options.User, 0):
		return u.refused(errors.New("the path contains a NUL byte"), "")
	case u.h.session.Secrets().Has(u.name + "\n" + u.h.dir + "\n" + u.options.User):
		return u.refused(errors.New("a secret is part of the path, where others can read it"), "give the file another name")
	case u.options.User != "" && !u.options.Sudo:
		return u.refused(errors.New("user= works with sudo only"), "add use_sudo=True")
	}
	return nil
}

func (u *fileUse) refused(err error, hint string) error {
	return &Error{Fault: Refused, Host: u.h.Slug(), Op: u.what(), Sudo: u.options.Sudo, Err: err, Hint: hint}
}

func (u *fileUse) what() string { return u.op + " " + u.name }

// fault makes an *Error of what went wrong, or an *UnknownError of what a sandbox cannot know.
func (u *fileUse) fault(ctx context.Context, err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		if failure.Op == useFiles {
			failure.Op = u.what()
		}
		return err
	}
	if u.sandbox && ctx.Err() == nil {
		var here *hereError
		var unknown *UnknownError
		if !errors.As(err, &here) && errors.As(u.h.session.sandboxOf(u.h.host).missing(err), &unknown) {
			return unknown
		}
	}
	e := &Error{Fault: Files, Host: u.h.Slug(), Op: u.what(), Sudo: u.options.Sudo, Err: plainFileError(err)}
	switch {
	case ctx.Err() != nil:
		e.Fault, e.Err = Interrupted, context.Cause(ctx)
	case errors.Is(err, fs.ErrPermission) && !u.options.Sudo:
		e.Hint = "use sudo, or log in as a user who may"
	}
	return e
}

// plainFileError takes off what Go's packages write around an error, which names the path once more.
func plainFileError(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) && err == error(at) {
		return at.Err
	}
	return err
}

// absolute makes a path absolute: it follows the directory of the handle, and a leading ~ is a home directory.
func (u *fileUse) absolute(ctx context.Context, name string) (string, error) {
	full := name
	if !path.IsAbs(name) && !homeDir.MatchString(name) && u.h.dir != "" {
		full = u.h.dir + "/" + name
	}
	home := homeDir.FindString(full)
	var dir string
	var err error
	switch user := strings.Trim(home, "~/"); {
	case path.IsAbs(full):
		return path.Clean(full), nil
	case user != "":
		dir, err = u.h.session.Handle(u.h.host).Cd("~" + user).Getcwd(ctx)
	case home != "":
		dir, err = u.fs.home(ctx)
	default:
		dir, err = u.fs.start(ctx)
	}
	if err == nil && !path.IsAbs(dir) {
		err = fmt.Errorf("the host does not say where %q is", full)
	}
	return path.Join(dir, full[len(home):]), err
}

// openFile opens a regular file. Anything else could keep the reader waiting for ever, or the whole SFTP server.
func openFile(ctx context.Context, files fileSystem, path string) (io.ReadCloser, error) {
	info, err := files.stat(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := mustBeFile(info); err != nil {
		return nil, err
	}
	return files.open(ctx, path)
}

func mustBeFile(info *FileInfo) error {
	switch {
	case info.IsDir():
		return syscall.EISDIR
	case !info.IsFile():
		return errors.New("it is not a regular file")
	}
	return nil
}

// maxLinks is how many symbolic links may lead to a file, as in Linux.
const maxLinks = 40

// follow returns the path that a path leads to, which is no symbolic link, and what is there, or nil. The path may
// contain "..", which the host alone can resolve: a directory before it may be a link.
func follow(ctx context.Context, files fileSystem, name string) (string, *FileInfo, error) {
	for range maxLinks {
		info, err := files.lstat(ctx, name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil, nil
		case err != nil || !info.IsLink():
			return name, info, err
		case path.IsAbs(info.Link):
			name = info.Link
		default:
			name = dirOf(name) + "/" + info.Link
		}
	}
	return name, nil, syscall.ELOOP
}

// dirOf returns the directory that a path is in, for the host to resolve.
func dirOf(name string) string {
	name = strings.TrimRight(name, "/")
	if dir := strings.TrimRight(name[:strings.LastIndexByte(name, '/')+1], "/"); dir != "" {
		return dir
	}
	return "/"
}

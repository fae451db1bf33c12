package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"deployer/files"
)

// filer is a Host with a way to its files that is better than commands.
type filer interface {
	// files returns the files as the login user sees them, until release is called; nil if only commands reach them.
	files(ctx context.Context, s *Session) (filesystem files.System, release func(), err error)
}

// Without it files would be reached all the same, through a shell for each.
var _, _ filer = (*Local)(nil), (*SSH)(nil)

// fileUse is one use of the files of a host.
type fileUse struct {
	h       *Handle
	op      string // "read", for errors
	name    string // the path as it was given
	path    string // the same, absolute
	options FileOptions
	sandbox bool
	here    bool // it is the end of a transfer that is this machine
	fs      files.System
	release func()
	served  *served      // what is there in place of commands; nil for nothing
	ahead   *files.Ahead // what was read of them ahead; nil: nothing
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
	h.begin()
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
func (u *fileUse) connect(ctx context.Context) (err error) {
	u.fs, u.release, err = u.system(ctx)
	return err
}

// system returns the files, until release is called.
func (u *fileUse) system(ctx context.Context) (on files.System, release func(), err error) {
	release = func() {}
	if host, ok := u.h.host.(filer); ok && !u.options.Sudo {
		there, free, err := host.files(ctx, u.h.session)
		if err != nil {
			return nil, release, lostFiles(err)
		}
		if there != nil {
			on, release = there, free
		}
	}
	if u.ahead != nil {
		on = u.ahead
	}
	if on == nil && u.served != nil {
		if on, err = u.served.system(ctx); err != nil {
			return nil, release, err
		}
	}
	if on == nil {
		on = newShellFiles(u.h, u.options)
	}
	if u.sandbox {
		on = u.h.session.sandboxOf(u.h.host).Over(on, u.account())
	}
	return on, release, nil
}

// account is who uses the files; "" for the login user.
func (u *fileUse) account() string {
	if !u.options.Sudo {
		return ""
	}
	return cmp.Or(u.options.User, "root")
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

func (u *fileUse) what() string { return u.op + " " + files.Shown(u.name) }

// fault makes an *Error of what went wrong, or an *UnknownError of what a sandbox cannot know.
func (u *fileUse) fault(ctx context.Context, err error) error {
	if left := u.h.session.posts.hasLeft(u.h.Slug()); left != nil && !u.here {
		return &Error{Fault: Parked, Host: u.h.Slug(), Op: u.what(), Sudo: u.options.Sudo, Err: left}
	}
	var failure *Error
	if errors.As(err, &failure) {
		if failure.Op != useFiles {
			return err
		}
		named := *failure // others may be reading it: the end of a copy is the end of all its files
		named.Op = u.what()
		return &named
	}
	if u.sandbox && ctx.Err() == nil {
		command := u.h.session.sandboxOf(u.h.host).MayHaveMade(err)
		if command != "" && !errors.As(err, new(*hereError)) {
			return &UnknownError{command}
		}
	}
	e := &Error{Fault: Files, Host: u.h.Slug(), Op: u.what(), Sudo: u.options.Sudo, Err: plainFileError(err)}
	switch lost := (*files.LostError)(nil); {
	case ctx.Err() != nil:
		e.Fault, e.Err = Interrupted, context.Cause(ctx)
	case errors.As(err, &lost):
		e.Fault, e.Err = Lost, lost.Err
	default:
		e.Hint = u.next(err)
	}
	return e
}

// next is what to do about an error.
func (u *fileUse) next(err error) string {
	here := errors.As(err, new(*hereError))
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room there, and do it again: what is complete stays"
	case errors.Is(err, fs.ErrPermission) && here:
		return "run this as a user who may"
	case errors.Is(err, fs.ErrPermission) && !u.options.Sudo:
		return "use sudo, or log in as a user who may"
	}
	return ""
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
		dir, err = u.h.homeOf(ctx, "~"+user)
	case home != "":
		dir, err = u.fs.Home(ctx)
	default:
		dir, err = u.fs.Start(ctx)
	}
	if err == nil && !path.IsAbs(dir) {
		err = fmt.Errorf("the host does not say where %q is", full)
	}
	return path.Join(dir, full[len(home):]), err
}

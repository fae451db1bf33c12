package hosts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"time"

	"deployer/files"
	"deployer/journal"
)

// MkdirOptions say how a directory is made.
type MkdirOptions struct {
	FileOptions
	Mode    fs.FileMode // permissions of one that is made; 0: what the host gives new ones
	Owner   string      // as in WriteOptions, of one that is made
	Parents bool        // those above it too, with the default mode
}

// Mkdir makes sure that there is a directory, and reports whether it made it.
func (h *Handle) Mkdir(ctx context.Context, name string, o MkdirOptions) (changed bool, err error) {
	return h.change(ctx, "make directory", name, o.FileOptions, journal.FileMkdir,
		func(u *fileUse, e *journal.Event) (bool, error) {
			uid, gid, err := u.ownerIDs(ctx, o.Owner)
			if err != nil {
				return false, err
			}
			e.Owner = o.Owner
			if o.Mode != 0 {
				e.Mode = files.ModeText(o.Mode)
			}
			made, err := u.mkdir(ctx, u.path, o.Mode, o.Parents)
			if err == nil && made && o.Owner != "" {
				err = u.fs.Chown(ctx, u.path, uid, gid)
			}
			return made, err
		})
}

func (u *fileUse) mkdir(ctx context.Context, name string, mode fs.FileMode, parents bool) (made bool, err error) {
	info, err := u.fs.Stat(ctx, name)
	switch {
	case err == nil && !info.IsDir():
		return false, syscall.EEXIST
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	if parents && name != "/" {
		if _, err := u.mkdir(ctx, path.Dir(name), 0, true); err != nil {
			return false, err
		}
	}
	err = u.fs.Mkdir(ctx, name, mode)
	if err == nil || ctx.Err() != nil {
		return err == nil, err
	}
	if info, failed := u.fs.Stat(ctx, name); failed == nil && info.IsDir() {
		return false, nil // somebody else has made it meanwhile
	}
	return false, err
}

// RemoveOptions say what may be removed.
type RemoveOptions struct {
	FileOptions
	Recursive bool // a directory with all that is in it
}

// Remove makes sure that there is nothing at path, and reports whether there was. It removes a symbolic link, not what
// it points at.
func (h *Handle) Remove(ctx context.Context, name string, o RemoveOptions) (changed bool, err error) {
	return h.change(ctx, "remove", name, o.FileOptions, journal.FileRemove,
		func(u *fileUse, _ *journal.Event) (bool, error) {
			info, err := u.fs.Lstat(ctx, u.path)
			if errors.Is(err, fs.ErrNotExist) {
				return false, nil
			}
			if err != nil {
				return false, err
			}
			return true, u.remove(ctx, info, o.Recursive)
		})
}

func (u *fileUse) remove(ctx context.Context, info *FileInfo, recursive bool) error {
	switch {
	case !info.IsDir():
		return u.fs.Remove(ctx, u.path, false)
	case recursive:
		return files.RemoveTree(ctx, u.fs, u.path, u.sandbox)
	}
	list, err := u.fs.List(ctx, u.path)
	if err == nil && len(list) > 0 {
		err = syscall.ENOTEMPTY
	}
	if err != nil {
		return err
	}
	return u.fs.Remove(ctx, u.path, true)
}

// Rename gives a file or directory another name on the same file system. It replaces a file that has that name, but no
// directory. The new path follows Cd like the old one.
func (h *Handle) Rename(ctx context.Context, from, to string, o FileOptions) error {
	_, err := h.change(ctx, "rename", to, o, journal.FileRename, func(u *fileUse, e *journal.Event) (bool, error) {
		old, err := u.absolute(ctx, from)
		if err != nil {
			return false, err
		}
		e.From = old
		info, err := u.fs.Lstat(ctx, old)
		if err != nil {
			return false, fmt.Errorf("%s: %w", files.Shown(old), plainFileError(err))
		}
		if err := u.mayTake(ctx, old, info); err != nil {
			return false, err
		}
		return true, u.fs.Rename(ctx, old, u.path)
	})
	return err
}

// mayTake reports what keeps something from getting this path: machines do not always say.
func (u *fileUse) mayTake(ctx context.Context, old string, info *FileInfo) error {
	there, err := u.fs.Lstat(ctx, u.path)
	switch {
	case err == nil && there.IsDir():
		return syscall.EISDIR
	case err == nil && info.IsDir() && !there.IsDir():
		return syscall.ENOTDIR
	case info.IsDir() && strings.HasPrefix(u.path, old+"/"):
		return errors.New("a directory cannot be moved into itself")
	case err == nil || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir := path.Dir(u.path)
	if above, err := u.fs.Stat(ctx, dir); errors.Is(err, fs.ErrNotExist) || err == nil && !above.IsDir() {
		return fmt.Errorf("there is no directory %s", files.Shown(dir))
	}
	return nil
}

// Chmod makes sure that a file has a mode, and reports whether it had not.
func (h *Handle) Chmod(ctx context.Context, name string, mode fs.FileMode, o FileOptions) (changed bool, err error) {
	return h.change(ctx, "set the mode of", name, o, journal.FileChmod, func(u *fileUse, e *journal.Event) (bool, error) {
		e.Mode = files.ModeText(mode)
		info, err := u.fs.Stat(ctx, u.path)
		if err != nil || info.Mode&files.ModeBits == mode&files.ModeBits {
			return false, err
		}
		return true, u.fs.Chmod(ctx, u.path, mode&files.ModeBits)
	})
}

// Chown makes sure that a file belongs to owner, as in WriteOptions, and reports whether it did not.
func (h *Handle) Chown(ctx context.Context, name, owner string, o FileOptions) (changed bool, err error) {
	return h.change(ctx, "set the owner of", name, o, journal.FileChown, func(u *fileUse, e *journal.Event) (bool, error) {
		e.Owner = owner
		uid, gid, err := u.ownerIDs(ctx, owner)
		if err != nil {
			return false, err
		}
		info, err := u.fs.Stat(ctx, u.path)
		if err != nil {
			return false, err
		}
		if uid, gid = info.Owner(uid, gid); uid == info.UID && gid == info.GID {
			return false, nil
		}
		return true, u.fs.Chown(ctx, u.path, uid, gid)
	})
}

// Symlink makes sure that there is a symbolic link that says text, and reports whether it made it. It replaces another
// link at once, and nothing else.
func (h *Handle) Symlink(ctx context.Context, text, name string, o FileOptions) (changed bool, err error) {
	return h.change(ctx, "link", name, o, journal.FileLink, func(u *fileUse, e *journal.Event) (bool, error) {
		e.From = text
		return files.SetLink(ctx, u.fs, text, u.path)
	})
}

// change does something with a file and records it.
func (h *Handle) change(ctx context.Context, op, name string, o FileOptions, kind journal.Kind,
	do func(*fileUse, *journal.Event) (bool, error)) (changed bool, err error) {
	u, err := h.files(ctx, op, name, o)
	if err != nil {
		return false, err
	}
	defer u.close()
	e, begun := u.event(kind), time.Now()
	changed, err = do(u, &e)
	if err != nil {
		changed = false
	}
	return changed, u.record(ctx, e, begun, changed, err)
}

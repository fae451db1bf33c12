package hosts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"syscall"
	"time"

	"deployer/journal"
)

// PutDir makes a directory of the host hold what one of this machine holds, with all that is below, and reports whether
// anything changed. Files and directories get the modes that they have here, and symbolic links stay links, which say
// the same. What else is there is left alone. Inside the directory a link of the host that is in the way is replaced,
// and never followed. Pipes, sockets and devices are left out, with a warning. Of o the Mode has no meaning.
func (h *Handle) PutDir(ctx context.Context, local, path string, o WriteOptions) (changed bool, err error) {
	return h.transfer(ctx, local, path, o, journal.FilePut, func(t *transfer) (bool, error) {
		return t.dir(ctx, t.here, t.there, o.Owner)
	})
}

// GetDir is PutDir the other way.
func (h *Handle) GetDir(ctx context.Context, path, local string, o FileOptions) (changed bool, err error) {
	return h.transfer(ctx, local, path, WriteOptions{FileOptions: o}, journal.FileGet, func(t *transfer) (bool, error) {
		return t.dir(ctx, t.there, t.here, "")
	})
}

// dir copies a directory.
func (t *transfer) dir(ctx context.Context, from, to *fileUse, owner string) (changed bool, err error) {
	begun := time.Now()
	info, err := from.fs.Stat(ctx, from.path)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err = from.explain(err); err != nil {
		return false, t.record(ctx, to.event(t.kind), begun, from, false, err)
	}
	return t.below(ctx, from, to, info, owner)
}

// below makes a directory and copies what is in it.
func (t *transfer) below(ctx context.Context, from, to *fileUse, info *FileInfo, owner string) (bool, error) {
	begun := time.Now()
	mode := info.Mode.Perm()
	made, err := to.makeDir(ctx, mode|0o700, owner) // it must be possible to write in it, until all is there
	if made || err != nil {
		if err = t.record(ctx, to.event(t.kind), begun, from, made, to.explain(err)); err != nil {
			return false, err
		}
	}
	list, err := from.fs.List(ctx, from.path)
	if err = from.explain(err); err != nil {
		return made, t.record(ctx, to.event(t.kind), begun, from, false, err)
	}
	changed := made
	slices.SortFunc(list, func(a, b *FileInfo) int { return strings.Compare(a.Name, b.Name) })
	for _, entry := range list {
		more, err := t.entry(ctx, from.below(entry.Name), to.below(entry.Name), entry, owner)
		changed = changed || more
		if err != nil {
			return changed, err
		}
	}
	if made && mode&0o700 != 0o700 {
		err = to.fs.Chmod(ctx, to.path, mode)
	}
	if err = to.explain(err); err != nil {
		err = t.record(ctx, to.event(t.kind), begun, from, false, err)
	}
	return changed, err
}

// entry copies one entry of a directory.
func (t *transfer) entry(ctx context.Context, from, to *fileUse, entry *FileInfo, owner string) (bool, error) {
	begun := time.Now()
	if err := plainName(entry.Name); err != nil {
		return false, t.record(ctx, to.event(t.kind), begun, from, false, err)
	}
	switch {
	case entry.IsDir():
		return t.below(ctx, from, to, entry, owner)
	case entry.IsFile():
		return t.file(ctx, from, to, WriteOptions{Mode: entry.Mode.Perm(), Owner: owner})
	case entry.IsLink():
		changed, err := t.link(ctx, from, to)
		if !changed && err == nil {
			return false, nil
		}
		return changed, t.record(ctx, to.event(t.kind), begun, from, changed, err)
	}
	t.there.warn(ctx, fmt.Sprintf("%s was left out: it is neither a file nor a directory nor a symbolic link", from.path))
	return false, nil
}

// plainName refuses names by which a server could lead us to another directory.
func plainName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\x00") {
		return fmt.Errorf("the directory is said to have an entry %q", name)
	}
	return nil
}

// link copies a symbolic link.
func (t *transfer) link(ctx context.Context, from, to *fileUse) (changed bool, err error) {
	info, err := from.fs.Lstat(ctx, from.path)
	if err != nil {
		return false, from.explain(err)
	}
	changed, err = to.symlink(ctx, info.Link)
	return changed, to.explain(err)
}

// below is an entry of a directory. It is used as long as the directory is, and not closed.
func (u *fileUse) below(name string) *fileUse {
	next := *u
	next.name, next.path, next.inside = path.Join(u.name, name), path.Join(u.path, name), true
	return &next
}

// makeDir makes sure that there is a directory, and no link to one but at the top of what is copied.
func (u *fileUse) makeDir(ctx context.Context, mode fs.FileMode, owner string) (made bool, err error) {
	look := u.fs.Lstat
	if !u.inside {
		look = u.fs.Stat
	}
	info, err := look(ctx, u.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = u.fs.Mkdir(ctx, u.path, mode)
	case err == nil && info.IsDir():
		return false, nil
	case err == nil && info.IsLink():
		if err = u.fs.Remove(ctx, u.path, false); err == nil {
			err = u.fs.Mkdir(ctx, u.path, mode)
		}
	case err == nil:
		err = syscall.ENOTDIR
	}
	if err != nil || owner == "" {
		return err == nil, err
	}
	uid, gid, err := u.ownerIDs(ctx, owner)
	if err != nil {
		return true, err
	}
	return true, u.fs.Chown(ctx, u.path, uid, gid)
}

// warn writes a warning about a file.
func (u *fileUse) warn(ctx context.Context, text string) {
	scope := ScopeOf(ctx)
	u.h.session.Journal().Write(journal.Event{Kind: journal.Warning, Node: scope.Node, Parent: scope.Parent,
		Host: u.h.Slug(), Message: text})
}

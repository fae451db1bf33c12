package files

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"time"
)

func (f *layered) Rename(ctx context.Context, from, to string) error {
	info, err := f.Lstat(ctx, from)
	if err != nil {
		return err
	}
	if there, err := f.Lstat(ctx, to); err == nil && there.IsDir() {
		return syscall.EISDIR
	}
	for _, name := range []string{from, to} {
		if _, err := f.room(ctx, name); err != nil {
			return err
		}
	}
	s, real, err := f.find(from)
	if err != nil {
		return err
	}
	if s == nil {
		s = &shade{info: info, from: real}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	from, to = path.Clean(from), path.Clean(to)
	moved := map[string]*shade{to: s}
	for at, below := range f.shades {
		if strings.HasPrefix(at, from+"/") {
			moved[to+at[len(from):]] = below
			delete(f.shades, at)
		}
	}
	f.shades[from] = &shade{}
	for at, s := range moved {
		f.shades[at] = s
	}
	return nil
}

func (f *layered) Remove(ctx context.Context, name string, dir bool) error {
	info, err := f.Lstat(ctx, name)
	if err != nil {
		return err
	}
	if dir != info.IsDir() {
		return syscall.ENOTDIR
	}
	if dir {
		list, err := f.List(ctx, name)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			return syscall.ENOTEMPTY
		}
	}
	if _, err := f.room(ctx, name); err != nil {
		return err
	}
	f.put(name, &shade{})
	return nil
}

func (f *layered) Mkdir(ctx context.Context, name string, mode fs.FileMode) error {
	return f.add(ctx, name, &Info{Mode: fs.ModeDir | cmp.Or(mode, 0o755)})
}

func (f *layered) Symlink(ctx context.Context, text, name string) error {
	return f.add(ctx, name, &Info{Mode: fs.ModeSymlink | 0o777, Link: text, Size: int64(len(text))})
}

// add puts something where nothing is.
func (f *layered) add(ctx context.Context, name string, info *Info) error {
	_, err := f.Lstat(ctx, name)
	if err == nil {
		return syscall.EEXIST
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	info.ModTime = time.Now()
	if _, err := f.room(ctx, name); err != nil {
		return err
	}
	f.put(name, &shade{info: info})
	return nil
}

func (f *layered) Chmod(ctx context.Context, name string, mode fs.FileMode) error {
	return f.change(ctx, name, func(info *Info) { info.Mode = info.Mode&^ModeBits | mode })
}

func (f *layered) Chtimes(ctx context.Context, name string, changed time.Time) error {
	return f.change(ctx, name, func(info *Info) { info.ModTime = changed })
}

func (f *layered) Chown(ctx context.Context, name string, uid, gid int) error {
	return f.change(ctx, name, func(info *Info) { info.UID, info.GID = info.Owner(uid, gid) })
}

// change changes what is said about a file.
func (f *layered) change(ctx context.Context, name string, change func(*Info)) error {
	name, info, err := Follow(ctx, f, name)
	if err != nil {
		return err
	}
	if info == nil {
		return syscall.ENOENT
	}
	s, real, err := f.find(name)
	if err != nil {
		return err
	}
	next := &shade{from: real}
	if s != nil {
		next.text = s.text
	}
	change(info)
	next.info = info
	f.put(name, next)
	return nil
}

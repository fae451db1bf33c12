package hosts

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"
)

// sandboxes hold what the files of hosts would be like, had a sandbox run changed them.
type sandboxes struct {
	mu     sync.Mutex // guards layers
	layers map[string]*layer
	spool  spool
}

// sandboxOf returns the layer over the files of a host. All hosts that are this machine share one.
func (s *Session) sandboxOf(h Host) *layer {
	key := h.Slug()
	if _, ok := h.(*Local); ok {
		key = ""
	}
	b := &s.sandboxes
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.layers == nil {
		b.layers = map[string]*layer{}
	}
	if b.layers[key] == nil {
		b.layers[key] = &layer{shades: map[string]*shade{}, spool: &b.spool}
	}
	return b.layers[key]
}

func (b *sandboxes) close() error { return b.spool.close() }

// layer is what a sandbox would have changed on a host, by path. What it says nothing about is as the host has it.
type layer struct {
	spool  *spool
	mu     sync.Mutex // guards what follows; shades themselves never change
	shades map[string]*shade
	first  string // command that was not run, and may have made what is missing; "" if there is none
}

// skipped notes a command that was not run.
func (l *layer) skipped(command string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = cmp.Or(l.first, command)
}

// missing is the error of something that is not there: what was not run may have made it.
func (l *layer) missing(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.first == "" || !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return &UnknownError{Command: l.first}
}

// shade stands in the place of what the host has at a path.
type shade struct {
	info *FileInfo // nil: there is nothing
	from string    // the path on the host of what shows through, with another info; "" if all of it is imagined
	text spooled   // of an imagined file
}

// over returns the files of a host with the layer over them.
func (l *layer) over(host fileSystem) fileSystem { return &sandboxFiles{l, host} }

// sandboxFiles change nothing but the layer.
type sandboxFiles struct {
	*layer
	host fileSystem
}

// find returns the shade at a path, or else the path on the host of what is there. Its error is that nothing can be.
func (l *layer) find(name string) (*shade, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	name = path.Clean(name)
	for range maxLinks {
		above := name
		for l.shades[above] == nil && above != "/" {
			above = path.Dir(above)
		}
		s := l.shades[above]
		switch below := name[len(above):]; {
		case s == nil:
			return nil, name, nil
		case below == "":
			return s, s.from, nil
		case s.info == nil:
			return nil, "", syscall.ENOENT
		case s.info.IsLink():
			name = path.Join(linked(above, s.info.Link), below)
			continue
		case !s.info.IsDir():
			return nil, "", syscall.ENOTDIR
		case s.from == "":
			return nil, "", syscall.ENOENT
		default:
			return nil, s.from + below, nil
		}
	}
	return nil, "", syscall.ELOOP
}

// linked is where a symbolic link leads.
func linked(name, text string) string {
	if path.IsAbs(text) {
		return path.Clean(text)
	}
	return path.Join(path.Dir(name), text)
}

func (f *sandboxFiles) put(name string, s *shade) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shades[path.Clean(name)] = s
}

func (f *sandboxFiles) lstat(ctx context.Context, name string) (*FileInfo, error) {
	s, real, err := f.find(name)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return f.host.lstat(ctx, real)
	case s.info == nil:
		return nil, syscall.ENOENT
	}
	info := *s.info
	info.Name = path.Base(name)
	return &info, nil
}

func (f *sandboxFiles) stat(ctx context.Context, name string) (*FileInfo, error) {
	base := path.Base(name)
	for range maxLinks {
		info, err := f.lstat(ctx, name)
		if err != nil || !info.IsLink() {
			if info != nil {
				info.Name = base
			}
			return info, err
		}
		name = linked(name, info.Link)
	}
	return nil, syscall.ELOOP
}

func (f *sandboxFiles) list(ctx context.Context, name string) ([]*FileInfo, error) {
	real, err := f.dir(ctx, name)
	if err != nil {
		return nil, err
	}
	var there []*FileInfo
	if real != "" {
		if there, err = f.host.list(ctx, real); err != nil {
			return nil, err
		}
	}
	byName := map[string]*FileInfo{}
	for _, info := range there {
		byName[info.Name] = info
	}
	f.mu.Lock()
	for at, s := range f.shades {
		if path.Dir(at) == path.Clean(name) && at != "/" {
			delete(byName, path.Base(at))
			if s.info != nil {
				info := *s.info
				info.Name = path.Base(at)
				byName[info.Name] = &info
			}
		}
	}
	f.mu.Unlock()
	list := make([]*FileInfo, 0, len(byName))
	for _, info := range byName {
		list = append(list, info)
	}
	return list, nil
}

// dir returns the path on the host of a directory; "" if it is imagined.
func (f *sandboxFiles) dir(ctx context.Context, name string) (string, error) {
	info, err := f.stat(ctx, name)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", syscall.ENOTDIR
	}
	_, real, err := f.find(name)
	return real, err
}

func (f *sandboxFiles) open(ctx context.Context, name string) (io.ReadCloser, error) {
	for range maxLinks {
		s, real, err := f.find(name)
		switch {
		case err != nil:
			return nil, err
		case real != "":
			return f.host.open(ctx, real)
		case s == nil || s.info == nil:
			return nil, syscall.ENOENT
		case s.info.IsLink():
			name = linked(name, s.info.Link)
		default:
			return io.NopCloser(s.text.reader()), nil
		}
	}
	return nil, syscall.ELOOP
}

// room checks that something could be made, replaced or removed at a path. It returns whose it would be; -1 if that is
// not known. A directory that is missing is taken for made, if it can have been.
func (f *sandboxFiles) room(ctx context.Context, name string) (uid int, err error) {
	real, err := f.dir(ctx, dirOf(name))
	var unknown *UnknownError
	if errors.As(f.missing(err), &unknown) {
		return -1, nil
	}
	switch {
	case err != nil:
		return -1, err
	case real == "": // the directory is one of the layer
		return f.room(ctx, dirOf(name))
	}
	return f.host.mayWrite(ctx, real)
}

func (f *sandboxFiles) create(ctx context.Context, target string, _ bool) (draft, error) {
	uid, err := f.room(ctx, target)
	if err != nil {
		return nil, err
	}
	return &sandboxDraft{files: f, target: target, uid: uid}, nil
}

// sandboxDraft is a file that is written into the layer.
type sandboxDraft struct {
	files  *sandboxFiles
	target string
	uid    int // of who writes it; -1 if that is not known
	text   spooled
}

func (d *sandboxDraft) Write(b []byte) (int, error) { return len(b), d.files.spool.add(&d.text, b) }

func (d *sandboxDraft) content() content {
	return content{d.text.size, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(d.text.reader()), nil
	}}
}

func (d *sandboxDraft) commit(_ context.Context, a attributes) error {
	if a.uid >= 0 && d.uid > 0 && a.uid != d.uid {
		return syscall.EPERM // only root gives files away
	}
	info := &FileInfo{Size: d.text.size, Mode: 0o644, ModTime: time.Now(), UID: max(d.uid, 0)}
	if a.setMode {
		info.Mode = a.mode
	}
	info.UID, info.GID = info.owner(a.uid, a.gid)
	d.files.put(d.target, &shade{info: info, text: d.text})
	return nil
}

func (d *sandboxDraft) discard() error { return nil }

func (f *sandboxFiles) rename(ctx context.Context, from, to string) error {
	info, err := f.lstat(ctx, from)
	if err != nil {
		return err
	}
	if there, err := f.lstat(ctx, to); err == nil && there.IsDir() {
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

func (f *sandboxFiles) remove(ctx context.Context, name string, dir bool) error {
	info, err := f.lstat(ctx, name)
	if err != nil {
		return err
	}
	if dir != info.IsDir() {
		return syscall.ENOTDIR
	}
	if dir {
		list, err := f.list(ctx, name)
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

func (f *sandboxFiles) mkdir(ctx context.Context, name string, mode fs.FileMode) error {
	return f.add(ctx, name, &FileInfo{Mode: fs.ModeDir | cmp.Or(mode, 0o755)})
}

func (f *sandboxFiles) symlink(ctx context.Context, text, name string) error {
	return f.add(ctx, name, &FileInfo{Mode: fs.ModeSymlink | 0o777, Link: text, Size: int64(len(text))})
}

// add puts something where nothing is.
func (f *sandboxFiles) add(ctx context.Context, name string, info *FileInfo) error {
	_, err := f.lstat(ctx, name)
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

func (f *sandboxFiles) chmod(ctx context.Context, name string, mode fs.FileMode) error {
	return f.change(ctx, name, func(info *FileInfo) { info.Mode = info.Mode&^modeBits | mode })
}

func (f *sandboxFiles) chown(ctx context.Context, name string, uid, gid int) error {
	return f.change(ctx, name, func(info *FileInfo) { info.UID, info.GID = info.owner(uid, gid) })
}

// change changes what is said about a file.
func (f *sandboxFiles) change(ctx context.Context, name string, change func(*FileInfo)) error {
	name, info, err := follow(ctx, f, name)
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

// mayWrite implements fileSystem; a layer over a layer is not needed.
func (f *sandboxFiles) mayWrite(ctx context.Context, dir string) (int, error) {
	return f.room(ctx, dir+"/.")
}

func (f *sandboxFiles) start(ctx context.Context) (string, error) { return f.host.start(ctx) }
func (f *sandboxFiles) home(ctx context.Context) (string, error)  { return f.host.home(ctx) }

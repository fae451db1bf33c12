package files

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

// Layer is what a sandbox would have changed on a host, by path. What it says nothing about is as the host has it.
type Layer struct {
	spool  *Spool
	mu     sync.Mutex // guards what follows; shades themselves never change
	shades map[string]*shade
	first  string       // command that was not run, and may have made what is missing; "" if there is none
	rooms  map[room]int // who would write in directories of the host that were asked about
}

// room is a directory of the host, for an account.
type room struct{ account, dir string }

// NewLayer returns a layer under which nothing has been changed yet. What would be written is kept in the spool.
func NewLayer(kept *Spool) *Layer {
	return &Layer{spool: kept, shades: map[string]*shade{}, rooms: map[room]int{}}
}

// Skipped notes a command that was not run.
func (l *Layer) Skipped(command string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.first = cmp.Or(l.first, command)
}

// MayHaveMade returns a command that was not run and may have made what err says is missing; "" if there is none.
func (l *Layer) MayHaveMade(err error) (command string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return l.first
}

// shade stands in the place of what the host has at a path.
type shade struct {
	info *Info   // nil: there is nothing
	from string  // the path on the host of what shows through, with another info; "" if all of it is imagined
	text spooled // of an imagined file
}

// Over returns the files of a host, as an account sees them, with the layer over them.
func (l *Layer) Over(host System, account string) System { return &layered{l, host, account} }

// layered change nothing but the layer.
type layered struct {
	*Layer
	host    System
	account string // "" for the login user
}

// find returns the shade at a path, or else the path on the host of what is there. Its error is that nothing can be.
func (l *Layer) find(name string) (*shade, string, error) {
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

func (f *layered) put(name string, s *shade) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.shades[path.Clean(name)] = s
}

func (f *layered) Lstat(ctx context.Context, name string) (*Info, error) {
	s, real, err := f.find(name)
	switch {
	case err != nil:
		return nil, err
	case s == nil:
		return f.host.Lstat(ctx, real)
	case s.info == nil:
		return nil, syscall.ENOENT
	}
	info := *s.info
	info.Name = path.Base(name)
	return &info, nil
}

func (f *layered) Stat(ctx context.Context, name string) (*Info, error) {
	base := path.Base(name)
	for range maxLinks {
		info, err := f.Lstat(ctx, name)
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

func (f *layered) List(ctx context.Context, name string) ([]*Info, error) {
	real, err := f.dir(ctx, name)
	if err != nil {
		return nil, err
	}
	var there []*Info
	if real != "" {
		if there, err = f.host.List(ctx, real); err != nil {
			return nil, err
		}
	}
	byName := map[string]*Info{}
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
	list := make([]*Info, 0, len(byName))
	for _, info := range byName {
		list = append(list, info)
	}
	return list, nil
}

// dir returns the path on the host of a directory; "" if it is imagined.
func (f *layered) dir(ctx context.Context, name string) (string, error) {
	info, err := f.Stat(ctx, name)
	if err != nil {
		return "", err
	}
	if !info.IsDir() {
		return "", syscall.ENOTDIR
	}
	_, real, err := f.find(name)
	return real, err
}

func (f *layered) Open(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	for range maxLinks {
		s, real, err := f.find(name)
		switch {
		case err != nil:
			return nil, err
		case real != "":
			return f.host.Open(ctx, real, from)
		case s == nil || s.info == nil:
			return nil, syscall.ENOENT
		case s.info.IsLink():
			name = linked(name, s.info.Link)
		default:
			r := s.text.reader()
			_, err := io.CopyN(io.Discard, r, min(from, s.text.size))
			return io.NopCloser(r), err
		}
	}
	return nil, syscall.ELOOP
}

func (f *layered) Sum(ctx context.Context, name string, size int64) ([]byte, error) {
	if _, real, err := f.find(name); err == nil && real != "" {
		return f.host.Sum(ctx, real, size)
	}
	return readSum(ctx, f, name, size)
}

// room checks that something could be made, replaced or removed at a path. It returns whose it would be; -1 if that is
// not known. A directory that is missing is taken for made, if it can have been.
func (f *layered) room(ctx context.Context, name string) (uid int, err error) {
	real, err := f.dir(ctx, dirOf(name))
	switch {
	case f.MayHaveMade(err) != "":
		return -1, nil
	case err != nil:
		return -1, err
	case real == "": // the directory is one of the layer
		return f.room(ctx, dirOf(name))
	}
	return f.mayWrite(ctx, real)
}

// mayWrite asks the host, once for each directory: what a sandbox does not change stays as it is.
func (f *layered) mayWrite(ctx context.Context, dir string) (uid int, err error) {
	of := room{f.account, dir}
	f.mu.Lock()
	uid, known := f.rooms[of]
	f.mu.Unlock()
	if known {
		return uid, nil
	}
	if uid, err = f.host.MayWrite(ctx, dir); err == nil {
		f.mu.Lock()
		f.rooms[of] = uid
		f.mu.Unlock()
	}
	return uid, err
}

// Create begins every draft anew: those of the host are not looked at.
func (f *layered) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	uid, err := f.room(ctx, o.Target)
	if err != nil {
		return nil, err
	}
	if o.From > 0 {
		return nil, syscall.ENOENT
	}
	return &ImaginedDraft{files: f, target: o.Target, uid: uid}, nil
}

// ImaginedDraft is a file that is written into the layer.
type ImaginedDraft struct {
	files  *layered
	target string
	uid    int // of who writes it; -1 if that is not known
	text   spooled
}

func (d *ImaginedDraft) Write(b []byte) (int, error) { return len(b), d.files.spool.add(&d.text, b) }

// Content is what was written so far.
func (d *ImaginedDraft) Content() Content {
	return Content{d.text.size, func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(d.text.reader()), nil
	}}
}

func (d *ImaginedDraft) Commit(_ context.Context, a Attributes) error {
	if a.UID >= 0 && d.uid > 0 && a.UID != d.uid {
		return syscall.EPERM // only root gives files away
	}
	info := &Info{Size: d.text.size, Mode: 0o644, ModTime: time.Now(), UID: max(d.uid, 0)}
	if a.SetMode {
		info.Mode = a.Mode
	}
	if !a.ModTime.IsZero() {
		info.ModTime = a.ModTime
	}
	info.UID, info.GID = info.Owner(a.UID, a.GID)
	d.files.put(d.target, &shade{info: info, text: d.text})
	return nil
}

func (d *ImaginedDraft) Discard() error { return nil }
func (d *ImaginedDraft) Leave()         {}

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

// mayWrite implements System; a layer over a layer is not needed.
func (f *layered) MayWrite(ctx context.Context, dir string) (int, error) {
	return f.room(ctx, dir+"/.")
}

func (f *layered) Start(ctx context.Context) (string, error) { return f.host.Start(ctx) }
func (f *layered) Home(ctx context.Context) (string, error)  { return f.host.Home(ctx) }

package files

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"sync"
	"syscall"
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

// mayWrite implements System; a layer over a layer is not needed.
func (f *layered) MayWrite(ctx context.Context, dir string) (int, error) {
	return f.room(ctx, dir+"/.")
}

func (f *layered) Start(ctx context.Context) (string, error) { return f.host.Start(ctx) }
func (f *layered) Home(ctx context.Context) (string, error)  { return f.host.Home(ctx) }

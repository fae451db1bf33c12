package files

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// System is the files of a machine as one account sees them. Paths are absolute; they may contain "..", which the
// machine resolves. Errors are syscall.Errno where the machine says what is wrong, so that they are the same on every
// way, and *LostError when the connection was lost.
type System interface {
	// Stat follows symbolic links; Lstat does not, and fills in Info.Link.
	Stat(ctx context.Context, path string) (*Info, error)
	Lstat(ctx context.Context, path string) (*Info, error)
	// List is in any order, and follows no links.
	List(ctx context.Context, path string) ([]*Info, error)
	// Open opens a file that is known to be regular, to be read from an offset in bytes on. ctx bounds all that is read.
	Open(ctx context.Context, path string, from int64) (io.ReadCloser, error)
	// Sum returns the SHA-256 of the first so many bytes of a regular file; of one that is shorter, of all of it.
	Sum(ctx context.Context, path string, size int64) ([]byte, error)
	// Create starts to write a file. ctx bounds all that is written.
	Create(ctx context.Context, o CreateOptions) (Draft, error)
	// Rename replaces a file, but no directory.
	Rename(ctx context.Context, from, to string) error
	// Remove removes a file, a symbolic link or an empty directory.
	Remove(ctx context.Context, path string, dir bool) error
	Mkdir(ctx context.Context, path string, mode fs.FileMode) error
	Symlink(ctx context.Context, text, path string) error
	Chmod(ctx context.Context, path string, mode fs.FileMode) error
	Chown(ctx context.Context, path string, uid, gid int) error
	// Chtimes sets when a file was changed; machines keep seconds at least.
	Chtimes(ctx context.Context, path string, changed time.Time) error
	// MayWrite returns who would write in a directory (0 is root, -1 not known), or that they may not. For a Layer.
	MayWrite(ctx context.Context, dir string) (uid int, err error)
	// Start is where relative paths begin; Home is what ~ stands for, also under sudo.
	Start(ctx context.Context) (string, error)
	Home(ctx context.Context) (string, error)
}

// CreateOptions say what is written where.
type CreateOptions struct {
	Target  string // where it will be
	Private bool   // nobody else may read it before
	Name    string // the name of the draft; "" for a new one
	From    int64  // a draft of that name is there, and all but its first so many bytes is written again
	Fresh   *Fresh // what is known of files that are new in that directory; nil: nothing
}

// Fresh is what is learned about the files that somebody makes in a directory: which mode they get by themselves.
type Fresh struct{ mode atomic.Pointer[fs.FileMode] }

// name is the name of the draft.
func (o *CreateOptions) name() string { return cmp.Or(o.Name, draftName(o.Target)) }

// Draft is a file that is being written, beside the one that it will be.
type Draft interface {
	io.Writer
	// Commit puts it in its place at once, when all of it is on the disk there. A draft that could not be committed
	// must be discarded.
	Commit(ctx context.Context, a Attributes) error
	// Discard removes it, also when ctx of Create has ended. After Commit it does nothing.
	Discard() error
	// Leave lets go of it and leaves it where it is, for a later Create with its name.
	Leave()
}

// Attributes are what a new file gets.
type Attributes struct {
	Mode     fs.FileMode
	SetMode  bool
	UID, GID int       // -1: as it comes
	ModTime  time.Time // zero: now
	Sum      []byte    // its SHA-256, which what has been written must have; nil: not looked at
	Relaxed  bool      // not waited for until it is on the disk
}

// Info is what a machine says of a file.
type Info struct {
	Name    string // the last element of its path
	Size    int64  // bytes
	Mode    fs.FileMode
	ModTime time.Time
	UID     int
	GID     int
	Link    string // of a symbolic link: what it points at
}

// IsDir reports whether it is a directory.
func (f *Info) IsDir() bool { return f.Mode.IsDir() }

// IsFile reports whether it is a regular file.
func (f *Info) IsFile() bool { return f.Mode.IsRegular() }

// IsLink reports whether it is a symbolic link.
func (f *Info) IsLink() bool { return f.Mode&fs.ModeSymlink != 0 }

// Owner returns what a file belongs to once the IDs are set that are not negative.
func (f *Info) Owner(uid, gid int) (int, int) {
	if uid < 0 {
		uid = f.UID
	}
	if gid < 0 {
		gid = f.GID
	}
	return uid, gid
}

// LostError says that the connection was lost, or what went over it has ended.
type LostError struct{ Err error }

func (e *LostError) Error() string { return e.Err.Error() }
func (e *LostError) Unwrap() error { return e.Err }

// isLost reports whether an error is that the connection was lost.
func isLost(err error) bool { return errors.As(err, new(*LostError)) }

// OpenRegular opens a regular file. Anything else could keep the reader waiting for ever, or a whole SFTP server.
func OpenRegular(ctx context.Context, from System, path string) (io.ReadCloser, error) {
	info, err := from.Stat(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := info.MustBeFile(); err != nil {
		return nil, err
	}
	return from.Open(ctx, path, 0)
}

// MustBeFile is an error for all but a regular file.
func (f *Info) MustBeFile() error {
	switch {
	case f.IsDir():
		return syscall.EISDIR
	case !f.IsFile():
		return errors.New("it is not a regular file")
	}
	return nil
}

// maxLinks is how many symbolic links may lead to a file, as in Linux.
const maxLinks = 40

// Follow returns the path that a path leads to, which is no symbolic link, and what is there, or nil. The path may
// contain "..", which the machine alone can resolve: a directory before it may be a link.
func Follow(ctx context.Context, on System, name string) (string, *Info, error) {
	for range maxLinks {
		info, err := on.Lstat(ctx, name)
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

// realPath returns the path to what is at a path that no symbolic link is part of.
func realPath(ctx context.Context, on System, name string) (string, error) {
	real := "/"
	rest := strings.Split(name, "/")
	for links := 0; len(rest) > 0; {
		step := rest[0]
		rest = rest[1:]
		if step == "" || step == "." || step == ".." {
			real = path.Join(real, step)
			continue
		}
		info, err := on.Lstat(ctx, path.Join(real, step))
		if err != nil {
			return "", err
		}
		if !info.IsLink() {
			real = path.Join(real, step)
			continue
		}
		if links++; links > maxLinks {
			return "", syscall.ELOOP
		}
		if path.IsAbs(info.Link) {
			real = "/"
		}
		rest = append(strings.Split(info.Link, "/"), rest...)
	}
	return real, nil
}

// dirOf returns the directory that a path is in, for the machine to resolve.
func dirOf(name string) string {
	name = strings.TrimRight(name, "/")
	if dir := strings.TrimRight(name[:strings.LastIndexByte(name, '/')+1], "/"); dir != "" {
		return dir
	}
	return "/"
}

// below is the path of a name in a directory, whose own path is left as it is.
func below(dir, name string) string { return strings.TrimSuffix(dir, "/") + "/" + name }

// DraftPrefix begins the name of every file that is not complete.
const DraftPrefix = ".deployer-"

// draftName is the name of a draft, beside what it will be: a file takes the place of another at once only within one
// directory.
func draftName(target string) string { return below(dirOf(target), DraftPrefix+rand.Text()[:16]) }

// discardLimit is how long the removal of a draft may take after its context has ended.
const discardLimit = 5 * time.Second

// ModeBits are the bits of a mode that can be set.
const ModeBits = fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky

// ModeText is a mode as chmod takes it.
func ModeText(mode fs.FileMode) string { return fmt.Sprintf("%04o", UnixMode(mode)) }

// UnixMode returns the permissions of a mode, with setuid, setgid and sticky bit, as Unix numbers them: 0o644.
func UnixMode(mode fs.FileMode) uint32 {
	bits := uint32(mode.Perm())
	for bit, flag := range specialBits {
		if mode&flag != 0 {
			bits |= bit
		}
	}
	return bits
}

// FileMode is the reverse of UnixMode.
func FileMode(bits uint32) fs.FileMode {
	mode := fs.FileMode(bits & 0o777)
	for bit, flag := range specialBits {
		if bits&bit != 0 {
			mode |= flag
		}
	}
	return mode
}

var specialBits = map[uint32]fs.FileMode{0o4000: fs.ModeSetuid, 0o2000: fs.ModeSetgid, 0o1000: fs.ModeSticky}

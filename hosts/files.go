package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"deployer/files"
)

// FileOptions say as whom the files of a host are used. The zero value is the login user.
type FileOptions struct {
	Sudo    bool
	User    string // with Sudo: the account; "" is root
	Sandbox bool   // change nothing, and show what would change; a sandbox run cannot be loosened
}

// WriteOptions say how a file is written. The zero value keeps mode and owner of a file that is there; a new one gets
// what the host gives new files.
type WriteOptions struct {
	FileOptions
	Mode  fs.FileMode // permissions, setuid, setgid and sticky bit; 0: not set
	Owner string      // "user", "user:group" or ":group", by name or number; "": not set
}

// FileInfo is what a host says of a file.
type FileInfo = files.Info

// Stat returns what the host says of the file at path, or of what the symbolic link there points at. Paths of all file
// calls follow Cd; a leading ~ is a home directory, as in Cd. Errors are *Error with the fault Files, and match
// fs.ErrNotExist and its like.
func (h *Handle) Stat(ctx context.Context, path string, o FileOptions) (*FileInfo, error) {
	return h.status(ctx, path, o, files.System.Stat)
}

// Lstat is Stat, but of a symbolic link itself.
func (h *Handle) Lstat(ctx context.Context, path string, o FileOptions) (*FileInfo, error) {
	return h.status(ctx, path, o, files.System.Lstat)
}

func (h *Handle) status(ctx context.Context, path string, o FileOptions,
	ask func(files.System, context.Context, string) (*FileInfo, error)) (*FileInfo, error) {
	var info *FileInfo
	err := h.withFiles(ctx, "look at", path, o, func(u *fileUse) (err error) {
		info, err = ask(u.fs, ctx, u.path)
		return err
	})
	return info, err
}

// Exists reports whether there is a file of any kind at path, also a symbolic link that leads nowhere.
func (h *Handle) Exists(ctx context.Context, path string, o FileOptions) (bool, error) {
	there := false
	err := h.withFiles(ctx, "look for", path, o, func(u *fileUse) error {
		_, err := u.fs.Lstat(ctx, u.path)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return nil
		}
		there = err == nil
		return err
	})
	return there, err
}

// ListDir returns what is in a directory, by name. Symbolic links are not followed, and their Link is not filled in.
func (h *Handle) ListDir(ctx context.Context, path string, o FileOptions) ([]*FileInfo, error) {
	var list []*FileInfo
	err := h.withFiles(ctx, "list", path, o, func(u *fileUse) error {
		info, err := u.fs.Stat(ctx, u.path) // not every server says why it cannot list a file
		if err == nil && !info.IsDir() {
			err = syscall.ENOTDIR
		}
		if err == nil {
			list, err = u.fs.List(ctx, u.path)
		}
		return err
	})
	slices.SortFunc(list, func(a, b *FileInfo) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

// Open opens a regular file for reading. ctx bounds all that is read. The reader must be closed.
func (h *Handle) Open(ctx context.Context, path string, o FileOptions) (io.ReadCloser, error) {
	u, err := h.files(ctx, "read", path, o)
	if err != nil {
		return nil, err
	}
	r, err := files.OpenRegular(ctx, u.fs, u.path)
	if err != nil {
		u.close()
		return nil, u.fault(ctx, err)
	}
	return &fileReader{from: r, use: u, ctx: ctx}, nil
}

// fileReader reads from a file and explains its errors.
type fileReader struct {
	from io.ReadCloser
	use  *fileUse
	ctx  context.Context // of the reading alone
}

func (r *fileReader) Read(b []byte) (int, error) {
	n, err := r.from.Read(b)
	if err != nil && err != io.EOF {
		err = r.use.fault(r.ctx, err)
	}
	return n, err
}

// Close ends the reading, wherever it is.
func (r *fileReader) Close() error {
	defer r.use.close()
	return r.from.Close()
}

// ReadFile returns what is in a file of at most MaxText bytes.
func (h *Handle) ReadFile(ctx context.Context, path string, o FileOptions) ([]byte, error) {
	var data []byte
	err := h.withFiles(ctx, "read", path, o, func(u *fileUse) error {
		r, err := files.OpenRegular(ctx, u.fs, u.path)
		if err != nil {
			return err
		}
		defer r.Close()
		data, err = readAll(r)
		return err
	})
	return data, err
}

// readAll reads what is small enough to be kept.
func readAll(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, MaxText+1))
	if err == nil && len(data) > MaxText {
		return nil, fmt.Errorf("it is larger than %d MiB: read it in parts, or get the file", MaxText>>20)
	}
	return data, err
}

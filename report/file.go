package report

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// File is a file that is written at the end of a run: whole or not at all.
type File struct {
	name string
	mode fs.FileMode
	self bool // it is no regular file, as a pipe or a device, and is written itself
}

// NewFile returns the file of that name, which nobody else but this account can read if it is new. It is an error if
// it could not be written.
func NewFile(name string) (*File, error) {
	f := &File{name: name, mode: 0o600}
	info, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fmt.Errorf("%s is a directory: name a file", name)
	case !info.Mode().IsRegular():
		f.self = true
		return f, nil
	default:
		f.mode = info.Mode().Perm()
		if f.name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	}
	draft, err := f.draft()
	if err != nil {
		var path *fs.PathError
		if errors.As(err, &path) {
			err = path.Err // of a file that nobody named
		}
		return nil, fmt.Errorf("%s cannot be written: %w", name, err)
	}
	return f, errors.Join(draft.Close(), os.Remove(draft.Name()))
}

// draft makes the file that takes the place of the other once it is complete.
func (f *File) draft() (*os.File, error) {
	return os.CreateTemp(filepath.Dir(f.name), "."+filepath.Base(f.name)+".")
}

// Write writes the file.
func (f *File) Write(content func(io.Writer) error) error {
	if f.self {
		to, err := os.OpenFile(f.name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(buffered(to, content), to.Close())
	}
	to, err := f.draft()
	if err != nil {
		return err
	}
	err = errors.Join(buffered(to, content), to.Chmod(f.mode), to.Sync(), to.Close())
	if err == nil {
		err = os.Rename(to.Name(), f.name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(to.Name()))
	}
	return nil
}

func buffered(to io.Writer, content func(io.Writer) error) error {
	w := bufio.NewWriter(to)
	return errors.Join(content(w), w.Flush())
}

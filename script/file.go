package script

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"go.starlark.net/starlark"

	"deployer/hosts"
	"deployer/nodes"
)

// file is what open returns. It belongs to the call that opened it.
type file struct {
	call   *call
	path   string
	mode   string
	reader *bufio.Reader     // nil: it is being written
	closer io.Closer         // of the reader
	writer *hosts.FileWriter // nil: it is being read
	closed bool
}

var _ starlark.HasAttrs = (*file)(nil)

func (f *file) String() string        { return fmt.Sprintf("<file %s, mode %q>", f.path, f.mode) }
func (f *file) Type() string          { return "file" }
func (f *file) Truth() starlark.Bool  { return true }
func (f *file) Freeze()               {}
func (f *file) Hash() (uint32, error) { return 0, wrong("an open file cannot be a key") }

func (f *file) AttrNames() []string { return []string{"close", "closed", "read", "readline", "write"} }

func (f *file) Attr(name string) (starlark.Value, error) {
	switch name {
	case "read":
		return builtin(f.read).value(name), nil
	case "readline":
		return builtin(f.readline).value(name), nil
	case "write":
		return builtin(f.write).value(name), nil
	case "close":
		return builtin(f.closeMethod).value(name), nil
	case "closed":
		return starlark.Bool(f.closed), nil
	}
	return nil, noAttr("an open file", name, f.AttrNames())
}

// openModes are the modes that open takes.
var openModes = []string{"r", "rb", "w", "wb", "a", "ab"}

func openMethod(s site, on machines) (starlark.Value, error) {
	var path string
	mode := "r"
	var o hosts.WriteOptions
	opened := param{name: "mode", optional: true, set: oneOf(&mode, openModes...)}
	problems := s.bind("open", fileParams(&path, &o.FileOptions, opened))
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	h, ok := on.(*handle)
	if !ok {
		return nil, onlyOne("open", on.(*hostSet))
	}
	f := &file{call: s.call, path: path, mode: mode}
	if err := f.open(h.h, o); err != nil {
		return nil, err
	}
	s.call.files = append(s.call.files, f)
	return f, nil
}

func (f *file) open(h *hosts.Handle, o hosts.WriteOptions) (err error) {
	switch f.mode[0] {
	case 'w':
		f.writer, err = h.Create(f.call.ctx, f.path, o)
	case 'a':
		f.writer, err = h.Append(f.call.ctx, f.path, o)
	default:
		var r io.ReadCloser
		if r, err = h.Open(f.call.ctx, f.path, o.FileOptions); err == nil {
			f.reader, f.closer = bufio.NewReader(r), r
		}
	}
	return err
}

// usable returns why a call cannot use the file: to read it, or to write it.
func (f *file) usable(s site, problems []nodes.Problem, to string, can bool) error {
	switch {
	case len(problems) > 0:
		return s.complain(problems...)
	case f.closed:
		return wrong("cannot %s %s: it is closed", to, f.path)
	case !can:
		return wrong("cannot %s %s: it was opened with mode %q", to, f.path, f.mode)
	}
	return nil
}

// value is what was read, as the mode wants it.
func (f *file) value(text []byte) starlark.Value {
	if strings.HasSuffix(f.mode, "b") {
		return starlark.Bytes(text)
	}
	return starlark.String(text)
}

// read is read(size = -1).
func (f *file) read(s site) (starlark.Value, error) {
	size := -1
	problems := s.bind("read", []param{{name: "size", optional: true, set: number(&size, -1, hosts.MaxText)}})
	if err := f.usable(s, problems, "read", f.reader != nil); err != nil {
		return nil, err
	}
	limit := int64(size)
	if size < 0 {
		limit = hosts.MaxText + 1
	}
	text, err := io.ReadAll(io.LimitReader(f.reader, limit))
	if err == nil && len(text) > hosts.MaxText {
		return nil, wrong("%s has more than %d MiB left: read it in parts with read(size), or use get_file",
			f.path, hosts.MaxText>>20)
	}
	return f.value(text), err
}

// readline is readline(): a line with its end, or nothing at the end of the file.
func (f *file) readline(s site) (starlark.Value, error) {
	if err := f.usable(s, s.bind("readline", nil), "read", f.reader != nil); err != nil {
		return nil, err
	}
	var line []byte
	for {
		part, err := f.reader.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > hosts.MaxText:
			return nil, wrong("a line of %s is longer than %d MiB", f.path, hosts.MaxText>>20)
		case err == nil || err == io.EOF:
			return f.value(line), nil
		case err != bufio.ErrBufferFull:
			return nil, err
		}
	}
}

// write is write(data).
func (f *file) write(s site) (starlark.Value, error) {
	var text []byte
	problems := s.bind("write", []param{{name: "data", set: data(&text)}})
	if err := f.usable(s, problems, "write", f.writer != nil); err != nil {
		return nil, err
	}
	value, err := f.call.prog.secrets.Reveal(f.call.ctx, string(text))
	if err == nil {
		_, err = io.WriteString(f.writer, value)
	}
	return starlark.None, err
}

func (f *file) closeMethod(s site) (starlark.Value, error) {
	if err := s.complain(s.bind("close", nil)...); err != nil {
		return nil, err
	}
	return starlark.None, f.close(true)
}

// close ends the use of the file; a file that was written is put in its place, or not. It may be called again.
func (f *file) close(keep bool) error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.call.files = slices.DeleteFunc(f.call.files, func(other *file) bool { return other == f })
	switch {
	case f.writer == nil:
		return f.closer.Close()
	case keep:
		return f.writer.Close()
	}
	return f.writer.Discard()
}

// closeFiles closes what a call left open. If it succeeded, files that it was writing are put in their places.
func (c *call) closeFiles(err error) error {
	for _, f := range slices.Clone(c.files) {
		if failed := f.close(err == nil); failed != nil {
			err = errors.Join(err, failed)
		}
	}
	return err
}

package sftp

import (
	"errors"
	"io"
	"path"
	"time"
)

// Stat returns the attributes of a file; of a symbolic link those of what it leads to.
func (c *Client) Stat(name string) (Attributes, error) {
	return c.attributes(about(kindStat, kindAttrs, name))
}

// Lstat returns the attributes of a file, also of a symbolic link.
func (c *Client) Lstat(name string) (Attributes, error) {
	return c.attributes(about(kindLstat, kindAttrs, name))
}

func (c *Client) attributes(r request) (Attributes, error) {
	a := c.ask(r)[0]
	if a.err != nil {
		return Attributes{}, a.err
	}
	p := parser{rest: a.body}
	return p.attributes(), p.err
}

// ReadLink returns what a symbolic link says.
func (c *Client) ReadLink(name string) (string, error) {
	return c.name(about(kindReadlink, kindName, name))
}

// RealPath makes a path absolute.
func (c *Client) RealPath(name string) (string, error) {
	return c.name(about(kindRealpath, kindName, name))
}

// name asks for one name.
func (c *Client) name(r request) (string, error) {
	a := c.ask(r)[0]
	if a.err != nil {
		return "", a.err
	}
	p := parser{rest: a.body}
	if n := p.number(); p.err == nil && n != 1 {
		return "", errors.New("the server sends no name, or several")
	}
	return p.text(), p.err
}

// Entry is what is in a directory.
type Entry struct {
	Name string
	Attributes
}

// ReadDir returns what is in a directory, in any order.
func (c *Client) ReadDir(name string) ([]Entry, error) {
	opened := c.ask(about(kindOpendir, kindHandle, name))[0]
	dir, err := opened.handle()
	if err != nil {
		return nil, err
	}
	defer c.send(func([]answer) {}, about(kindClose, kindStatus, dir)) // nothing was written
	const most = 16
	var entries []Entry
	for n := 2; ; n = min(2*n, most) { // for most directories one answer, and the one that says that it was all
		requests := make([]request, n)
		for i := range requests {
			requests[i] = about(kindReaddir, kindName, dir)
		}
		for _, a := range c.ask(requests...) {
			entries, err = a.entries(entries)
			if err == io.EOF {
				return entries, nil
			}
			if err != nil {
				return nil, err
			}
		}
	}
}

// entries appends what a directory has. The error is io.EOF where that was all: some servers say so with no names.
// Whatever the server sends, no name leads out of the directory.
func (a *answer) entries(to []Entry) ([]Entry, error) {
	if a.err != nil {
		return to, a.err
	}
	p := parser{rest: a.body}
	n := p.number()
	if n == 0 && p.err == nil {
		return to, io.EOF
	}
	for ; n > 0 && p.err == nil; n-- {
		name := path.Base(p.text())
		p.text() // the line of a listing
		attributes := p.attributes()
		if name != "." && name != ".." && name != "/" {
			to = append(to, Entry{name, attributes})
		}
	}
	return to, p.err
}

// handle is the answer to the opening of something.
func (a *answer) handle() (string, error) {
	if a.err != nil {
		return "", a.err
	}
	p := parser{rest: a.body}
	return p.text(), p.err
}

// PosixRename is the extension for Rename that replaces a file.
const PosixRename = "posix-rename@openssh.com"

// Rename gives a file another name. Where the server has no [PosixRename], there must be no file of that name.
func (c *Client) Rename(from, to string) error { return c.do(c.renaming(from, to)) }

func (c *Client) renaming(from, to string) request {
	if c.Has(PosixRename) {
		return extended(PosixRename, kindStatus).text(from).text(to)
	}
	return about(kindRename, kindStatus, from).text(to)
}

// Remove removes a file or a symbolic link.
func (c *Client) Remove(name string) error { return c.do(about(kindRemove, kindStatus, name)) }

// RemoveDirectory removes an empty directory.
func (c *Client) RemoveDirectory(name string) error { return c.do(about(kindRmdir, kindStatus, name)) }

// Mkdir makes a directory, with the mode that the server gives new ones.
func (c *Client) Mkdir(name string) error { return c.do(about(kindMkdir, kindStatus, name).uint32(0)) }

// Symlink makes a symbolic link that says text.
func (c *Client) Symlink(text, name string) error {
	return c.do(about(kindSymlink, kindStatus, text).text(name)) // as OpenSSH has it, not as the standard
}

// Chmod sets the permissions of a file, as Unix numbers them.
func (c *Client) Chmod(name string, mode uint32) error {
	return c.do(about(kindSetstat, kindStatus, name).set(Setting{Mode: mode, SetMode: true}))
}

// Chown sets the owner and the group of a file.
func (c *Client) Chown(name string, uid, gid int) error {
	return c.do(about(kindSetstat, kindStatus, name).owner(uid, gid))
}

// Chtimes sets when a file was read and changed.
func (c *Client) Chtimes(name string, t time.Time) error {
	return c.do(about(kindSetstat, kindStatus, name).set(Setting{ModTime: t}))
}

func (r request) owner(uid, gid int) request {
	return r.uint32(hasOwner).uint32(uint32(uid)).uint32(uint32(gid))
}

// Setting is what can be set at once.
type Setting struct {
	Mode    uint32 // the permissions, as Unix numbers them
	SetMode bool
	ModTime time.Time // when it was changed, and read; zero: as it is
}

func (r request) set(s Setting) request {
	flags := uint32(0)
	if s.SetMode {
		flags |= hasMode
	}
	if !s.ModTime.IsZero() {
		flags |= hasTimes
	}
	r = r.uint32(flags)
	if s.SetMode {
		r = r.uint32(s.Mode)
	}
	if !s.ModTime.IsZero() {
		seconds := uint32(s.ModTime.Unix())
		r = r.uint32(seconds).uint32(seconds)
	}
	return r
}

// Disk is what a server says of a file system.
type Disk struct {
	Free   uint64 // bytes that a user may still write
	Inodes uint64 // files that there can be; 0: not limited
	Unused uint64 // files that a user may still make

	ID       uint64 // another one has another; 0: not known
	ReadOnly bool
}

// StatVFS is the extension for Disk.
const StatVFS = "statvfs@openssh.com"

// Disk returns what there is to know of the file system that a file is in, of a server that has [StatVFS].
func (c *Client) Disk(name string) (Disk, error) {
	a := c.ask(extended(StatVFS, kindReply).text(name))[0]
	if a.err != nil {
		return Disk{}, a.err
	}
	p := parser{rest: a.body}
	p.long() // the size of a block, with which is not counted
	size := p.long()
	p.long() // blocks
	p.long() // of them free
	d := Disk{Free: p.long() * size, Inodes: p.long()}
	p.long() // of them free
	d.Unused, d.ID = p.long(), p.long()
	d.ReadOnly = p.long()&1 != 0
	return d, p.err
}

package sftp

import (
	"os"
	"sync/atomic"
)

// File is an open file.
type File struct {
	client *Client
	handle string
	closed atomic.Bool
}

// How a file is opened.
const (
	Read   = 1
	Write  = 2
	Create = 8
	New    = 0x20 // it must not be there
)

// Open opens a file. flags are Read, Write and so on.
func (c *Client) Open(name string, flags uint32) (*File, error) {
	return c.opened(c.ask(opening(name, flags))[0])
}

func opening(name string, flags uint32) request {
	return about(kindOpen, kindHandle, name).uint32(flags).uint32(0)
}

func (c *Client) opened(a answer) (*File, error) {
	handle, err := a.handle()
	if err != nil {
		return nil, err
	}
	return &File{client: c, handle: handle}, nil
}

// about is a request with the file. Once that is closed, the server may have given its handle to another one, and gets
// one that it has given to none.
func (f *File) about(kind, answer byte) request { return about(kind, answer, f.open()) }

func (f *File) open() (handle string) {
	if f.closed.Load() {
		return ""
	}
	return f.handle
}

// closing is the request that closes the file, which it says is closed by now.
func (f *File) closing() request {
	r := f.about(kindClose, kindStatus)
	f.closed.Store(true)
	return r
}

// Stat returns the attributes of the file.
func (f *File) Stat() (Attributes, error) { return f.client.attributes(f.about(kindFstat, kindAttrs)) }

// Chmod sets the permissions of the file, as Unix numbers them.
func (f *File) Chmod(mode uint32) error {
	return f.client.do(f.about(kindFsetstat, kindStatus).set(Setting{Mode: mode, SetMode: true}))
}

// Chown sets the owner and the group of the file.
func (f *File) Chown(uid, gid int) error {
	return f.client.do(f.about(kindFsetstat, kindStatus).owner(uid, gid))
}

// Truncate makes the file shorter.
func (f *File) Truncate(size int64) error {
	return f.client.do(f.about(kindFsetstat, kindStatus).uint32(hasSize).uint64(size))
}

// Fsync is the extension for Sync.
const Fsync = "fsync@openssh.com"

// Sync returns when the file is on the disk, of a server that has [Fsync].
func (f *File) Sync() error { return f.client.do(extended(Fsync, kindStatus).text(f.open())) }

// Close lets go of the file. What has been closed before is os.ErrClosed.
func (f *File) Close() error {
	if f.closed.Load() {
		return os.ErrClosed
	}
	return f.client.do(f.closing())
}

// Forget is Close that does not wait for the server.
func (f *File) Forget() { f.client.send(func([]answer) {}, f.closing()) }

// Read asks for what is in the file at an offset. done is called when the answer is in b, which may be less than that, or
// when it will not come. The error is io.EOF where there is nothing. done must not wait for anything.
func (f *File) Read(b []byte, at int64, done func(n int, err error)) {
	f.client.send(func(all []answer) { done(len(all[0].body), all[0].err) }, f.read(b, at))
}

func (f *File) read(b []byte, at int64) request {
	r := f.about(kindRead, kindData).uint64(at).uint32(uint32(len(b)))
	r.into = b
	return r
}

// Write is Read the other way. It writes all of b, which must stay as it is until done is called; after an error nobody
// may change it any more.
func (f *File) Write(b []byte, at int64, done func(err error)) {
	f.client.send(func(all []answer) { done(all[0].err) }, f.write(b, at))
}

func (f *File) write(b []byte, at int64) request {
	r := f.about(kindWrite, kindStatus).uint64(at).uint32(uint32(len(b)))
	r.data = b
	return r
}

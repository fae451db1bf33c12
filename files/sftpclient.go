package files

import (
	"context"
	"errors"
	"io"
	"sync"
	"syscall"

	"deployer/internal/sftp"
)

// SFTPClient is a client of an SFTP server.
type SFTPClient struct {
	*sftp.Client
	packet  int          // bytes of a read or write
	window  func() int64 // how many bytes of a file may be under way
	buffers sync.Pool    // of *[]byte, memory for as many
}

// NewSFTPClient greets the server behind a channel on which the SFTP subsystem has been started. start runs a task in a
// goroutine for which the owner of the channel waits; window says how many bytes of one file may be under way just now,
// of which it takes [MaxWindow] at most.
func NewSFTPClient(from io.Reader, to io.WriteCloser, start func(task func()) error,
	window func() int64) (*SFTPClient, error) {
	client, err := sftp.NewClient(from, to, start)
	if err != nil {
		return nil, err
	}
	c := &SFTPClient{Client: client, packet: plainPacket, window: window}
	if c.Has("limits@openssh.com") {
		c.packet = largePacket
	}
	return c, nil
}

const (
	plainPacket = 32 << 10  // what every server must take
	largePacket = 128 << 10 // what OpenSSH takes
)

// requestsOnce is how many requests for one file are under way at most. It hides the time that they take.
func (c *SFTPClient) requestsOnce() int {
	return int(max(1, min(c.window(), MaxWindow)/int64(c.packet)))
}

// MaxWindow is how many bytes of one file are under way at most, in bytes.
const MaxWindow = bytesFile

// buffer returns memory for a packet; release takes it back for other files.
func (c *SFTPClient) buffer() []byte {
	if b, ok := c.buffers.Get().(*[]byte); ok && cap(*b) == c.packet {
		return *b
	}
	return make([]byte, 0, c.packet)
}

func (c *SFTPClient) release(all ...[]byte) {
	for _, b := range all {
		b = b[:0]
		c.buffers.Put(&b)
	}
}

// whyNot explains why something could not be written in a directory: SFTP has no words for the most frequent reasons. What
// is under way may have filled the disk, and be gone by now.
func (f *SFTP) whyNot(ctx context.Context, dir string, err error) error {
	disk, known := f.disk(ctx, dir, err)
	switch {
	case !known:
		return err
	case disk.ReadOnly:
		return syscall.EROFS
	case disk.Free < bytesOnce || disk.Inodes > 0 && disk.Unused < defaultWorkers:
		return syscall.ENOSPC
	}
	return err
}

// fixed explains why what is there could not be changed, for which no room is needed.
func (f *SFTP) fixed(ctx context.Context, dir string, err error) error {
	if disk, known := f.disk(ctx, dir, err); known && disk.ReadOnly {
		return syscall.EROFS
	}
	return err
}

// notRenamed explains why a file could not get another name.
func (f *SFTP) notRenamed(ctx context.Context, from, to string, err error) error {
	old, known := f.disk(ctx, dirOf(from), err)
	if into, too := f.disk(ctx, dirOf(to), err); known && too && old.ID != into.ID {
		return syscall.EXDEV
	}
	return f.whyNot(ctx, dirOf(to), err)
}

// disk is what the server knows of a file system, if it has not said why something there failed with err.
func (f *SFTP) disk(ctx context.Context, dir string, err error) (_ sftp.Disk, known bool) {
	if !errors.Is(err, errFailure) || !f.client.Has(sftp.StatVFS) {
		return sftp.Disk{}, false
	}
	disk, failed := askSFTP(ctx, f, func() (sftp.Disk, error) { return f.client.Disk(dir) }, nil)
	return disk, failed == nil
}

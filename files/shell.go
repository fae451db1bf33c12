package files

import (
	"cmp"
	"context"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// filesScript does one thing with files. Its arguments are the name of that thing and what it is done to.
//
//go:embed files.sh
var filesScript string

// Shell are the files of a machine as commands reach them: with sudo, in a container, and where the server has no SFTP.
type Shell struct{ commands Commands }

// NewShell returns the files that commands reach.
func NewShell(c Commands) *Shell { return &Shell{c} }

// look asks something, and do does something that changes files.
func (f *Shell) look(ctx context.Context, args ...string) (string, error) {
	return f.commands.Ask(ctx, filesScript, args, true)
}

func (f *Shell) do(ctx context.Context, args ...string) error {
	_, err := f.commands.Ask(ctx, filesScript, args, false)
	return err
}

// SaidError finds the error of the system in what a script said on standard error. ended is how it ended.
func SaidError(said, ended string) error {
	said = strings.TrimSpace(said)
	last := strings.ToLower(said[strings.LastIndexByte(said, '\n')+1:])
	for _, errno := range knownErrors {
		if strings.HasSuffix(last, errno.Error()) {
			return errno
		}
	}
	switch {
	case strings.HasSuffix(last, "no such file"), strings.HasSuffix(last, "directory nonexistent"): // dash
		return syscall.ENOENT
	case said == "":
		return fmt.Errorf("the command for it failed: %s", ended)
	}
	return fmt.Errorf("the host says %.1000q", said)
}

// knownErrors are what tools say, in the words of Go.
var knownErrors = []syscall.Errno{
	syscall.ENOENT, syscall.EACCES, syscall.EPERM, syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY,
	syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EXDEV, syscall.EIO,
	syscall.EBUSY, syscall.EINVAL,
}

func (f *Shell) Stat(ctx context.Context, name string) (*Info, error) {
	text, err := f.look(ctx, "stat", name)
	if err != nil {
		return nil, err
	}
	return readInfo(strings.TrimSuffix(text, "\n"), name)
}

func (f *Shell) Lstat(ctx context.Context, name string) (*Info, error) {
	text, err := f.look(ctx, "lstat", name)
	if err != nil {
		return nil, err
	}
	line, link, _ := strings.Cut(text, "\n")
	info, err := readInfo(line, name)
	if err == nil && info.IsLink() {
		info.Link = strings.TrimSuffix(link, "\n")
	}
	return info, err
}

// readInfo reads a line that stat prints: mode in hexadecimal, owner, group, size, time.
func readInfo(line, name string) (*Info, error) {
	var mode uint32
	var seconds int64
	info := &Info{Name: path.Base(name)}
	if _, err := fmt.Sscanf(line, "%x %d %d %d %d", &mode, &info.UID, &info.GID, &info.Size, &seconds); err != nil {
		return nil, fmt.Errorf("the stat of the host is of another kind: it printed %.1000q", line)
	}
	info.ModTime = time.Unix(seconds, 0)
	info.Mode = FileMode(mode) | fileTypes[mode&0o170000]
	return info, nil
}

// fileTypes are the types of files as Unix numbers them.
var fileTypes = map[uint32]fs.FileMode{
	0o010000: fs.ModeNamedPipe, 0o020000: fs.ModeDevice | fs.ModeCharDevice, 0o040000: fs.ModeDir,
	0o060000: fs.ModeDevice, 0o120000: fs.ModeSymlink, 0o140000: fs.ModeSocket,
}

func (f *Shell) List(ctx context.Context, name string) ([]*Info, error) {
	text, err := f.look(ctx, "list", name)
	if err != nil {
		return nil, err
	}
	var list []*Info
	for _, entry := range strings.Split(text, "//\n") {
		if entry == "" {
			continue
		}
		line, name, _ := strings.Cut(entry, " ./")
		info, err := readInfo(line, name)
		if err != nil {
			return nil, err
		}
		list = append(list, info)
	}
	return list, nil
}

func (f *Shell) Open(ctx context.Context, name string, from int64) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	s := &shellReader{PipeReader: r, cancel: cancel, done: make(chan struct{})}
	go func() { // ends with the command, for which Close waits
		defer close(s.done)
		w.CloseWithError(f.commands.Stream(ctx, filesScript, []string{"open", name, strconv.FormatInt(from+1, 10)}, true, nil, w))
	}()
	return s, nil
}

// shellReader is what a command prints.
type shellReader struct {
	*io.PipeReader
	cancel context.CancelFunc
	done   chan struct{}
}

func (r *shellReader) Close() error {
	r.cancel()
	r.PipeReader.Close()
	<-r.done
	return nil
}

// Sum has the machine read it, if it has something to do that with.
func (f *Shell) Sum(ctx context.Context, name string, size int64) ([]byte, error) {
	sum, err := f.tooled(ctx, name, size)
	if err == nil || ctx.Err() != nil {
		return sum, err
	}
	return readSum(ctx, f, name, size)
}

// tooled is the sum of a file that a tool of the machine finds out.
func (f *Shell) tooled(ctx context.Context, name string, size int64) ([]byte, error) {
	text, err := f.look(ctx, "sum", name, strconv.FormatInt(size, 10))
	if err != nil {
		return nil, err
	}
	digits, _, _ := strings.Cut(strings.TrimLeft(text, "\\"), " ")
	sum, err := hex.DecodeString(strings.TrimSpace(digits))
	if err != nil || len(sum) != sha256.Size {
		return nil, fmt.Errorf("the host has no tool for checksums: it printed %.1000q", text)
	}
	return sum, nil
}

func (f *Shell) Create(ctx context.Context, o CreateOptions) (Draft, error) {
	mask, from := "", ""
	if o.Private {
		mask = "077"
	}
	if o.From > 0 {
		from = strconv.FormatInt(o.From, 10)
	}
	running, cancel := context.WithCancel(ctx)
	in, w := io.Pipe()
	d := &shellDraft{files: f, target: o.Target, name: o.name(), size: o.From, ctx: ctx, cancel: cancel, to: w,
		opened: make(chan struct{}), done: make(chan struct{})}
	go func() { // ends with the command, for which commit and discard wait
		defer close(d.done)
		d.err = f.commands.Stream(running, filesScript, []string{"create", d.name, mask, from}, false, in, announced{d})
		in.CloseWithError(cmp.Or(d.err, io.ErrClosedPipe))
	}()
	if d.claim() {
		return d, nil
	}
	cancel()
	<-d.done
	if isLost(d.err) { // the host may not have noticed yet
		return nil, left(d.err, d.target, d.remove())
	}
	return nil, cmp.Or(d.err, errors.New("the host did not keep what was to be written"))
}

package hosts

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"syscall"
	"time"
)

// filesScript does one thing with files. Its arguments are the name of that thing and what it is done to.
//
//go:embed files.sh
var filesScript string

// shellFiles are the files of a host as commands reach them: with sudo, in a wrapped host, and where the server has no
// SFTP.
type shellFiles struct {
	h    *Handle // without directory, variables and prefixes
	sudo bool
	user string
}

func newShellFiles(h *Handle, o FileOptions) *shellFiles {
	return &shellFiles{h.session.Handle(h.host), o.Sudo, o.User}
}

// command is a call of the script.
func (f *shellFiles) command(words ...string) string {
	line := "set --"
	for _, w := range words {
		line += " " + Quote(w)
	}
	return line + "\n" + filesScript
}

func (f *shellFiles) options(reads bool) RunOptions {
	return RunOptions{Silent: true, own: true, posix: true, IgnoreStatus: true, Reads: reads, Sudo: f.sudo, User: f.user}
}

// look asks something, and do does something that changes files.
func (f *shellFiles) look(ctx context.Context, words ...string) (string, error) {
	out, err := f.judge(f.h.Run(ctx, f.command(words...), f.options(true)))
	if err != nil {
		return "", err
	}
	return out.Stdout.String()
}

func (f *shellFiles) do(ctx context.Context, words ...string) error {
	_, err := f.judge(f.h.Run(ctx, f.command(words...), f.options(false)))
	return err
}

// judge makes an error of what a command that failed said.
func (f *shellFiles) judge(out *Output, err error) (*Output, error) {
	var failure *Error
	if errors.As(err, &failure) {
		failure.Op = useFiles
	}
	if err != nil || out.Exit.OK() {
		return out, err
	}
	return nil, saidError(string(out.Stderr.Kept()), out.Exit)
}

// saidError finds the error of the system in what a tool said.
func saidError(said string, exit Exit) error {
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
		return fmt.Errorf("the command for it failed: %s", exit.text())
	}
	return fmt.Errorf("the host says %q", clip(said, maxChars))
}

// knownErrors are what tools say, in the words of Go.
var knownErrors = []syscall.Errno{
	syscall.ENOENT, syscall.EACCES, syscall.EPERM, syscall.EISDIR, syscall.ENOTDIR, syscall.EEXIST, syscall.ENOTEMPTY,
	syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, syscall.ELOOP, syscall.ENAMETOOLONG, syscall.EXDEV, syscall.EIO,
	syscall.EBUSY, syscall.EINVAL,
}

func (f *shellFiles) stat(ctx context.Context, name string) (*FileInfo, error) {
	text, err := f.look(ctx, "stat", name)
	if err != nil {
		return nil, err
	}
	return readInfo(strings.TrimSuffix(text, "\n"), name)
}

func (f *shellFiles) lstat(ctx context.Context, name string) (*FileInfo, error) {
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
func readInfo(line, name string) (*FileInfo, error) {
	var mode uint32
	var seconds int64
	info := &FileInfo{Name: path.Base(name)}
	if _, err := fmt.Sscanf(line, "%x %d %d %d %d", &mode, &info.UID, &info.GID, &info.Size, &seconds); err != nil {
		return nil, fmt.Errorf("the stat of the host is of another kind: it printed %q", clip(line, maxChars))
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

func (f *shellFiles) list(ctx context.Context, name string) ([]*FileInfo, error) {
	text, err := f.look(ctx, "list", name)
	if err != nil {
		return nil, err
	}
	var list []*FileInfo
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

func (f *shellFiles) open(ctx context.Context, name string) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(ctx)
	r, w := io.Pipe()
	s := &shellReader{PipeReader: r, cancel: cancel, done: make(chan struct{})}
	go func() { // ends with the command, for which Close waits
		defer close(s.done)
		_, err := f.judge(f.h.stream(ctx, f.command("open", name), f.options(true), nil, w))
		w.CloseWithError(err)
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

func (f *shellFiles) create(ctx context.Context, target string, private bool) (draft, error) {
	mask := ""
	if private {
		mask = "077"
	}
	running, cancel := context.WithCancel(ctx)
	in, w := io.Pipe()
	d := &shellDraft{files: f, target: target, name: draftName(target), ctx: ctx, cancel: cancel, to: w,
		opened: make(chan struct{}), done: make(chan struct{})}
	go func() { // ends with the command, for which commit and discard wait
		defer close(d.done)
		_, err := f.judge(f.h.stream(running, f.command("create", d.name, mask), f.options(false), in, announced{d}))
		d.err = err
		in.CloseWithError(cmp.Or(err, io.ErrClosedPipe))
	}()
	select {
	case <-d.opened:
		return d, nil
	case <-d.done:
		cancel()
		return nil, cmp.Or(d.err, errors.New("the host did not keep what was to be written"))
	}
}

package scpshell

import (
	"bufio"
	"errors"
	"io"
	"path"
	"strings"
	"syscall"

	"deployer/console"
	"deployer/hosts"
	"deployer/prompt"
)

// changeDirectory goes to a directory of one side.
func changeDirectory(w *work, p place) error {
	to, err := p.destination(w.call.words)
	if err != nil {
		return err
	}
	info, err := p.handle().Stat(p.ctx, to, p.files)
	if err == nil && !info.IsDir() {
		err = syscall.ENOTDIR
	}
	if err != nil {
		return p.fail(to, err)
	}
	p.side.previous, p.side.dir = p.side.dir, to
	return nil
}

// destination is where cd is to go.
func (p place) destination(words []prompt.Word) (string, error) {
	switch {
	case len(words) == 0:
		return p.handle().FilePath(p.ctx, "~", hosts.FileOptions{})
	case words[0].Raw != "-":
		return p.one(words[0])
	case p.previous == "":
		return "", errors.New("there is no directory before this one")
	}
	return p.previous, nil
}

// printDirectory prints the directory of one side, so that it can be pasted.
func printDirectory(_ *work, p place) error {
	return p.print([]string{prompt.Quote(path.Clean(p.dir))})
}

// view shows files.
func view(w *work, p place) error {
	paths, err := p.expand(w.call.words)
	if err != nil {
		return err
	}
	var wrong []error
	for _, name := range paths {
		if err := p.view(name); err != nil {
			wrong = append(wrong, p.fail(name, err))
		}
	}
	return errors.Join(wrong...)
}

// view shows a file as far as a person reads it.
func (p place) view(name string) (err error) {
	file, err := p.handle().Open(p.ctx, name, p.files)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if !p.o.Terminal && !p.o.Events {
		return p.pour(file)
	}
	from := bufio.NewReaderSize(file, maxLine)
	var failed error
	shown := console.From(p.ctx).Pager(func(yield func(string) bool) {
		for more := true; more; {
			line, err := from.ReadSlice('\n')
			more = (len(line) == 0 || yield(p.shownLine(line))) && (err == nil || errors.Is(err, bufio.ErrBufferFull))
			if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
				failed = err
			}
		}
	})
	return errors.Join(shown, failed)
}

// pour writes all of a file to standard output, as it is but for secrets.
func (p place) pour(file io.Reader) error {
	masker := p.o.Secrets.NewMasker()
	buffer := make([]byte, maxLine)
	for {
		n, err := file.Read(buffer)
		out := masker.Mask(buffer[:n])
		if errors.Is(err, io.EOF) {
			out = append(out, masker.Rest()...)
		}
		if _, failed := p.o.Out.Write(out); failed != nil {
			return failed
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// maxLine is how many bytes of a line are shown as one.
const maxLine = 64 << 10

// shownLine is a line of a file, at a terminal without what would speak to that.
func (p place) shownLine(line []byte) string {
	text := strings.TrimSuffix(string(line), "\n")
	if p.o.Terminal {
		return console.Clean(strings.TrimSuffix(text, "\r"))
	}
	return text
}

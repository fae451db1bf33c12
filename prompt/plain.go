package prompt

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"deployer/pty"
)

// PlainReader reads lines as they come: from a pipe, from a file, or from a terminal that can do no more.
type PlainReader struct {
	lines   *bufio.Reader
	source  *source
	prompt  io.Writer // nil: nobody sees a prompt
	colour  bool
	history []string
}

var _ LineReader = (*PlainReader)(nil)

// NewPlainReader returns a reader of in, which may be read beyond the last line that is asked for unless it is a
// terminal. With prompt, what stands before a line is written there.
func NewPlainReader(in io.Reader, prompt io.Writer, colour bool) *PlainReader {
	s := &source{in: in}
	return &PlainReader{lines: bufio.NewReader(s), source: s, prompt: prompt, colour: colour}
}

// Ended reports whether there is nothing left to read; it waits until it knows.
func (r *PlainReader) Ended(ctx context.Context) bool {
	defer r.source.until(ctx)()
	_, err := r.lines.Peek(1)
	return errors.Is(err, io.EOF)
}

// Read implements LineReader. The last line needs no end.
func (r *PlainReader) Read(ctx context.Context, prompt Prompt) (string, error) {
	if r.prompt != nil {
		if _, err := io.WriteString(r.prompt, prompt.Format(r.colour)); err != nil {
			return "", err
		}
	}
	defer r.source.until(ctx)()
	line, err := r.lines.ReadString('\n')
	switch {
	case errors.Is(err, pty.ErrStopped):
		return "", context.Cause(ctx)
	case errors.Is(err, io.EOF) && line != "":
	case err != nil:
		return "", err
	}
	line = strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")
	if line != "" {
		r.history = append(r.history, line)
	}
	return line, nil
}

// History implements LineReader.
func (r *PlainReader) History() []string { return r.history }

// source is an input whose Read ends with a context, where the input is a file.
type source struct {
	in  io.Reader
	now *pty.Input // while a context can end it
}

// until makes reads end with ctx, until release is called.
func (s *source) until(ctx context.Context) (release func()) {
	file, ok := s.in.(*os.File)
	if !ok {
		return func() {}
	}
	input, err := pty.NewInput(file)
	if err != nil {
		return func() {} // as with no file: it ends with its input only
	}
	s.now = input
	unhook := context.AfterFunc(ctx, input.Stop)
	return func() {
		unhook()
		s.now = nil
		_ = input.Close() // nothing was written that could be lost
	}
}

func (s *source) Read(p []byte) (int, error) {
	if s.now != nil {
		return s.now.Read(p)
	}
	return s.in.Read(p)
}

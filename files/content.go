package files

import (
	"bytes"
	"context"
	"io"
	"time"
)

// Content is what a file is to hold. It can be read more than once.
type Content struct {
	Size int64
	Open func(ctx context.Context) (io.ReadCloser, error)
}

// Bytes is content that is in memory.
func Bytes(data []byte) Content {
	return Content{int64(len(data)), func(context.Context) (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(data)), nil
	}}
}

// Of is the content of a regular file.
func Of(on System, path string, info *Info) Content {
	return Content{info.Size, func(ctx context.Context) (io.ReadCloser, error) { return on.Open(ctx, path, 0) }}
}

// Fill writes content into a draft, and returns how many bytes.
func (c Content) Fill(ctx context.Context, d io.Writer) (int64, error) {
	r, err := c.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer r.Close()
	n, err := io.Copy(d, r) // drafts and readers of every System end with their contexts
	if err == nil && n < c.Size {
		err = shorterError(n, c.Size)
	}
	return n, err
}

// sameContent compares two streams until their first difference.
func sameContent(a, b io.Reader) (bool, error) {
	const size = 64 << 10
	inA, inB := make([]byte, size), make([]byte, size)
	for {
		n, errA := io.ReadFull(a, inA)
		m, errB := io.ReadFull(b, inB)
		for _, err := range []error{errA, errB} {
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return false, err
			}
		}
		switch {
		case !bytes.Equal(inA[:n], inB[:m]):
			return false, nil
		case errA != nil:
			return errB != nil, nil
		}
	}
}

// sameTime compares two times as exactly as every machine keeps them.
func sameTime(a, b time.Time) bool { return a.Unix() == b.Unix() }

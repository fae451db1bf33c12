package files

import (
	"bytes"
	"context"
	"io"
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

// SameContent compares two streams until their first difference.
func SameContent(a, b io.Reader) (bool, error) {
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

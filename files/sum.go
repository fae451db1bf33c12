package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
)

// sumOf returns the SHA-256 of the first so many bytes of what is read.
func sumOf(r io.Reader, size int64) ([]byte, error) {
	h := sha256.New()
	_, err := io.CopyBuffer(h, readerOnly{io.LimitReader(r, size)}, make([]byte, 64<<10))
	return h.Sum(nil), err
}

// readerOnly and writerOnly hide the other methods of a file, which io.Copy would prefer and which no context ends.
type (
	readerOnly struct{ io.Reader }
	writerOnly struct{ io.Writer }
)

// readSum is the sum of a file that is read for it.
func readSum(ctx context.Context, from System, path string, size int64) ([]byte, error) {
	r, err := from.Open(ctx, path, 0)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return sumOf(r, size)
}

// errOtherSum is what is said of a file that was written and is not what it should be.
var errOtherSum = errors.New("what was written is not what was to be written: the checksums differ")

// checkSum compares what has been written with what it should be; want may be nil.
func checkSum(ctx context.Context, on System, path string, size int64, want []byte) error {
	if want == nil {
		return nil
	}
	sum, err := on.Sum(ctx, path, size)
	if err == nil && !bytes.Equal(sum, want) {
		err = errOtherSum
	}
	return err
}

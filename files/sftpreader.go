package files

import (
	"context"
	"io"
	"os"

	"deployer/internal/sftp"
)

// sftpReader reads a file with many requests at a time.
type sftpReader struct {
	files *SFTP
	file  *sftp.File
	size  int64 // when it was opened
	ctx   context.Context

	next   int64    // where the next request begins
	pieces []*piece // asked for, in order; the first one may have been read in part
	read   int      // bytes of the first one
	free   [][]byte // memory of those before
	err    error
}

// piece is a part of a file that was asked for.
type piece struct {
	from int64
	data []byte // what has come; there is memory for all
	err  error
	done chan struct{} // closed when something has come, or will not
}

// Read implements io.Reader.
func (r *sftpReader) Read(b []byte) (int, error) {
	rest, err := r.rest()
	if err != nil {
		return 0, err
	}
	n := copy(b, rest)
	r.skip(n)
	return n, nil
}

// WriteTo implements io.WriterTo. It saves copying what is read once more.
func (r *sftpReader) WriteTo(w io.Writer) (written int64, err error) {
	for {
		rest, err := r.rest()
		if err == io.EOF {
			return written, nil
		}
		if err != nil {
			return written, err
		}
		n, err := w.Write(rest)
		r.skip(n)
		written += int64(n)
		if err != nil {
			return written, err
		}
	}
}

// rest waits for what comes next, and returns it.
func (r *sftpReader) rest() ([]byte, error) {
	for r.err == nil {
		r.ask()
		first := r.pieces[0]
		select {
		case <-first.done:
		case <-r.ctx.Done():
			return nil, context.Cause(r.ctx)
		}
		if r.read < len(first.data) {
			return first.data[r.read:], nil
		}
		if len(first.data) < cap(first.data) && first.err == nil { // an answer may be shorter than what is there
			r.fetch(first)
			continue
		}
		r.free = append(r.free, first.data)
		r.pieces, r.read = r.pieces[1:], 0
		r.err = r.files.explainRead(r.ctx, first.err)
	}
	return nil, r.err
}

// skip goes on behind what rest returned.
func (r *sftpReader) skip(n int) { r.read += n }

// explainRead is explain for what reads, to which the end is no failure.
func (f *SFTP) explainRead(ctx context.Context, err error) error {
	if err == io.EOF { // of the file: that of the connection has another type
		return err
	}
	return f.explain(ctx, err)
}

// ask keeps requests under way for what is to be expected, and for one piece beyond it.
func (r *sftpReader) ask() {
	for len(r.pieces) == 0 || len(r.pieces) < r.files.client.requestsOnce() && r.next <= r.size {
		p := &piece{from: r.next, data: r.memory()}
		r.fetch(p)
		r.pieces = append(r.pieces, p)
		r.next += int64(r.files.client.packet)
	}
}

// fetch asks for what a piece lacks.
func (r *sftpReader) fetch(p *piece) {
	done, has := make(chan struct{}), len(p.data)
	p.done = done
	r.file.Read(p.data[has:cap(p.data)], p.from+int64(has), func(n int, err error) {
		p.data, p.err = p.data[:has+n], err
		close(done)
	})
}

// memory is for a piece: that of one before, if there is one.
func (r *sftpReader) memory() []byte {
	if n := len(r.free); n > 0 {
		var b []byte
		b, r.free = r.free[n-1], r.free[:n-1]
		return b[:0]
	}
	return r.files.client.buffer()
}

// Close implements io.Closer. It does not wait for the server.
func (r *sftpReader) Close() error {
	for _, p := range r.pieces {
		select {
		case <-p.done:
			r.free = append(r.free, p.data)
		default: // what comes then is forgotten
		}
	}
	r.files.client.release(r.free...)
	r.pieces, r.free, r.err = nil, nil, os.ErrClosed
	r.file.Forget()
	return nil
}

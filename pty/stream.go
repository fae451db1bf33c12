package pty

import (
	"io"
	"os"
	"sync"
	"time"
)

// Stream is a terminal at the far end of a connection, such as a socket or a channel of SSH, which passes on each key
// when it is typed, and shows what it gets. CR LF and CR NUL, as telnet sends Enter, arrive as CR.
//
// When the connection ends, what was typed before can still be taken. A write that fails ends it, too: what is on the
// screen is not known any more.
type Stream struct {
	conn    io.ReadWriteCloser
	typed   chan []byte // by the reading goroutine, which closes it
	rest    []byte      // of what came last from typed
	ended   error       // why there is no more, once typed is closed
	hungUp  chan struct{}
	hangUp  func() error
	reading sync.WaitGroup

	mu   sync.Mutex
	size Size
}

var _ Terminal = (*Stream)(nil)

const (
	streamChunk  = 4 << 10 // bytes that are read at a time
	streamChunks = 16      // that are kept for whoever takes them; then the connection is not read
)

// NewStream returns the terminal at the far end of conn. It must be closed, and closes conn: that must end a Read or a
// Write that waits, as it does of a net.Conn.
func NewStream(conn io.ReadWriteCloser, size Size) *Stream {
	s := &Stream{conn: conn, typed: make(chan []byte, streamChunks), hungUp: make(chan struct{}), size: size}
	s.hangUp = sync.OnceValue(func() error {
		close(s.hungUp)
		return s.conn.Close()
	})
	s.reading.Go(s.read)
	return s
}

// read reads the connection until its end.
func (s *Stream) read() {
	defer close(s.typed)
	var last byte
	for {
		chunk := make([]byte, streamChunk)
		n, err := s.conn.Read(chunk)
		if chunk, last = oneEnter(chunk[:n], last); len(chunk) > 0 {
			select {
			case s.typed <- chunk:
			case <-s.hungUp:
			}
		}
		if err != nil {
			s.ended = err
			return
		}
	}
}

// oneEnter leaves out what comes after a CR as part of the same Enter. It is told the byte before, and returns the
// last.
func oneEnter(typed []byte, last byte) ([]byte, byte) {
	kept := typed[:0]
	for _, c := range typed {
		if last != '\r' || c != '\n' && c != 0 {
			kept = append(kept, c)
		}
		last = c
	}
	return kept, last
}

// Size implements Terminal.
func (s *Stream) Size() Size {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.size.Rows <= 0 || s.size.Cols <= 0 {
		return Default
	}
	return s.size
}

// Resize notes another size, as the far end tells it. It may be called at any time.
func (s *Stream) Resize(size Size) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = size
}

// Write writes to the screen. It waits while the far end takes nothing, until Close.
func (s *Stream) Write(p []byte) (int, error) {
	n, err := s.conn.Write(p)
	if err != nil {
		_ = s.hangUp() // the error of writing matters more
	}
	return n, err
}

// Close closes the connection, and waits until nobody reads it. It may be called at any time, more than once.
func (s *Stream) Close() error {
	err := s.hangUp()
	s.reading.Wait()
	return err
}

// Keys implements Terminal. It does not fail.
func (s *Stream) Keys() (Keys, error) { return &streamKeys{s: s, stopped: make(chan struct{})}, nil }

// streamKeys is the keys of a stream.
type streamKeys struct {
	s       *Stream
	stopped chan struct{}
	stop    sync.Once
}

// ReadWithin implements Keys.
func (k *streamKeys) ReadWithin(p []byte, limit time.Duration) (int, error) {
	select {
	case <-k.stopped:
		return 0, ErrStopped
	default:
	}
	if len(k.s.rest) == 0 {
		if err := k.wait(limit); err != nil {
			return 0, err
		}
	}
	n := copy(p, k.s.rest)
	k.s.rest = k.s.rest[n:]
	return n, nil
}

// wait waits for the next chunk.
func (k *streamKeys) wait(limit time.Duration) error {
	var over <-chan time.Time // never, unless there is a limit
	if limit >= 0 {
		over = time.After(limit)
	}
	var chunk []byte
	var ok bool
	select {
	case chunk, ok = <-k.s.typed:
	case <-k.stopped:
		return ErrStopped
	case <-over:
		select {
		case chunk, ok = <-k.s.typed: // it came in time, but nobody looked
		default:
			return os.ErrDeadlineExceeded
		}
	}
	if !ok {
		return k.s.ended
	}
	k.s.rest = chunk
	return nil
}

// Stop implements Keys.
func (k *streamKeys) Stop() { k.stop.Do(func() { close(k.stopped) }) }

// Close implements Keys. The connection stays open.
func (k *streamKeys) Close() error {
	k.Stop()
	return nil
}

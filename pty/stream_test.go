package pty

import (
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// connect returns a stream and its far end. Both are closed at the end of the test, which no goroutine outlives: it
// must be in a bubble.
func connect(t *testing.T) (*Stream, net.Conn) {
	t.Helper()
	near, far := net.Pipe()
	s := NewStream(near, Size{})
	t.Cleanup(func() {
		_ = far.Close() // never fails
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s, far
}

// typeAt types at the far end.
func typeAt(t *testing.T, far io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(far, text); err != nil {
		t.Fatal(err)
	}
}

// keysOf returns the keys of a stream, which can always be had.
func keysOf(t *testing.T, s *Stream) Keys {
	t.Helper()
	keys, err := s.Keys()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

func expectKeys(t *testing.T, k Keys, size int, want string, wantErr error) {
	t.Helper()
	p := make([]byte, size)
	n, err := k.ReadWithin(p, time.Minute)
	if string(p[:n]) != want || err != wantErr {
		t.Errorf("got %q, %v, want %q, %v", p[:n], err, want, wantErr)
	}
}

func TestStreamHasOneEnter(t *testing.T) {
	for typed, want := range map[string]string{
		"a\rb":           "a\rb",
		"a\nb":           "a\nb",
		"a\r\nb\r\n":     "a\rb\r",
		"a\r\x00b\r\x00": "a\rb\r",
		"\r\r\n\n\r\n":   "\r\r\n\r",
		"\x00\r\r":       "\x00\r\r",
	} {
		whole, _ := oneEnter([]byte(typed), 0)
		var parts strings.Builder
		var last byte
		for _, c := range []byte(typed) {
			var part []byte
			part, last = oneEnter([]byte{c}, last)
			parts.Write(part)
		}
		if string(whole) != want || parts.String() != want {
			t.Errorf("%q is %q, and byte by byte %q, want %q", typed, whole, parts.String(), want)
		}
	}
}

func TestStreamKeepsKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := connect(t)
		first := keysOf(t, s)
		typeAt(t, far, "abc")
		expectKeys(t, first, 2, "ab", nil)
		first.Stop()
		expectKeys(t, first, 2, "", ErrStopped)
		if err := first.Close(); err != nil {
			t.Error(err)
		}
		typeAt(t, far, "\r\n")
		typeAt(t, far, "\nd") // one of its own, as the one before is complete
		second := keysOf(t, s)
		expectKeys(t, second, 2, "c", nil)
		expectKeys(t, second, 2, "\r", nil)
		expectKeys(t, second, 9, "\nd", nil)
	})
}

func TestStreamWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := connect(t)
		keys, began := keysOf(t, s), time.Now()
		time.AfterFunc(90*time.Second, func() { typeAt(t, far, "a") })
		expectKeys(t, keys, 9, "", os.ErrDeadlineExceeded)
		expectKeys(t, keys, 9, "a", nil)
		time.AfterFunc(30*time.Second, keys.Stop)
		expectKeys(t, keys, 9, "", ErrStopped)
		if took := time.Since(began); took != 2*time.Minute {
			t.Errorf("it took %s", took)
		}
	})
}

// TestStreamEnds ends a stream in every way. What was typed before can be taken, and nothing after.
func TestStreamEnds(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		end  func(s *Stream, near *breakable, far net.Conn)
		want error
	}{
		"at the far end": {func(_ *Stream, _ *breakable, far net.Conn) { far.Close() }, io.EOF},
		"here":           {func(s *Stream, _ *breakable, _ net.Conn) { s.Close() }, io.ErrClosedPipe},
		"reading": {func(_ *Stream, near *breakable, far net.Conn) {
			near.readErr = broken
			far.Close()
		}, broken},
		"writing": {func(s *Stream, near *breakable, _ net.Conn) {
			near.writeErr = broken
			if _, err := io.WriteString(s, "x"); err != broken {
				t.Errorf("the write failed with %v", err)
			}
		}, io.ErrClosedPipe},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pipe, far := net.Pipe()
				near := &breakable{Conn: pipe}
				s := NewStream(near, Size{})
				defer s.Close()
				typeAt(t, far, "abc")
				synctest.Wait()
				keys := keysOf(t, s)
				test.end(s, near, far)
				synctest.Wait()
				expectKeys(t, keys, 9, "abc", nil)
				expectKeys(t, keys, 9, "", test.want)
				expectKeys(t, keysOf(t, s), 9, "", test.want)
			})
		})
	}
}

// breakable is a connection that fails as it is told.
type breakable struct {
	net.Conn
	readErr, writeErr error
}

func (b *breakable) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	if err != nil && b.readErr != nil {
		err = b.readErr
	}
	return n, err
}

func (b *breakable) Write(p []byte) (int, error) {
	if b.writeErr != nil {
		return 0, b.writeErr
	}
	return b.Conn.Write(p)
}

// TestStreamIsBounded types more than is kept, which waits until somebody takes it, and closes the stream meanwhile.
// Nor does the far end take what is written.
func TestStreamIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, far := connect(t)
		const kept = streamChunks + 1 // one is on its way
		typed, wrote := 0, errors.New("it waits")
		go func() {
			for _, err := io.WriteString(far, "a"); err == nil; _, err = io.WriteString(far, "a") {
				typed++
			}
		}()
		go func() { _, wrote = io.WriteString(s, "b") }()
		synctest.Wait()
		if typed != kept {
			t.Errorf("%d chunks are kept, want %d", typed, kept)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		synctest.Wait()
		if !errors.Is(wrote, io.ErrClosedPipe) {
			t.Errorf("a write that waited when the stream was closed ended with %v", wrote)
		}
	})
}

func TestStreamSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := connect(t)
		if got := s.Size(); got != Default {
			t.Errorf("a stream of unknown size has %v", got)
		}
		want := Size{Rows: 7, Cols: 30}
		if s.Resize(want); s.Size() != want {
			t.Errorf("it has %v, want %v", s.Size(), want)
		}
	})
}

package hosts

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
)

// wire is the connection under an SSH connection. It reads the greeting of the server itself: x/crypto takes neither
// the long notices before it that OpenSSH takes, nor offence at SSH 1. It counts what is read, which shows that the
// other side lives, and keeps why nothing more can be read.
type wire struct {
	net.Conn
	berth *berth // of this machine, if the connection goes through no other

	found func()       // called when the server has greeted
	ack   func()       // acknowledges at once what was read; may be nil
	held  atomic.Bool  // the server holds back what it sends until it has that
	read  atomic.Int64 // bytes
	heard atomic.Int64 // when something was read last, in nanoseconds since 1970

	ahead   []byte // read, and not handed on yet; used by the one reader
	buffer  []byte // memory for it; nil until much has come
	greeted bool   // the first line in ahead, once, is the server's version
	notices int    // lines before it

	mu    sync.Mutex // guards what follows
	first string     // line that is not empty, before the greeting
	end   error      // why nothing more can be read
	spurn error      // why something could not be written, of which reading need not tell
}

// What OpenSSH takes before the greeting.
const (
	maxNotices = 1024 // lines
	maxNotice  = 8192 // bytes of a line
	versions   = "SSH-"
)

func (w *wire) Read(b []byte) (int, error) {
	for !w.greeted {
		if err := w.greet(); err != nil {
			w.ended(err)
			return 0, err
		}
	}
	if len(w.ahead) > 0 {
		n := copy(b, w.ahead)
		w.ahead = w.ahead[n:]
		return n, nil
	}
	if len(b) >= readAhead || w.read.Load() < muchRead {
		return w.receive(b)
	}
	return w.receiveAhead(b)
}

const (
	muchRead  = 4 << 20   // bytes after which it is worth memory to read more at a time
	readAhead = 128 << 10 // bytes that are read at a time then: x/crypto asks for a few each time
)

// receiveAhead receives more than it hands on.
func (w *wire) receiveAhead(b []byte) (int, error) {
	if w.buffer == nil {
		w.buffer = make([]byte, readAhead)
	}
	n, err := w.receive(w.buffer)
	handed := copy(b, w.buffer[:n])
	w.ahead = w.buffer[handed:n]
	if n > 0 {
		err = nil // it comes again
	}
	return handed, err
}

func (w *wire) receive(b []byte) (int, error) {
	n, err := w.Conn.Read(b)
	w.read.Add(int64(n))
	if n > 0 {
		w.heard.Store(time.Now().UnixNano())
		if w.held.Load() {
			w.ack()
		}
	}
	if err != nil {
		w.settle()
		w.ended(err)
	}
	return n, err
}

// loggedIn notes that the login is over. Until then every packet of the server is answered, which acknowledges it.
func (w *wire) loggedIn() {
	if w.ack != nil {
		w.held.Store(true)
		w.ack() // what was read already
	}
}

// inSession notes that the server does not hold back anything any more.
func (w *wire) inSession() { w.held.Store(false) }

// silent reports whether nothing has come for so long.
func (w *wire) silent(d time.Duration) bool { return time.Since(time.Unix(0, w.heard.Load())) >= d }

// settleTime is how long the end of a connection is kept back, so that what came just before it has been dealt with.
const settleTime = 20 * time.Millisecond

// settle waits for that. Who finds a channel closed, and the connection not failed, knows that the server closed it.
func (w *wire) settle() {
	if w.failed() == nil {
		time.Sleep(settleTime)
	}
}

func (w *wire) Write(b []byte) (int, error) {
	n, err := w.Conn.Write(b)
	if err != nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.spurn = err
	}
	return n, err
}

// spurned returns why something could not be written, or nil.
func (w *wire) spurned() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.spurn
}

// greet takes a line of what comes before the greeting, or reads more if there is no whole line.
func (w *wire) greet() error {
	line, rest, whole := bytes.Cut(w.ahead, []byte("\n"))
	switch {
	case whole && bytes.HasPrefix(line, []byte(versions)):
		w.greeted = true
		w.forget()
		w.found()
		return checkVersion(string(line))
	case len(line) > maxNotice || w.notices > maxNotices:
		w.note(line)
		return &strangerError{w.said()}
	case whole:
		w.notices++
		w.note(line)
		w.ahead = rest
		return nil
	}
	more := make([]byte, 4<<10)
	n, err := w.receive(more)
	w.ahead = append(w.ahead, more[:n]...)
	if err != nil && n == 0 {
		w.note(w.ahead)
		return err
	}
	return nil
}

// note keeps the first line that says something.
func (w *wire) note(line []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.first == "" {
		w.first = strings.TrimSpace(string(line[:min(len(line), maxFirst)]))
	}
}

// forget forgets what was said before the greeting: it is no reason of what comes later.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.first = ""
}

// maxFirst is how much is kept of it, in bytes.
const maxFirst = 120

// said returns the first line of a server that did not greet.
func (w *wire) said() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !isText(w.first) {
		return ""
	}
	return w.first
}

func isText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r == unicode.ReplacementChar || !unicode.IsPrint(r) })
}

func (w *wire) ended(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.end == nil {
		w.end = err
	}
}

// failed returns why nothing more can be read, or nil.
func (w *wire) failed() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.end
}

// damaged reports whether x/crypto has closed the connection, because it cannot make sense of what came.
func (w *wire) damaged() bool {
	time.Sleep(settleTime) // it does so a moment after it has noticed
	return errors.Is(w.failed(), net.ErrClosed)
}

// Close closes the connection, also where x/crypto does so because it cannot make sense of what comes.
func (w *wire) Close() error {
	w.ended(net.ErrClosed)
	defer w.berth.close()
	return w.Conn.Close()
}

// strangerError is a server of another kind.
type strangerError struct{ said string }

func (e *strangerError) Error() string {
	if e.said == "" {
		return "what answers there is no SSH server"
	}
	return fmt.Sprintf("what answers there is no SSH server: it said %q", e.said)
}

var errNotASCII = errors.New("the version of the SSH server is not text")

// checkVersion refuses servers that do not speak SSH 2.0. The version 1.99 says that they do.
func checkVersion(line string) error {
	protocol, _, _ := strings.Cut(strings.TrimPrefix(line, versions), "-")
	if !isText(strings.TrimSpace(line)) {
		return errNotASCII
	}
	if protocol != "2.0" && protocol != "1.99" {
		return fmt.Errorf("the server speaks SSH %s and not 2.0", protocol)
	}
	return nil
}

package sftp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"time"
)

// The kinds of packets.
const (
	kindInit     = 1
	kindVersion  = 2
	kindOpen     = 3
	kindClose    = 4
	kindRead     = 5
	kindWrite    = 6
	kindLstat    = 7
	kindFstat    = 8
	kindSetstat  = 9
	kindFsetstat = 10
	kindOpendir  = 11
	kindReaddir  = 12
	kindRemove   = 13
	kindMkdir    = 14
	kindRmdir    = 15
	kindRealpath = 16
	kindStat     = 17
	kindRename   = 18
	kindReadlink = 19
	kindSymlink  = 20
	kindStatus   = 101
	kindHandle   = 102
	kindData     = 103
	kindName     = 104
	kindAttrs    = 105
	kindExtended = 200
	kindReply    = 201 // to an extended request
)

// request is a packet that is answered.
type request struct {
	head   []byte // all but its data
	data   []byte // what is to be written
	answer byte   // the kind of the answer, where it is not the status alone
	into   []byte // memory for what is read
}

// newRequest is a request that says how to answer: kindStatus for its success only.
func newRequest(kind, answer byte) request {
	const usual = 128 // bytes
	head := make([]byte, 9, usual)
	head[4] = kind
	return request{head: head, answer: answer}
}

// number sets the length and the number of a request, which is complete.
func (r request) number(id uint32) {
	binary.BigEndian.PutUint32(r.head, uint32(len(r.head)-4+len(r.data)))
	binary.BigEndian.PutUint32(r.head[5:], id)
}

func (r request) text(s string) request {
	r.head = append(binary.BigEndian.AppendUint32(r.head, uint32(len(s))), s...)
	return r
}

func (r request) uint32(n uint32) request {
	r.head = binary.BigEndian.AppendUint32(r.head, n)
	return r
}

func (r request) uint64(n int64) request {
	r.head = binary.BigEndian.AppendUint64(r.head, uint64(n))
	return r
}

// about is a request with one path or handle.
func about(kind, answer byte, name string) request { return newRequest(kind, answer).text(name) }

// extended is a request that not every server knows.
func extended(extension string, answer byte) request {
	return newRequest(kindExtended, answer).text(extension)
}

// answer is what the server says of a request.
type answer struct {
	kind byte   // what is asked for
	body []byte // what follows the number of the packet; of data, what was read
	err  error
}

// fail is an answer that does not come.
func (a *answer) fail(err error) { a.body, a.err = nil, err }

// read reads an answer. Its error is that of all that follows.
func (a *answer) read(from *bufio.Reader, kind byte, size uint32) error {
	switch kind {
	case kindStatus:
		return a.readStatus(from, size)
	case a.kind:
	default:
		return unexpected(kind)
	}
	if kind == kindData {
		return a.readData(from, size)
	}
	a.body = make([]byte, size)
	_, err := io.ReadFull(from, a.body)
	return err
}

// readData reads data to where they are wanted.
func (a *answer) readData(from *bufio.Reader, size uint32) error {
	var length [4]byte
	if _, err := io.ReadFull(from, length[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(length[:])
	if size != n+4 || n == 0 || int64(n) > int64(len(a.body)) {
		return fmt.Errorf("the server sends %d bytes where %d were asked for", n, len(a.body))
	}
	a.body = a.body[:n]
	_, err := io.ReadFull(from, a.body)
	return err
}

func (a *answer) readStatus(from *bufio.Reader, size uint32) error {
	var code [4]byte
	if size < uint32(len(code)) {
		return unexpected(kindStatus)
	}
	if _, err := io.ReadFull(from, code[:]); err != nil {
		return err
	}
	size -= uint32(len(code))
	if number := binary.BigEndian.Uint32(code[:]); number != codeOK {
		message := make([]byte, size)
		_, err := io.ReadFull(from, message)
		p := parser{rest: message}
		a.fail(failure(number, p.text())) // not every server sends a text
		return err
	}
	if a.kind != kindStatus {
		a.fail(unexpected(kindStatus))
	}
	_, err := from.Discard(int(size))
	return err
}

// The codes of a status.
const (
	codeOK         = 0
	codeEOF        = 1
	codeNoFile     = 2
	codePermission = 3

	CodeBadMessage  = 5 // OpenSSH's word for an invalid argument
	CodeUnsupported = 8
)

// StatusError is an error of the server that has no number of its own in SFTP.
type StatusError struct {
	Code    uint32
	Message string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s (SFTP error %d)", e.Message, e.Code) }

// failure is the error that a status stands for.
func failure(code uint32, message string) error {
	switch code {
	case codeEOF:
		return io.EOF
	case codeNoFile:
		return fs.ErrNotExist
	case codePermission:
		return fs.ErrPermission
	}
	return &StatusError{code, message}
}

// parser takes an answer apart. After an error all is empty.
type parser struct {
	rest []byte
	err  error
}

var errShort = errors.New("the server sends a packet that is too short")

func (p *parser) take(n int) []byte {
	if p.err != nil || n > len(p.rest) {
		p.err, p.rest = errShort, nil
		return make([]byte, min(n, 8))
	}
	b := p.rest[:n]
	p.rest = p.rest[n:]
	return b
}

func (p *parser) number() uint32 { return binary.BigEndian.Uint32(p.take(4)) }

func (p *parser) long() uint64 { return binary.BigEndian.Uint64(p.take(8)) }

func (p *parser) text() string {
	n := p.number()
	if int64(n) > int64(len(p.rest)) {
		p.err, p.rest = errShort, nil
	}
	if p.err != nil {
		return ""
	}
	return string(p.take(int(n)))
}

// Attributes are what SFTP says of a file.
type Attributes struct {
	Size     int64 // bytes
	UID, GID int
	Mode     uint32 // as Unix numbers it, with the type of the file
	ModTime  time.Time
}

// The flags of attributes.
const (
	hasSize     = 1
	hasOwner    = 2
	hasMode     = 4
	hasTimes    = 8
	hasExtended = 1 << 31
)

func (p *parser) attributes() Attributes {
	var a Attributes
	flags := p.number()
	if flags&hasSize != 0 {
		a.Size = int64(p.long())
	}
	if flags&hasOwner != 0 {
		a.UID, a.GID = int(p.number()), int(p.number())
	}
	if flags&hasMode != 0 {
		a.Mode = p.number()
	}
	if flags&hasTimes != 0 {
		p.number() // when it was read
		a.ModTime = time.Unix(int64(p.number()), 0)
	}
	if flags&hasExtended != 0 {
		for n := p.number(); n > 0 && p.err == nil; n-- {
			p.text()
			p.text()
		}
	}
	return a
}

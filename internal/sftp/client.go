// Package sftp speaks version 3 of the SSH file transfer protocol with a server, for many who ask at a time.
//
// What it sends and receives is copied as seldom as possible, and requests that belong together are sent together, so
// that a crowd of small files costs little more than the server needs for it.
package sftp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Client is a client of an SFTP server. Its methods wait for the server, if need be until the connection has ended.
type Client struct {
	from       *bufio.Reader
	out        *sending
	extensions map[string]bool
	over       chan struct{} // closed when nothing comes any more

	mu    sync.Mutex // guards what follows
	id    uint32     // of the next request
	calls map[uint32]*call
	err   error // why it has ended
}

// ErrEnded is the error of what was asked of a server whose answers have ended.
var ErrEnded = errors.New("the connection to the SFTP server has ended")

// manyAnswers is how many bytes of answers are read at a time.
const manyAnswers = 16 << 10

// NewClient greets the server behind a channel on which the SFTP subsystem has been started. start runs a task in a
// goroutine for which the owner of the channel waits; one of them reads until the channel ends.
func NewClient(from io.Reader, to io.WriteCloser, start func(task func()) error) (*Client, error) {
	c := &Client{
		from: bufio.NewReaderSize(from, manyAnswers), out: &sending{to: to, start: start},
		extensions: map[string]bool{}, over: make(chan struct{}), calls: map[uint32]*call{},
	}
	if err := c.greet(to); err != nil {
		return nil, err
	}
	return c, start(c.receive)
}

// greet agrees on the version.
func (c *Client) greet(to io.Writer) error {
	const version = 3
	if _, err := to.Write([]byte{0, 0, 0, 5, kindInit, 0, 0, 0, version}); err != nil {
		return err
	}
	kind, size, err := c.header()
	if err != nil {
		return err
	}
	if kind != kindVersion {
		return unexpected(kind)
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(c.from, body); err != nil {
		return err
	}
	p := parser{rest: body}
	if spoken := p.number(); p.err == nil && spoken != version {
		return fmt.Errorf("the server speaks SFTP %d and not %d", spoken, version)
	}
	for len(p.rest) > 0 && p.err == nil {
		c.extensions[p.text()] = true
		p.text() // its version
	}
	return p.err
}

// Has reports whether the server has an extension.
func (c *Client) Has(extension string) bool { return c.extensions[extension] }

// Wait returns when nothing comes from the server any more.
func (c *Client) Wait() { <-c.over }

// Answered returns how many requests were answered so far, and how many are under way.
func (c *Client) Answered() (answered uint32, underWay int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id - uint32(len(c.calls)), len(c.calls)
}

// Close lets go of the server. It does not wait.
func (c *Client) Close() error { return c.out.Close() }

// maxPacket is how long a packet may be, in bytes. OpenSSH has the same limit.
const maxPacket = 256 << 10

// header reads how a packet begins, and returns its kind and how many bytes follow.
func (c *Client) header() (kind byte, size uint32, err error) {
	var head [5]byte
	if _, err := io.ReadFull(c.from, head[:]); err != nil {
		return 0, 0, err
	}
	size = binary.BigEndian.Uint32(head[:])
	if size < 1 || size > maxPacket {
		return 0, 0, fmt.Errorf("the server sends a packet of %d bytes", size)
	}
	return head[4], size - 1, nil
}

// receive gives answers to those who wait for them, until there are no more.
func (c *Client) receive() {
	var err error
	for err == nil {
		err = c.answer()
	}
	c.mu.Lock()
	c.err = ended(err)
	left := c.calls
	c.calls = map[uint32]*call{}
	c.mu.Unlock()
	for id, call := range left {
		call.answers[id-call.first].fail(c.err)
		call.answered()
	}
	_ = c.Close() // nothing can be asked any more
	close(c.over)
}

func ended(why error) error { return fmt.Errorf("%w: %w", ErrEnded, why) }

// answer reads one answer.
func (c *Client) answer() error {
	kind, size, err := c.header()
	if err != nil {
		return err
	}
	var number [4]byte
	if size < uint32(len(number)) {
		return unexpected(kind)
	}
	if _, err := io.ReadFull(c.from, number[:]); err != nil {
		return err
	}
	id := binary.BigEndian.Uint32(number[:])
	call := c.take(id)
	if call == nil {
		return errors.New("the server answers what it was not asked")
	}
	a := &call.answers[id-call.first]
	if err = a.read(c.from, kind, size-uint32(len(number))); err != nil {
		a.fail(ended(err))
	}
	call.answered()
	return err
}

// take returns the call of which a request is, and whose answer is not waited for any more; nil if there is none.
func (c *Client) take(id uint32) *call {
	c.mu.Lock()
	defer c.mu.Unlock()
	call := c.calls[id]
	delete(c.calls, id)
	return call
}

func unexpected(kind byte) error {
	return fmt.Errorf("the server sends an unexpected packet of kind %d", kind)
}

// call is some requests that are sent together. The server deals with them in order.
type call struct {
	first   uint32
	left    atomic.Int32 // answers to come
	answers []answer
	then    func([]answer) // called once, with all of them. It must not wait for anything
}

// answered notes that an answer is there.
func (call *call) answered() {
	if call.left.Add(-1) == 0 {
		call.then(call.answers)
	}
}

// send sends requests, and has then called with their answers.
func (c *Client) send(then func([]answer), requests ...request) {
	call := &call{answers: make([]answer, len(requests)), then: then}
	call.left.Store(int32(len(requests)))
	parts := make([][]byte, 0, 2*len(requests))
	for i, r := range requests {
		call.answers[i] = answer{kind: r.answer, body: r.into}
		parts = append(parts, r.head)
		if len(r.data) > 0 {
			parts = append(parts, r.data)
		}
	}
	err := c.register(call, requests)
	if err == nil {
		if err = c.out.add(parts...); err != nil {
			err = ended(err) // not a file
		}
	}
	if err != nil {
		c.withdraw(call, err)
	}
}

// register gives requests their numbers, and has their answers waited for.
func (c *Client) register(call *call, requests []request) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	call.first = c.id
	c.id += uint32(len(requests))
	for i, r := range requests {
		id := call.first + uint32(i)
		r.number(id)
		c.calls[id] = call
	}
	return c.err
}

// withdraw ends a call that could not be sent.
func (c *Client) withdraw(call *call, err error) {
	for i := range call.answers {
		if c.take(call.first+uint32(i)) != nil {
			call.answers[i].fail(err)
			call.answered()
		}
	}
}

// ask sends requests and waits for their answers.
func (c *Client) ask(requests ...request) []answer {
	done := make(chan []answer, 1)
	c.send(func(all []answer) { done <- all }, requests...)
	return <-done
}

// do is ask for requests that are answered with their success only. It returns the first error.
func (c *Client) do(requests ...request) error {
	for _, a := range c.ask(requests...) {
		if a.err != nil {
			return a.err
		}
	}
	return nil
}

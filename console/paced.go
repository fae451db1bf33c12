package console

import (
	"io"
	"sync"
	"time"
)

// paced writes to a terminal at the pace that it takes: nobody waits for it, until much is to be written. A terminal that
// takes nothing (Ctrl-S) so does not hold up the hosts.
type paced struct {
	mu     sync.Mutex
	change sync.Cond // of what follows
	parts  []part
	size   int // of all parts, in bytes
	closed bool
	err    error
	writer sync.WaitGroup
}

type part struct {
	to   io.Writer
	data []byte
}

// maxBehind is how many bytes the terminal may be behind before writing to it waits: more than all that is held, with the
// carriage returns that it may get, and with what is drawn below it. What is held is written at once.
const maxBehind = 3 * maxHeld

func newPaced() *paced {
	p := &paced{}
	p.change.L = &p.mu
	p.writer.Go(p.run)
	return p
}

// pacedWriter is one of the outputs that share a terminal.
type pacedWriter struct {
	paced *paced
	to    io.Writer
}

// Write implements io.Writer. Its error may be that of an earlier part.
func (w pacedWriter) Write(data []byte) (int, error) {
	p := w.paced
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.size > maxBehind && p.err == nil && !p.closed {
		p.change.Wait()
	}
	if p.err != nil {
		return 0, p.err
	}
	if p.closed {
		return w.to.Write(data)
	}
	p.size += len(data)
	if last := len(p.parts) - 1; last >= 0 && p.parts[last].to == w.to {
		p.parts[last].data = append(p.parts[last].data, data...)
	} else {
		p.parts = append(p.parts, part{w.to, append([]byte(nil), data...)})
	}
	p.change.Broadcast()
	return len(data), nil
}

// behind reports whether the terminal has not taken yet what it was given.
func (p *paced) behind() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size > 0
}

// far reports whether the terminal is so far behind that what comes now would be old when it gets to that.
func (p *paced) far() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size > maxHeld/2
}

// settle waits until all is written, though not for a terminal that takes nothing.
func (p *paced) settle() {
	p.mu.Lock()
	defer p.mu.Unlock()
	late := false
	defer time.AfterFunc(settleWithin, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.change.Broadcast()
	}).Stop()
	for p.size > 0 && p.err == nil && !late {
		p.change.Wait()
	}
}

// settleWithin is how long a terminal has for what it was given.
const settleWithin = time.Second

// close waits until all is written. What comes later is written at once.
func (p *paced) close() error {
	p.mu.Lock()
	p.closed = true
	p.change.Broadcast()
	p.mu.Unlock()
	p.writer.Wait()
	return p.err
}

func (p *paced) run() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for len(p.parts) == 0 && !p.closed {
			p.change.Wait()
		}
		if len(p.parts) == 0 || p.err != nil {
			return
		}
		parts := p.parts
		p.parts = nil
		p.mu.Unlock()
		written, err := write(parts)
		p.mu.Lock()
		p.size -= written
		p.err = err
		p.change.Broadcast()
	}
}

func write(parts []part) (size int, err error) {
	for _, one := range parts {
		size += len(one.data)
		if err == nil {
			_, err = one.to.Write(one.data)
		}
	}
	return size, err
}

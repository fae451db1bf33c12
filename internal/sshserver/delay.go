package sshserver

import (
	"net"
	"sync"
	"time"
)

// A delayed connection delivers everything, both ways, a while after it was sent.
type delayed struct {
	net.Conn
	in, out *line
	rest    []byte // of what was taken from in last; used by the one reader
	moving  sync.WaitGroup
}

func newDelayed(c net.Conn, latency time.Duration) *delayed {
	d := &delayed{Conn: c, in: newLine(latency), out: newLine(latency)}
	d.moving.Go(d.receive)
	d.moving.Go(d.deliver)
	return d
}

func (d *delayed) receive() {
	for {
		buf := make([]byte, 32<<10)
		n, err := d.Conn.Read(buf)
		if n > 0 && d.in.put(buf[:n]) != nil {
			return
		}
		if err != nil {
			d.in.end(err)
			return
		}
	}
}

func (d *delayed) deliver() {
	for {
		data, err := d.out.take()
		if err != nil {
			return
		}
		if _, err := d.Conn.Write(data); err != nil {
			d.out.fail(err)
			return
		}
	}
}

func (d *delayed) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		data, err := d.in.take()
		if err != nil {
			return 0, err
		}
		d.rest = data
	}
	n := copy(p, d.rest)
	d.rest = d.rest[n:]
	return n, nil
}

func (d *delayed) Write(p []byte) (int, error) {
	if err := d.out.put(append([]byte(nil), p...)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close waits until what was written is delivered.
func (d *delayed) Close() error {
	d.out.end(net.ErrClosed)
	d.out.drained()
	err := d.Conn.Close()
	d.in.end(net.ErrClosed)
	d.moving.Wait()
	return err
}

// A line is a queue whose entries can be taken a while after they were put. How long it can grow is limited by the
// windows of SSH channels.
type line struct {
	latency time.Duration
	mu      sync.Mutex
	changed *sync.Cond
	queue   []parcel
	err     error // what put returns, and take at the end of the queue
	taking  bool  // the entry taken last may still be on its way
}

type parcel struct {
	due  time.Time
	data []byte
}

func newLine(latency time.Duration) *line {
	l := &line{latency: latency}
	l.changed = sync.NewCond(&l.mu)
	return l
}

func (l *line) put(data []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	l.queue = append(l.queue, parcel{time.Now().Add(l.latency), data})
	l.changed.Broadcast()
	return nil
}

// take waits for the next entry and until it is due. Taking says that the one before has been dealt with.
func (l *line) take() ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taking = false
	l.changed.Broadcast()
	for len(l.queue) == 0 {
		if l.err != nil {
			return nil, l.err
		}
		l.changed.Wait()
	}
	next := l.queue[0]
	l.queue, l.taking = l.queue[1:], true
	l.mu.Unlock()
	time.Sleep(time.Until(next.due))
	l.mu.Lock()
	return next.data, nil
}

// end lets nothing more be put; the first reason counts.
func (l *line) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
	}
	l.changed.Broadcast()
}

// fail ends the line and throws away what is on it.
func (l *line) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err, l.queue, l.taking = err, nil, false
	l.changed.Broadcast()
}

// drained waits until every entry has been taken and dealt with.
func (l *line) drained() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.queue) > 0 || l.taking {
		l.changed.Wait()
	}
}

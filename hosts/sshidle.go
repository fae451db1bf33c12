package hosts

import (
	"errors"
	"time"
)

// release gives back a connection that get returned.
func (p *pool) release(c *sshConn) {
	p.mu.Lock()
	l := c.link
	if l == nil {
		p.mu.Unlock()
		return
	}
	l.users--
	var oldest *sshConn
	if l.users == 0 && p.links[l.key] == l {
		p.rest(l)
		oldest = p.crowded()
	}
	p.mu.Unlock()
	if oldest != nil {
		oldest.close(errIdle)
	}
}

// errIdle is the cause of connections that nobody used.
var errIdle = errors.New("the connection was not used for a while")

// rest starts the idle time of a connection. It needs p.mu.
func (p *pool) rest(l *link) {
	l.since = time.Now()
	l.idle = time.AfterFunc(p.idle, func() { p.expire(l) })
}

func (p *pool) expire(l *link) {
	p.mu.Lock()
	idle := l.users == 0
	if idle {
		p.forget(l)
	}
	p.mu.Unlock()
	if idle {
		l.conn.close(errIdle)
	}
}

// crowded returns the connection that is idle for longest, if there are too many, and forgets it. It needs p.mu.
func (p *pool) crowded() *sshConn {
	if len(p.links) <= p.maxIdle {
		return nil
	}
	idle := 0
	for _, l := range p.links {
		if l.idles() {
			idle++
		}
	}
	if idle <= p.maxIdle {
		return nil
	}
	oldest := p.oldest()
	p.forget(oldest)
	return oldest.conn
}

// oldest is the connection that is idle for longest, or nil. It needs p.mu.
func (p *pool) oldest() *link {
	var oldest *link
	for _, l := range p.links {
		if l.idles() && (oldest == nil || l.since.Before(oldest.since)) {
			oldest = l
		}
	}
	return oldest
}

// idles reports whether nobody uses the connection. It needs pool.mu.
func (l *link) idles() bool { return l.conn != nil && l.users == 0 && len(l.waiting) == 0 }

// drop forgets a connection that has ended.
func (p *pool) drop(c *sshConn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.link != nil {
		p.forget(c.link)
	}
}

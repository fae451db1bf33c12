package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"deployer/files"

	"golang.org/x/crypto/ssh"
)

// sftpChannel is the SFTP client of a connection. There is one at a time, which is opened when it is first needed and
// then kept. It takes no slot of those that commands take, and makes room when a command needs it.
type sftpChannel struct {
	mu     sync.Mutex // guards what follows
	client *files.SFTPClient
	over   <-chan struct{} // closed when the client has ended
	opened chan struct{}   // closed when the one that is being opened is; nil if none is
	none   bool            // the server has no SFTP
	users  int
}

// current returns the client, or nil if there is none that lives. It needs c.mu.
func (c *sftpChannel) current() *files.SFTPClient {
	select {
	case <-c.over:
		return nil
	default:
		return c.client
	}
}

// files implements filer.
func (h *SSH) files(ctx context.Context, s *Session) (files.System, func(), error) {
	for again := false; ; again = true {
		f, release, err := h.filesOnce(ctx, s)
		if again || !isLost(err) {
			return f, release, err
		}
	}
}

// filesOnce uses one connection. It may turn out that it has died while it was idle.
func (h *SSH) filesOnce(ctx context.Context, s *Session) (files.System, func(), error) {
	at, err := s.post(ctx, h.o.Slug)
	if err != nil {
		return nil, nil, h.startFailed(ctx, err)
	}
	conn, err := s.pool.get(at.ctx, h, at.rest, at.back)
	at.leave()
	if err != nil {
		at.end()
		return nil, nil, h.startFailed(at.ctx, err)
	}
	quiet := s.quiet(ctx, at, h)
	release := func() {
		quiet.end()
		conn.sftp.leave()
		s.pool.release(conn)
		at.end()
	}
	conn.sftp.enter()
	client, err := conn.openSFTP(at.ctx)
	if err == nil && client != nil {
		conn.closeIfLeft(at)
		s.offline.begin(h.o.Slug)
		quiet.came = answering(client)
		quiet.begin()
		return files.NewSFTP(client, &fileConn{conn, h, s}, newShellFiles(s.Handle(h), FileOptions{})), release, nil
	}
	release()
	if err != nil && conn.gone(ctx, err) {
		return nil, nil, &Error{Fault: Lost, Host: h.o.Slug, Op: useFiles, Err: conn.ended()}
	}
	return nil, nil, err
}

// closeIfLeft closes the connection when its host is left: no answer about a file may ever come. Other ends of the context
// those who use the files see to themselves.
func (c *sshConn) closeIfLeft(at *post) {
	context.AfterFunc(at.ctx, func() {
		if cause := context.Cause(at.ctx); faultOf(cause) == Parked {
			c.close(cause)
		}
	})
}

// fileConn is the connection as the files over it need it.
type fileConn struct {
	conn    *sshConn
	host    *SSH
	session *Session
}

// Start implements files.Conn.
func (c *fileConn) Start(task func()) error { return c.conn.pool.start(task) }

// Lost implements files.Conn.
func (c *fileConn) Lost(ctx context.Context, err error) error {
	if !c.conn.gone(ctx, err) {
		return nil
	}
	return c.conn.ended()
}

// Again implements files.Conn.
func (c *fileConn) Again(ctx context.Context) (files.System, func(), error) {
	return c.host.files(ctx, c.session)
}

func (c *sftpChannel) enter() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users++
}

func (c *sftpChannel) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.users--
}

// openSFTP returns the client of the connection, or nil if the server has no SFTP.
func (c *sshConn) openSFTP(ctx context.Context) (*files.SFTPClient, error) {
	if c.wire.silent(c.pool.trustTime) && !c.answers(ctx, c.settings.timeout) {
		c.close(&lossError{text: fmt.Sprintf("no answer within %v", c.settings.timeout)})
		return nil, io.EOF
	}
	s := &c.sftp
	for {
		s.mu.Lock()
		if client := s.current(); client != nil || s.none {
			s.mu.Unlock()
			return client, nil
		}
		others := s.opened
		if others == nil {
			s.opened = make(chan struct{})
		}
		s.mu.Unlock()
		if others == nil {
			return c.makeSFTP(ctx)
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// makeSFTP opens the channel. Others wait for it meanwhile.
func (c *sshConn) makeSFTP(ctx context.Context) (*files.SFTPClient, error) {
	client, over, err := c.startSFTP(ctx)
	s := &c.sftp
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.opened)
	s.opened = nil
	if errors.Is(err, errNoSFTP) {
		s.none, err = true, nil
	}
	s.client, s.over = client, over
	return client, err
}

// errNoSFTP is the answer of a server without SFTP.
var errNoSFTP = errors.New("the server has no SFTP")

// startSFTP asks for the subsystem. A server that answers nonsense, as one does whose login shell prints something,
// has none.
func (c *sshConn) startSFTP(ctx context.Context) (*files.SFTPClient, <-chan struct{}, error) {
	ctx, cancel := context.WithTimeout(ctx, c.settings.timeout)
	defer cancel()
	channel, err := c.sftpSession(ctx)
	if isFull(err) {
		return nil, nil, errNoSFTP
	}
	if err != nil {
		return nil, nil, err
	}
	type made struct {
		client *files.SFTPClient
		over   <-chan struct{}
		err    error
	}
	done := make(chan made, 1)
	err = c.pool.start(func() {
		client, over, err := c.talkSFTP(channel)
		done <- made{client, over, err}
	})
	if err != nil {
		return nil, nil, err
	}
	select {
	case m := <-done:
		if m.err != nil && !c.gone(ctx, m.err) {
			m.err = errNoSFTP
		}
		return m.client, m.over, m.err
	case <-ctx.Done():
		_ = c.pool.start(func() { channel.Close() }) // when the pool is closed, so is the connection
		return nil, nil, context.Cause(ctx)
	}
}

// sftpSession opens a session channel, for which the spare session may have to go.
func (c *sshConn) sftpSession(ctx context.Context) (*sessionChannel, error) {
	for refusals := 0; ; refusals++ {
		channel, err := c.open(ctx)
		if !isFull(err) || refusals > 6 {
			return channel, err
		}
		c.dropSpare()
		if err := sleep(ctx, 2*time.Millisecond<<refusals); err != nil {
			return nil, err
		}
	}
}

// talkSFTP starts SFTP on a channel, and watches for its end.
func (c *sshConn) talkSFTP(channel *sessionChannel) (*files.SFTPClient, <-chan struct{}, error) {
	tasks := &c.pool.tasks
	tasks.Go(func() { ssh.DiscardRequests(channel.requests) }) // all end with the channel
	tasks.Go(func() { _, _ = io.Copy(io.Discard, channel.Stderr()) })
	client, err := c.newSFTP(channel)
	if err != nil {
		channel.Close()
		return nil, nil, err
	}
	over := make(chan struct{})
	tasks.Go(func() {
		client.Wait()
		close(over)
		channel.Close()
	})
	return client, over, nil
}

func (c *sshConn) newSFTP(channel *sessionChannel) (*files.SFTPClient, error) {
	ok, err := channel.SendRequest("subsystem", true, ssh.Marshal(struct{ Name string }{"sftp"}))
	c.wire.inSession()
	if err == nil && !ok {
		err = errNoSFTP
	}
	if err != nil {
		return nil, err
	}
	return files.NewSFTPClient(channel, channel, c.pool.start, c.pool.window)
}

// dropSFTP closes the channel if nobody uses it: the server needs its place for a command.
func (c *sshConn) dropSFTP() {
	s := &c.sftp
	s.mu.Lock()
	client := s.current()
	if s.users > 0 || client == nil {
		s.mu.Unlock()
		return
	}
	s.client = nil
	s.mu.Unlock()
	_ = c.pool.start(func() { client.Close() }) // when the pool is closed, so is the connection
}

// isLost reports whether an error is that the connection was lost.
func isLost(err error) bool {
	var lost *Error
	return errors.As(err, &lost) && lost.Fault == Lost
}

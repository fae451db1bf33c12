package hosts

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"deployer/files"
)

// served are the files of a host by an SFTP server that a command starts on it, for the time of one copy: with sudo, and
// where SSH offers none. A command for each file takes so much longer that it is worth the start.
type served struct {
	commands *fileCommands
	ctx      context.Context // of the servers: one that was stopped with the copy could not remove what that has begun
	cancel   context.CancelFunc
	calls    sync.WaitGroup // what the servers were asked
	tasks    sync.WaitGroup // the servers

	mu   sync.Mutex // guards what follows
	now  *serving   // nil: not started yet
	none bool       // the host has no such program
}

// serving is one run of the server.
type serving struct {
	client   *files.SFTPClient
	files    files.System
	answered atomic.Pointer[func() bool] // see answering; nil: the server has not greeted yet
	ended    chan struct{}
	err      error // why it ended; before ended is closed
}

// serve has the files served until end is called, where there is nothing better than commands. In a sandbox nothing is
// copied for which it would be worth it.
func (u *fileUse) serve(ctx context.Context) (end func()) {
	if _, commands := u.fs.(*files.Shell); !commands {
		return func() {}
	}
	s := &served{commands: newFileCommands(u.h, u.options)}
	s.ctx, s.cancel = context.WithCancel(context.WithoutCancel(ctx))
	u.served = s
	return s.close
}

// close ends the server, once all that was stopped has taken back what it had begun.
func (s *served) close() {
	late := time.AfterFunc(serverEnd, s.cancel)
	defer late.Stop()
	s.calls.Wait()
	s.mu.Lock()
	if s.now != nil {
		_ = s.now.client.Close() // it does not fail: a pipe is closed, from which the server reads
	}
	s.mu.Unlock()
	late.Reset(serverEnd)
	s.tasks.Wait()
	s.cancel()
}

// serverEnd is how long a server may take to end by itself.
const serverEnd = 2 * time.Second

// system returns the files, or nil where there is no such server. ctx bounds the start of one.
func (s *served) system(ctx context.Context) (files.System, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.none:
		return nil, nil
	case s.now != nil && !s.now.over():
		return s.now.files, nil
	}
	next, err := s.start(ctx)
	if errors.Is(err, errNoServer) {
		s.none = true
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s.now = next
	return next.files, nil
}

// came reports whether the server has answered something since it was called last, or owes nothing. Until it has greeted
// it has a limit of its own.
func (r *serving) came() bool {
	answered := r.answered.Load()
	return answered == nil || (*answered)()
}

func (r *serving) over() bool {
	select {
	case <-r.ended:
		return true
	default:
		return false
	}
}

// findServer starts the program where the systems have it. It prints nothing of its own to a client.
const findServer = `for server in /usr/lib/openssh /usr/libexec/openssh /usr/lib/ssh /usr/libexec /usr/lib/misc; do
	[ ! -x "$server/sftp-server" ] || exec "$server/sftp-server"
done
echo 'No such file or directory' >&2
exit 1`

// errNoServer is the answer of a host without the program.
var errNoServer = errors.New("the host has no sftp-server")

// start runs the server, and greets it.
func (s *served) start(starting context.Context) (*serving, error) {
	r := &serving{ended: make(chan struct{})}
	in, toServer := io.Pipe()
	fromServer, out := io.Pipe()
	ctx, cancel := context.WithCancel(s.ctx)
	defer context.AfterFunc(starting, cancel)()
	late := time.AfterFunc(s.commands.h.session.beginLimit+greetLimit, cancel)
	defer late.Stop()
	s.tasks.Go(func() {
		defer close(r.ended)
		defer cancel()
		line := scriptLine(s.commands.h.session.fileServer, nil)
		r.err = s.commands.stream(ctx, line, s.commands.options(false), in, out, r.came)
		in.CloseWithError(io.ErrClosedPipe)
		out.CloseWithError(io.EOF)
	})
	var err error
	if r.client, err = files.NewSFTPClient(fromServer, toServer, s.task, s.commands.h.session.pool.window); err != nil {
		toServer.Close()
		fromServer.Close()
		<-r.ended
		return nil, notStarted(starting, r.err)
	}
	answered := answering(r.client)
	r.answered.Store(&answered)
	s.tasks.Go(func() {
		r.client.Wait()
		toServer.Close()
		fromServer.Close()
	})
	r.files = files.NewSFTP(r.client, &servedConn{s, r}, files.NewShell(s.commands))
	return r, nil
}

// greetLimit is how long a server may take to say that it is there, after it was started.
const greetLimit = 10 * time.Second

// notStarted says why there is no server: that of the host, or that it has no such program.
func notStarted(ctx context.Context, err error) error {
	var failure *Error
	if errors.As(err, &failure) && failure.Fault != Interrupted || ctx.Err() != nil {
		return err
	}
	return errNoServer
}

// task runs a task, for which close waits.
func (s *served) task(do func()) error {
	s.tasks.Go(do)
	return nil
}

// servedConn is what the files of a server go over.
type servedConn struct {
	served  *served
	serving *serving
}

// Start implements files.Conn.
func (c *servedConn) Start(task func()) error {
	c.served.calls.Go(task)
	return nil
}

// Lost implements files.Conn.
func (c *servedConn) Lost(ctx context.Context, _ error) error {
	select {
	case <-c.serving.ended:
	case <-ctx.Done():
		return nil
	case <-time.After(serverEnd): // it lives
		return nil
	}
	var failure *Error
	switch err := c.serving.err; {
	case errors.As(err, &failure):
		return err
	case err != nil: // what the program said is no answer to what it was asked
		return fmt.Errorf("the sftp-server on the host has ended: %v", err)
	}
	return errors.New("the sftp-server on the host has ended")
}

// Again implements files.Conn.
func (c *servedConn) Again(ctx context.Context) (files.System, func(), error) {
	on, err := c.served.system(ctx)
	if err == nil && on == nil {
		err = errNoServer
	}
	return on, func() {}, err
}

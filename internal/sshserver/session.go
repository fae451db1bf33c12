package sshserver

import (
	"io"
	"sync"

	gliderlabs "github.com/gliderlabs/ssh"
	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"

	"deployer/pty"
)

// A session is one channel of a client: a command, a shell or a subsystem.
type session struct {
	server  *Server
	conn    *ssh.ServerConn
	channel ssh.Channel
	faults  Faults // when it was opened

	env      []string
	terminal *terminal // asked for; nil for pipes
	process  *process  // once started
	started  bool      // a command, a shell or a subsystem: one in a session
	working  sync.WaitGroup
}

// serveSession serves one session channel until the client has closed it and its process has ended.
func (s *Server) serveSession(_ *gliderlabs.Server, conn *ssh.ServerConn, ask ssh.NewChannel, _ gliderlabs.Context) {
	done, ok := s.begin()
	if !ok {
		_ = ask.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	defer done()
	faults := s.currentFaults()
	if faults.RefuseSessions != 0 {
		_ = ask.Reject(faults.RefuseSessions, "open failed")
		return
	}
	if !s.enter(conn) {
		_ = ask.Reject(ssh.ConnectionFailed, "open failed")
		return
	}
	channel, requests, err := ask.Accept()
	if err != nil {
		s.leave(conn)
		return
	}
	c := &session{server: s, conn: conn, channel: channel, faults: faults}
	c.at(Opened)
	c.serve(requests)
}

// at makes the connection fail if it is to fail at this stage, and says so.
func (c *session) at(stage Stage) bool {
	if c.faults.At != stage {
		return false
	}
	c.server.strike(c.conn.RemoteAddr(), c.faults.How)
	return true
}

// enter takes a place among the sessions of a connection, if one is free.
func (s *Server) enter(conn *ssh.ServerConn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.sessions[conn] >= s.options.MaxSessions {
		return false
	}
	s.sessions[conn]++
	return true
}

func (s *Server) leave(conn *ssh.ServerConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sessions[conn]--
	if s.sessions[conn] == 0 {
		delete(s.sessions, conn)
	}
}

// serve answers requests until the channel or the connection is closed. Then the process loses its streams, and
// may go on without them.
func (c *session) serve(requests <-chan *ssh.Request) {
	for request := range requests {
		then, ok := c.answer(request)
		if mute := request.Type == "exec" && c.faults.At == Asked && c.faults.How == Mute; request.WantReply && !mute {
			_ = request.Reply(ok, nil) // fails when the connection is lost: then requests end
		}
		if then != nil {
			c.working.Go(then)
		}
	}
	c.server.leave(c.conn)
	_ = c.channel.Close() // fails when it is closed already
	if c.process != nil {
		c.process.hangUp()
	}
	c.working.Wait()
}

// answer does what a request asks for. What it returns runs once the client knows that it succeeded.
func (c *session) answer(r *ssh.Request) (then func(), ok bool) {
	switch r.Type {
	case "env":
		return nil, c.setEnv(r.Payload)
	case "pty-req":
		return nil, c.askTerminal(r.Payload)
	case "exec":
		var command struct{ Line string }
		if ssh.Unmarshal(r.Payload, &command) != nil || c.faults.RefuseCommands || c.at(Asked) {
			return nil, false
		}
		return c.start(command.Line)
	case "shell":
		return c.start("")
	case "subsystem":
		return c.subsystem(r.Payload)
	case "signal":
		return nil, c.signal(r.Payload)
	case "window-change":
		return nil, c.resize(r.Payload)
	}
	return nil, false
}

// start starts a command, or the login shell where line is empty.
func (c *session) start(line string) (then func(), ok bool) {
	if c.started {
		return nil, false
	}
	if told := c.server.options.OnCommand; told != nil {
		told(c.conn.User(), line)
	}
	p, err := c.server.startProcess(c.command(line), c.terminal)
	if err != nil {
		return nil, false
	}
	c.process, c.started = p, true
	return c.run, true
}

// run connects the process with the channel, reports how it ended, and closes the channel when nobody holds the
// process's output any more: as with sshd, that can be much later than the end of the process.
func (c *session) run() {
	c.at(Started)
	c.working.Go(func() { c.feed(c.process.input) })
	var output sync.WaitGroup
	if c.faults.At != ReportedFirst {
		c.forward(&output)
	}
	end := c.process.wait()
	if c.terminal == nil {
		_ = c.process.input.Close() // nobody is to read it for the process; feed may have closed it
	}
	if c.faults.At == Printed || c.faults.At == Reported {
		output.Wait()
		c.at(Printed)
	}
	c.report(end)
	c.at(Reported)
	if c.faults.At == ReportedFirst {
		c.at(ReportedFirst)
		c.forward(&output)
	}
	output.Wait()
	_ = c.channel.CloseWrite() // both fail only when the client has closed it already
	_ = c.channel.Close()
}

// forward sends what the process prints.
func (c *session) forward(output *sync.WaitGroup) {
	var stdout io.Writer = c.channel
	switch c.faults.At {
	case FirstByte, Midway:
		stage, bytes := c.faults.At, 1
		if stage == Midway {
			bytes = MidwayBytes
		}
		stdout = &tripwire{to: stdout, left: bytes, trip: func() { c.at(stage) }}
	}
	output.Go(func() { forwardOutput(stdout, c.process.output) })
	if c.process.errors != nil {
		output.Go(func() { forwardOutput(c.channel.Stderr(), c.process.errors) })
	}
}

// feed gives the process what the client sends. When the process reads no more, the rest is read and thrown away.
func (c *session) feed(input io.WriteCloser) {
	_, err := io.Copy(input, c.channel)
	if c.terminal == nil {
		_ = input.Close() // a terminal has no end of its input of this kind; serve hangs it up
	}
	if err != nil {
		_, _ = io.Copy(io.Discard, c.channel)
	}
}

// forwardOutput copies what a process prints until its end. An error on either side is such an end: reading a
// terminal ends with one, and writing fails when the client is gone, which ends the pipe of the process too.
func forwardOutput(to io.Writer, from io.ReadCloser) {
	_, _ = io.Copy(to, from)
	_ = from.Close()
}

// report tells the client how the process ended.
func (c *session) report(e end) {
	if c.server.currentFaults().NoExitStatus {
		return
	}
	request, payload := "exit-status", ssh.Marshal(struct{ Status uint32 }{uint32(e.status)})
	if e.signal != "" {
		request = "exit-signal"
		payload = ssh.Marshal(struct {
			Signal            string
			CoreDumped        bool
			Message, Language string
		}{e.signal, e.core, "", ""})
	}
	_, _ = c.channel.SendRequest(request, false, payload) // fails when the client is gone: nobody to tell
}

func (c *session) subsystem(payload []byte) (then func(), ok bool) {
	var subsystem struct{ Name string }
	if ssh.Unmarshal(payload, &subsystem) != nil || subsystem.Name != "sftp" || c.started || c.server.options.Files.None {
		return nil, false
	}
	if c.server.options.ForceCommand != "" {
		return c.start(subsystem.Name)
	}
	c.started = true
	return c.sftp, true
}

func (c *session) sftp() {
	tap := &filesTap{Channel: c.channel, files: c.server.options.Files}
	_, _ = io.WriteString(c.channel, tap.files.Banner) // where it fails, so does what follows
	files, err := sftp.NewServer(tap, sftp.WithServerWorkingDirectory(c.server.options.Home))
	end := end{}
	if err != nil || files.Serve() != nil {
		end.status = 1
	}
	c.report(end)
	_ = c.channel.Close()
}

func (c *session) signal(payload []byte) bool {
	var signal struct{ Name string }
	return ssh.Unmarshal(payload, &signal) == nil && c.process != nil && c.process.signal(signal.Name)
}

func (c *session) resize(payload []byte) bool {
	var window struct{ Cols, Rows, Width, Height uint32 }
	if ssh.Unmarshal(payload, &window) != nil || c.process == nil || c.process.terminal == nil {
		return false
	}
	size := pty.Size{Rows: int(window.Rows), Cols: int(window.Cols)}
	return pty.Resize(c.process.terminal, size) == nil
}

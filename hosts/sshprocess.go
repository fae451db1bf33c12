package hosts

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"deployer/journal"
	"deployer/pty"

	"golang.org/x/crypto/ssh"
)

const (
	// silence after the exit status, until the output counts as complete: a child in the background may keep it open.
	outputIdle = time.Second
	// closeGrace is how long the server may take to confirm that a session is closed.
	closeGrace = time.Second
	// answerGrace is how long the server may take to say that a command has begun, whose context has ended meanwhile.
	answerGrace = 5 * time.Second
)

// Start implements Host. A raw channel is used, since ssh.Session waits for the end of the output for ever.
func (h *SSH) Start(ctx context.Context, s *Session, c Command) (Process, error) {
	at := postOf(ctx)
	for again := false; ; again = true {
		conn, err := s.pool.get(ctx, h, at.rest, at.back)
		if err != nil {
			return nil, h.startFailed(ctx, err)
		}
		p := newProcess(h.o.Slug, conn)
		line, direct := conn.line(c)
		if direct {
			p.guarded = c.Word
		}
		err = p.start(ctx, line, c)
		if err == nil {
			return p, nil
		}
		gone := conn.gone(ctx, err)
		s.pool.release(conn)
		if again || !gone || p.sent.Load() {
			return nil, h.startFailed(ctx, p.explain(ctx, err))
		}
	}
}

// startFailed makes every error an *Error of its own.
func (h *SSH) startFailed(ctx context.Context, err error) error {
	var failure *Error
	if errors.As(err, &failure) {
		own := *failure // others may wait for the same connection
		return &own
	}
	fault := Unreachable
	if ctx.Err() != nil || errors.Is(err, errClosed) {
		fault = faultOf(err)
	}
	return &Error{Fault: fault, Host: h.o.Slug, Op: "start a command", Err: err}
}

// sshProcess is a command on a session channel.
type sshProcess struct {
	slug    string
	conn    *sshConn
	channel ssh.Channel
	sent    atomic.Bool // the command was sent, so it may have run

	guarded string                          // the word by which the guard knows it; "" if it has a supervisor
	told    atomic.Pointer[<-chan struct{}] // set when the guard was told to end it: closed when it has

	stdin      *io.PipeWriter
	input      *io.PipeReader
	out, errs  *copier
	sizes      chan pty.Size
	interrupts chan struct{}

	ended    chan struct{} // closed when the channel has ended
	cut      bool          // it ended with the connection, before ended is closed
	reported chan struct{} // closed when exit is known
	exit     Exit          // before reported is closed

	once sync.Once
	stop chan struct{} // closed by Abandon
}

func newProcess(slug string, conn *sshConn) *sshProcess {
	return &sshProcess{
		slug: slug, conn: conn,
		sizes: make(chan pty.Size, 1), interrupts: make(chan struct{}, 1),
		ended: make(chan struct{}), reported: make(chan struct{}), stop: make(chan struct{}),
	}
}

// start opens the channel and sends the command.
func (p *sshProcess) start(ctx context.Context, line string, c Command) error {
	channel, err := p.conn.session(ctx)
	if err != nil {
		return err
	}
	p.conn.openSpare() // now, so that it is there when the answer to this one is
	if err := p.begin(ctx, channel, line, c); err != nil {
		p.conn.slots.give(true)
		return err
	}
	return nil
}

// begin sends the command.
func (p *sshProcess) begin(ctx context.Context, channel *sessionChannel, line string, c Command) error {
	p.channel = channel
	p.input, p.stdin = io.Pipe()
	p.out, p.errs = newCopier(channel, c.Stdout), newCopier(channel.Stderr(), c.Stderr)

	started := make(chan error, 1)
	err := p.conn.pool.start(func() {
		tasks := &p.conn.pool.tasks
		tasks.Go(func() { p.listen(channel.requests) })
		if err := p.request(line, c.Terminal); err != nil {
			started <- err
			return
		}
		tasks.Go(p.out.run)
		tasks.Go(p.errs.run)
		tasks.Go(p.feed)
		tasks.Go(p.control)
		started <- nil
	})
	if err == nil {
		limit := p.conn.pool.session().beginLimit
		overdue := time.NewTimer(limit)
		defer overdue.Stop()
		select {
		case err = <-started:
		case <-ctx.Done():
			err = p.begunLate(ctx, started)
		case <-overdue.C:
			err = &lossError{text: fmt.Sprintf("no answer to the request to run a command within %v", limit)}
		}
	}
	if err != nil {
		p.out.over.Store(true)
		p.errs.over.Store(true)
		p.hangUp()
		p.endUnanswered()
	}
	return err
}

// begunLate waits for the answer to a command that is being sent when its context ends. One that has begun is then told
// to end, as others are, and waited for: what it does about that is done when we return.
func (p *sshProcess) begunLate(ctx context.Context, started <-chan error) error {
	select {
	case err := <-started:
		return err
	case <-time.After(answerGrace):
	case <-p.conn.pool.session().abandon.Done():
	}
	return context.Cause(ctx)
}

// endUnanswered has the guard end a command that may run although nobody said so: its shell does not notice that the
// channel was closed. A frozen server may hold that up, but nobody else.
func (p *sshProcess) endUnanswered() {
	if p.guarded != "" && p.sent.Load() {
		_ = p.conn.pool.start(func() { p.conn.guard.end(p.guarded) }) // a pool that is closed ends the guard
	}
}

// request asks for the terminal and starts the command.
func (p *sshProcess) request(line string, terminal *pty.Size) error {
	if p.conn.settings.forwardAgent {
		if err := p.ask("auth-agent-req@openssh.com", nil, "the server does not forward the agent"); err != nil {
			p.conn.agentRefused.Do(func() {
				p.conn.pool.log(context.Background(), journal.Warning, p.slug, err.Error())
			})
		}
	}
	if terminal != nil {
		refusal := "the server gives no terminal: use interactive=False"
		if err := p.ask("pty-req", terminalRequest(*terminal), refusal); err != nil {
			return err
		}
	}
	for _, variable := range p.conn.settings.environment {
		name, value, _ := strings.Cut(variable, "=")
		// The server takes what its AcceptEnv allows, and need not say what it did.
		if _, err := p.channel.SendRequest("env", false, ssh.Marshal(struct{ Name, Value string }{name, value})); err != nil {
			return err
		}
	}
	p.sent.Store(true)
	return p.ask("exec", ssh.Marshal(struct{ Command string }{line}), "the server does not run commands")
}

func (p *sshProcess) ask(name string, payload []byte, refusal string) error {
	ok, err := p.channel.SendRequest(name, true, payload)
	if err == nil && !ok {
		return errors.New(refusal)
	}
	return err
}

// terminalRequest is the payload of pty-req. The terminal's own defaults do, since the local one is in raw mode.
func terminalRequest(size pty.Size) []byte {
	kind := os.Getenv("TERM")
	if kind == "" {
		kind = "xterm"
	}
	return ssh.Marshal(struct {
		Term                         string
		Columns, Rows, Width, Height uint32
		Modes                        string
	}{Term: kind, Columns: uint32(size.Cols), Rows: uint32(size.Rows), Modes: "\x00"})
}

// listen takes what the server says about the command, until the channel ends.
func (p *sshProcess) listen(requests <-chan *ssh.Request) {
	known := false
	for r := range requests {
		exit, ok := readExit(r)
		if ok && !known {
			known, p.exit = true, exit
			close(p.reported)
		}
		if r.WantReply {
			r.Reply(ok, nil) // fails with the channel only
		}
	}
	p.cut = p.conn.wire.failed() != nil
	close(p.ended)
}

// readExit reads exit-status and exit-signal.
func readExit(r *ssh.Request) (Exit, bool) {
	switch r.Type {
	case "exit-status":
		var status struct{ Status uint32 }
		if ssh.Unmarshal(r.Payload, &status) != nil {
			return Exit{}, false
		}
		return exit(int(min(status.Status, 255))), true
	case "exit-signal":
		var signal struct {
			Signal     string
			CoreDumped bool
			Message    string
			Language   string
		}
		if ssh.Unmarshal(r.Payload, &signal) != nil {
			return Exit{}, false
		}
		return Exit{Status: 128 + signalNumber(signal.Signal), Signal: signal.Signal}, true
	}
	return Exit{}, false
}

func signalNumber(name string) int {
	for number, n := range signals {
		if n == name {
			return number
		}
	}
	return 0
}

// feed sends the standard input and its end.
func (p *sshProcess) feed() {
	if err := copyInput(p.channel, p.input); err != nil {
		p.input.CloseWithError(err)
		return
	}
	if p.guarded != "" {
		ended := p.conn.guard.end(p.guarded)
		p.told.Store(&ended)
	}
	p.channel.CloseWrite() // fails with the channel only
}

// copyInput copies to the end. Most commands are given nothing: no large buffer waits for that.
func copyInput(to io.Writer, from io.Reader) error {
	var first [256]byte
	n, err := from.Read(first[:])
	if _, failed := to.Write(first[:n]); failed != nil || err != nil {
		if err == io.EOF {
			err = nil
		}
		return cmp.Or(failed, err)
	}
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	_, err = io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, buffer[:])
	return err
}

// control sends what must not be waited for.
func (p *sshProcess) control() {
	for {
		select {
		case size := <-p.sizes:
			p.channel.SendRequest("window-change", false, ssh.Marshal(struct{ Columns, Rows, Width, Height uint32 }{
				Columns: uint32(size.Cols), Rows: uint32(size.Rows)}))
		case <-p.interrupts:
			p.channel.SendRequest("signal", false, ssh.Marshal(struct{ Signal string }{"INT"}))
		case <-p.ended:
			return
		case <-p.stop:
			return
		}
	}
}

// Stdin implements Process.
func (p *sshProcess) Stdin() io.WriteCloser { return p.stdin }

// Interrupt implements Interrupter.
func (p *sshProcess) Interrupt() {
	if p.guarded != "" {
		return // its shell might end before its children, and the guard believe that it has ended by itself
	}
	select {
	case p.interrupts <- struct{}{}:
	default: // one is under way
	}
}

// Resize implements Process.
func (p *sshProcess) Resize(size pty.Size) error {
	for {
		select {
		case p.sizes <- size:
			return nil
		default:
		}
		select {
		case <-p.sizes: // an older one that was not sent yet
		default:
		}
	}
}

// Abandon implements Process.
func (p *sshProcess) Abandon() {
	p.once.Do(func() { close(p.stop) })
}

// Wait implements Process.
func (p *sshProcess) Wait() (Exit, error) {
	defer p.conn.pool.release(p.conn)
	defer p.conn.slots.give(true)
	return p.wait()
}

func (p *sshProcess) wait() (Exit, error) {
	select {
	case <-p.reported:
		p.drain()
	case <-p.ended:
	case <-p.stop:
	}
	p.guardEnded()
	p.hangUp()
	p.finish(p.out)
	p.finish(p.errs)
	select {
	case <-p.reported:
		if p.truncated() {
			return Exit{}, p.lost()
		}
		return p.exit, nil
	default:
		return Exit{}, p.lost()
	}
}

// truncated reports whether output may be missing of a command whose end is known: sshd may say that it has ended
// before it has sent everything.
func (p *sshProcess) truncated() bool {
	select {
	case <-p.ended:
		return p.cut
	default:
		return false
	}
}

// drain waits for the end of the output: of the channel, or of anything coming for a while. It may also be the network
// that lets nothing come: therefore the server must show that it lives.
func (p *sshProcess) drain() {
	ticker := time.NewTicker(outputIdle / 10)
	defer ticker.Stop()
	var alive chan struct{}
	for {
		select {
		case <-p.ended:
			return
		case <-p.stop:
			return
		case <-ticker.C:
		}
		if !p.out.idle(outputIdle) || !p.errs.idle(outputIdle) {
			continue
		}
		if alive == nil {
			alive = p.conn.ping()
			continue
		}
		select {
		case <-alive:
			return
		default:
		}
	}
}

// guardEnded waits for the guard, if it was told to end the command.
func (p *sshProcess) guardEnded() {
	told := p.told.Load()
	if told == nil {
		return
	}
	var over <-chan time.Time
	select {
	case <-p.reported: // the guard may have forgotten a command that had ended before it was told
		over = time.After(closeGrace)
	default:
	}
	select {
	case <-*told:
	case <-p.stop:
	case <-over:
	}
}

// hangUp closes the channel. A frozen server may hold that up, but nobody else.
func (p *sshProcess) hangUp() {
	p.input.CloseWithError(io.ErrClosedPipe)
	// The pool refuses when it is closed: then the channel is, too.
	_ = p.conn.pool.start(func() { p.channel.Close() })
}

// finish waits until a stream was copied to its end; without its end, as long as something comes. Nothing is written
// after it, but for a write that an abandoned command left behind.
func (p *sshProcess) finish(c *copier) {
	ticker := time.NewTicker(closeTick)
	defer ticker.Stop()
	for waiting := true; waiting; {
		select {
		case <-c.done:
			return
		case <-p.stop:
			waiting = false
		case <-ticker.C:
			select {
			case <-p.ended: // so will be the stream
			default:
				waiting = !c.idle(closeGrace)
			}
		}
	}
	c.over.Store(true)
	for range int(closeGrace / closeTick) { // what is being written is, as a rule, in a moment
		if c.mu.TryLock() {
			c.mu.Unlock()
			return
		}
		<-ticker.C
	}
}

// closeTick is how often the end of a stream is looked for.
const closeTick = closeGrace / 10

// lost is the error of a command whose end is not known.
func (p *sshProcess) lost() *Error {
	err := errors.New("the server closed the session without saying how the command ended")
	select {
	case <-p.stop:
		err = ErrAbandoned
	case <-p.conn.dead:
		err = p.conn.ended()
	case <-time.After(closeGrace): // its end is noticed a moment after that of its channels
	}
	failure := &Error{Fault: Lost, Host: p.slug, Op: "run a command", Err: err, Hint: hintLost}
	select {
	case <-p.reported:
		failure.Err = fmt.Errorf("%w, when the command had ended (%s) and not all of its output had come", err, p.exit.text())
		failure.Hint = ""
	default:
	}
	return failure
}

// hintLost is what to do about a command of which nothing more is known.
const hintLost = "it may have run, in part or whole: look there before running it again"

// explain is the error of a command that was not started.
func (p *sshProcess) explain(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if cause := p.conn.ended(); cause != nil {
		err = cause
	}
	if isCut(err) {
		err = lossOf(err)
	}
	var loss *lossError
	if lost := errors.As(err, &loss); lost && p.sent.Load() {
		return &Error{Fault: Lost, Host: p.slug, Op: "start a command", Err: err, Hint: hintLost}
	}
	return fmt.Errorf("no session: %w", refusal(err))
}

// copier copies one stream of the output.
type copier struct {
	from io.Reader
	to   io.Writer
	done chan struct{}

	over atomic.Bool // nothing is written any more
	mu   sync.Mutex  // held while the output is written
	last time.Time   // when something came
}

func newCopier(from io.Reader, to io.Writer) *copier {
	if to == nil {
		to = io.Discard
	}
	return &copier{from: from, to: to, done: make(chan struct{}), last: time.Now()}
}

// buffers are kept for the next command: most print next to nothing.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// run copies until the end. What cannot be written is read all the same, or the command would be held up.
func (c *copier) run() {
	defer close(c.done)
	buffer := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buffer)
	for {
		n, err := c.from.Read(buffer[:])
		if n > 0 {
			c.write(buffer[:n])
		}
		if err != nil {
			return
		}
	}
}

func (c *copier) write(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over.Load() {
		return
	}
	if _, err := c.to.Write(b); err != nil {
		c.to = io.Discard
	}
	c.last = time.Now()
}

// idle reports whether nothing came for a while. While something is being written it is not idle.
func (c *copier) idle(d time.Duration) bool {
	if !c.mu.TryLock() {
		return false
	}
	defer c.mu.Unlock()
	return time.Since(c.last) > d
}

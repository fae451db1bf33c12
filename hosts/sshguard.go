package hosts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"time"

	"deployer/internal/hostshell"
)

// guard is the process on the host that supervises the commands of a connection whose login shell needs no supervisor
// (see hostshell.Request.Direct). It runs in a session of its own.
type guard struct {
	mu      sync.Mutex
	scripts bool      // the host runs our scripts: no forced command runs in their place
	begun   bool      // it is being started, was started, or cannot be
	over    bool      // it cannot be, or has ended
	file    string    // the way to it on the host; "" while it does not run
	to      io.Writer // its standard input
	ended   map[string]chan struct{}
}

// guardLimit is how long the login shell may take to start a guard.
const guardLimit = 30 * time.Second

// line returns what to send for a command, and whether the guard supervises it.
func (c *sshConn) line(command Command) (string, bool) {
	c.guard.mu.Lock()
	defer c.guard.mu.Unlock()
	if command.Direct == nil || c.guard.file == "" {
		return command.Line, false
	}
	return command.Direct(c.guard.file), true
}

// claimGuard reports whether to start a guard now, which then is up to the caller: there must not be two of them, of
// which one would be told to end what the other knows. Other servers than OpenSSH may not give each command a session
// of processes, or never end a guard whose connection has ended.
func (c *sshConn) claimGuard() bool {
	c.guard.mu.Lock()
	defer c.guard.mu.Unlock()
	wanted := c.guard.scripts && !c.guard.begun && bytes.HasPrefix(c.client.ServerVersion(), []byte("SSH-2.0-OpenSSH_"))
	c.guard.begun = c.guard.begun || wanted
	return wanted
}

// runGuard starts the guard and waits for its end: that of the connection, or at once where the login shell is not one
// that we know. Without a guard nothing is lost but time, so nothing that goes wrong is an error. The guard takes no
// slot, and so must not take the place of a command: it stays if the server has room for two sessions besides it, that
// of a command and the spare one, which is being opened at the same time.
func (c *sshConn) runGuard(spare <-chan struct{}) {
	defer c.guard.gone()
	channel, err := c.open(c.pool.ctx)
	if err != nil {
		return
	}
	<-spare
	if c.spare.isRefused() {
		channel.Close()
		return
	}
	p := newProcess(c.settings.slug, c)
	if err := p.begin(c.pool.ctx, channel, hostshell.GuardLine(), Command{Stdout: &guardReader{guard: &c.guard, process: p}}); err != nil {
		return
	}
	limit := time.AfterFunc(guardLimit, func() {
		if !c.guard.runs() {
			p.Abandon()
		}
	})
	defer limit.Stop()
	_, _ = p.wait()
}

func (g *guard) runs() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.file != ""
}

// gone makes all commands to come have a supervisor, and lets nobody wait any more.
func (g *guard) gone() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.file, g.over = "", true
	for word, ended := range g.ended {
		close(ended)
		delete(g.ended, word)
	}
}

// end tells the guard to end a command. The channel is closed when nothing is left of it, or the guard is gone.
func (g *guard) end(word string) <-chan struct{} {
	ended := make(chan struct{})
	g.mu.Lock()
	to := g.to
	if g.file == "" {
		close(ended)
		to = io.Discard
	} else {
		g.ended[word] = ended
	}
	g.mu.Unlock()
	fmt.Fprintf(to, "end %s\n", word) // fails with the guard only
	return ended
}

// endSession implements guarded.
func (p *sshProcess) endSession(ctx context.Context, word, leader string) {
	guard := &p.conn.guard
	if p.conn.claimGuard() {
		none := make(chan struct{})
		close(none)
		if p.conn.pool.start(func() { p.conn.runGuard(none) }) != nil { // the pool is closed, which hangs up
			guard.gone()
		}
	}
	if !guard.awaited(ctx) {
		return
	}
	guard.mu.Lock()
	to := guard.to
	guard.mu.Unlock()
	fmt.Fprintf(to, "run %s %s\n", word, leader) // fails with the guard only
	select {
	case <-guard.end(word):
	case <-ctx.Done():
	}
}

// guardTick is how often a guard that is being started is looked for.
const guardTick = 10 * time.Millisecond

// awaited waits for a guard that is being started, and reports whether there is one.
func (g *guard) awaited(ctx context.Context) bool {
	ticker := time.NewTicker(guardTick)
	defer ticker.Stop()
	for {
		g.mu.Lock()
		runs, hope := g.file != "", g.begun && !g.over
		g.mu.Unlock()
		if runs || !hope {
			return runs
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
			return false
		}
	}
}

// guardReader reads what the guard says, line by line.
type guardReader struct {
	guard   *guard
	process *sshProcess
	line    []byte
}

func (r *guardReader) Write(p []byte) (int, error) {
	r.line = append(r.line, p...)
	for {
		line, rest, whole := bytes.Cut(r.line, []byte("\n"))
		if !whole {
			return len(p), nil
		}
		r.line = rest
		r.hear(string(line))
	}
}

func (r *guardReader) hear(line string) {
	verb, word, _ := strings.Cut(line, " ")
	g := r.guard
	g.mu.Lock()
	defer g.mu.Unlock()
	switch verb {
	case "guard":
		if pid, err := strconv.Atoi(word); err == nil {
			g.file, g.to, g.ended = fmt.Sprintf("/proc/%d/fd/4", pid), r.process.Stdin(), map[string]chan struct{}{}
		}
	case "ended":
		if ended := g.ended[word]; ended != nil {
			close(ended)
			delete(g.ended, word)
		}
	}
}

// hasGuard implements guarded.
func (p *sshProcess) hasGuard() bool { return p.guarded != "" }

// scriptRan implements guarded.
func (p *sshProcess) scriptRan() {
	p.conn.guard.mu.Lock()
	defer p.conn.guard.mu.Unlock()
	p.conn.guard.scripts = true
}

package hosts

import (
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"deployer/journal"
	"deployer/pty"

	"golang.org/x/crypto/ssh"
)

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
		if err := p.askTerminal(*terminal); err != nil {
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
	err := p.ask("exec", ssh.Marshal(struct{ Command string }{line}), "the server does not run commands")
	p.conn.wire.inSession()
	return err
}

// askTerminal asks for a terminal. What a guard supervises looks itself whether it has one, and has its command begun
// again without the guard where not: that saves waiting for the answer.
func (p *sshProcess) askTerminal(size pty.Size) error {
	if p.guarded != "" {
		_, err := p.channel.SendRequest("pty-req", false, terminalRequest(size))
		return err
	}
	return p.ask("pty-req", terminalRequest(size), "the server gives no terminal: use interactive=False")
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

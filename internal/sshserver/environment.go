package sshserver

import (
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"deployer/pty"
)

// environment is what a command finds in its environment, what stands last counting. PATH alone comes from this
// process: the programs a host has are those of this machine.
func (c *session) environment() []string {
	o, user := c.server.options, c.conn.User()
	client, server := addrOf(c.conn.RemoteAddr()), addrOf(c.conn.LocalAddr())
	env := []string{
		"USER=" + user, "LOGNAME=" + user, "HOME=" + o.Home, "SHELL=" + o.Shell, "PATH=" + os.Getenv("PATH"),
		fmt.Sprintf("SSH_CLIENT=%s %d %d", client.IP, client.Port, server.Port),
		fmt.Sprintf("SSH_CONNECTION=%s %d %s %d", client.IP, client.Port, server.IP, server.Port),
	}
	return append(append(env, o.Env...), c.env...)
}

func addrOf(a net.Addr) *net.TCPAddr { return a.(*net.TCPAddr) }

// setEnv takes the variables that Debian's sshd_config accepts, and refuses all others.
func (c *session) setEnv(payload []byte) bool {
	var v struct{ Name, Value string }
	if ssh.Unmarshal(payload, &v) != nil || c.started || (v.Name != "LANG" && !strings.HasPrefix(v.Name, "LC_")) {
		return false
	}
	c.env = append(c.env, v.Name+"="+v.Value)
	return true
}

// A terminal is the pseudo-terminal that a client asked for.
type terminal struct {
	name  string // for TERM
	size  pty.Size
	modes pty.Modes
}

func (c *session) askTerminal(payload []byte) bool {
	var ask struct {
		Term                      string
		Cols, Rows, Width, Height uint32
		Modes                     string
	}
	if ssh.Unmarshal(payload, &ask) != nil || c.started || c.terminal != nil {
		return false
	}
	c.terminal = &terminal{
		name: ask.Term, size: pty.Size{Rows: int(ask.Rows), Cols: int(ask.Cols)}, modes: parseModes(ask.Modes),
	}
	return true
}

// parseModes reads the encoded terminal modes of RFC 4254 section 8, of which it takes those that [pty.Modes] has.
func parseModes(encoded string) pty.Modes {
	m := pty.Cooked
	fields := map[byte]*bool{
		ssh.ICRNL: &m.CRToNL, ssh.ISIG: &m.Signals, ssh.ICANON: &m.Canonical, ssh.ECHO: &m.Echo,
		ssh.OPOST: &m.Output, ssh.ONLCR: &m.NLToCRNL,
	}
	const opEnd, firstWithoutValue = 0, 160
	for len(encoded) >= 5 && encoded[0] != opEnd && encoded[0] < firstWithoutValue {
		if field := fields[encoded[0]]; field != nil {
			*field = encoded[1:5] != "\x00\x00\x00\x00"
		}
		encoded = encoded[5:]
	}
	return m
}

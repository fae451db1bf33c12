package hosts

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"deployer/internal/printable"

	"golang.org/x/crypto/ssh"
)

// isCut reports whether the other side, or something on the way, ended the connection.
func isCut(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// cutError is a connection that was cut before anybody was logged in.
type cutError struct {
	when  string // "before any greeting"; "" during the login
	said  string // what the server gave as a reason; "" if nothing
	jump  string // the jump host that was lost; "" if that is not the reason
	err   error
	early bool // before the host key was verified: sshd does that to connections at random, when there are many
	times int  // that it happened, one after the other
}

func (e *cutError) Error() string {
	text := ended(e.err)
	if e.jump != "" {
		text = "jump host " + e.jump + " was lost"
	}
	if e.said == "" && e.when != "" {
		text += " " + e.when
	}
	if e.times > 1 {
		text += fmt.Sprintf(", %d times", e.times)
	}
	if e.said != "" {
		text += fmt.Sprintf(", and said %q", e.said)
	}
	return text
}

func (e *cutError) Unwrap() error { return e.err }

func (e *cutError) hint() string {
	var proxy *proxyError
	switch {
	case e.jump != "", errors.As(e.err, &proxy):
		return ""
	case e.overload():
		return "it takes only so many connections at once: raise MaxStartups in its sshd_config"
	case e.times > 1:
		return "it may refuse this machine: see its log, its firewall, and PerSourcePenalties"
	}
	return ""
}

// overload reports whether the server says that it has too many connections: it pays to wait.
func (e *cutError) overload() bool { return strings.Contains(e.said, "MaxStartups") }

// ended says who ended a connection, and how.
func ended(err error) string {
	var proxy *proxyError
	switch {
	case errors.As(err, &proxy):
		return "proxy_command ended"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the host reset the connection"
	}
	return "the host closed the connection"
}

// lossError is why a connection on which somebody was logged in ended.
type lossError struct {
	text string
	err  error
}

func (e *lossError) Error() string { return "the connection was lost: " + e.text }
func (e *lossError) Unwrap() error { return e.err }

// lossOf says what the last error of a connection means.
func lossOf(err error) error {
	var proxy *proxyError
	text := trimSSH(err).Error()
	switch {
	case errors.As(err, &proxy):
		text = proxy.Error()
	case isCut(err):
		text = ended(err)
	case isDamage(err):
		text = damage(err).Error()
	}
	return &lossError{text, err}
}

// loss says why the connection ended. If the jump host is lost, through which it goes, that is why.
func (c *sshConn) loss(err error) error {
	if c.via == nil || c.via.wire.failed() == nil {
		if spurned := c.wire.spurned(); isCut(err) && isCut(spurned) {
			err = spurned // the system tells of a reset once
		}
		return lossOf(err)
	}
	c.via.gone(context.Background(), err) // its end is near
	text := "its end was not noticed yet"
	var loss *lossError
	if cause := c.via.ended(); errors.As(cause, &loss) {
		text = loss.text
	} else if cause != nil {
		text = cause.Error()
	}
	return &lossError{fmt.Sprintf("jump host %s: %s", c.via.settings.slug, text), err}
}

// disconnection is what x/crypto makes of a message with which a server ends a connection; its type is not exported.
var disconnection = regexp.MustCompile(`ssh: disconnect, reason \d+: ((?s).*)$`)

func disconnected(err error) (message string, ok bool) {
	found := disconnection.FindStringSubmatch(err.Error())
	if found == nil {
		return "", false
	}
	message = strings.TrimSpace(found[1])
	if plain, err := strconv.Unquote(message); err == nil {
		message = plain
	}
	return message, true
}

// errDamaged is what came and made no sense, so that x/crypto closed the connection; it does not always say why.
var errDamaged = errors.New("what comes from the host is damaged on the way")

// isDamage reports whether what came was not what had been sent. x/crypto has no types for that.
func isDamage(err error) bool {
	if errors.Is(err, errDamaged) || errors.Is(err, net.ErrClosed) {
		return true
	}
	for _, sign := range []string{"MAC failure", "message authentication failed", "packet", "padding", "unmarshal"} {
		if strings.Contains(err.Error(), sign) {
			return true
		}
	}
	return false
}

// damage says what is known of it.
func damage(err error) error {
	if errors.Is(err, errDamaged) || errors.Is(err, net.ErrClosed) {
		return errDamaged
	}
	return fmt.Errorf("%w (%w)", errDamaged, trimSSH(err))
}

// errForged is a host that shows a host key, and signs with another.
var errForged = errors.New("the signature with its host key is wrong")

func isForged(err error) bool {
	return strings.Contains(err.Error(), "signature did not verify") || errors.Is(err, rsa.ErrVerification)
}

// trimSSH leaves out what x/crypto and net say in front of every error.
func trimSSH(err error) error {
	if message, told := disconnected(err); told {
		return &quietError{fmt.Sprintf("the host ended the connection and said %q", message), err}
	}
	var op *net.OpError
	text := err.Error()
	if errors.As(err, &op) && op.Err != nil {
		text = strings.Replace(text, op.Error(), op.Err.Error(), 1)
	}
	for _, noise := range []string{"ssh: handshake failed: ", "ssh: ", "connect: ", "read: "} {
		text = strings.Replace(text, noise, "", 1)
	}
	return &quietError{text, err}
}

// quietError says the same in fewer words.
type quietError struct {
	text string
	err  error
}

func (e *quietError) Error() string { return e.text }
func (e *quietError) Unwrap() error { return e.err }

// refusal says why the server opens no session.
func refusal(err error) error {
	var refused *ssh.OpenChannelError
	if !errors.As(err, &refused) {
		return trimSSH(err)
	}
	text := "the server refuses it"
	if isFull(err) {
		text = "the server has no room for one"
	}
	return &quietError{fmt.Sprintf("%s: %s (%s)", text, refused.Reason, printable.Text(refused.Message)), err}
}

// disagreement says which algorithms a server takes that has none in common with us.
func disagreement(e *ssh.AlgorithmNegotiationError) error {
	return fmt.Errorf("no common algorithm for %s: the server takes %s", e.What, algorithms(e.RequestedAlgorithms))
}

// algorithms leaves out those that are none, but signal an extension.
func algorithms(all []string) string {
	var real []string
	for _, name := range all {
		if !strings.HasPrefix(name, "ext-info-") && !strings.HasPrefix(name, "kex-strict-") {
			real = append(real, name)
		}
	}
	return printable.Text(strings.Join(real, ", "))
}

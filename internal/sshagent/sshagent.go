// Package sshagent asks an SSH agent for keys and signatures, each within a time limit, and tells an agent that has
// gone from one that refuses.
package sshagent

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Link is the connection to an agent. It is for one goroutine at a time.
type Link struct {
	conn   *conn
	client agent.ExtendedAgent
	gone   error
}

// conn knows whether it broke, which x/crypto does not tell from a refusal.
type conn struct {
	net.Conn
	broken atomic.Bool
}

func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if err != nil {
		c.broken.Store(true)
	}
	return n, err
}

// Dial connects to the agent of a socket. The connection closes when ctx ends.
func Dial(ctx context.Context, socket string, limit time.Duration) (*Link, error) {
	d := net.Dialer{Timeout: limit}
	raw, err := d.DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { raw.Close() })
	c := &conn{Conn: raw}
	return &Link{conn: c, client: agent.NewClient(c)}, nil
}

// Close ends the connection.
func (l *Link) Close() error { return l.conn.Close() }

// Gone returns why the agent can be asked nothing more, or nil.
func (l *Link) Gone() error { return l.gone }

// within asks the agent something that it has to answer in time.
func (l *Link) within(limit time.Duration, ask func() error) error {
	if l.gone != nil {
		return l.gone
	}
	begun := time.Now()
	if err := l.conn.SetDeadline(begun.Add(limit)); err != nil {
		return err
	}
	err := ask()
	switch {
	case err == nil || !l.conn.broken.Load():
		return errors.Join(err, l.conn.SetDeadline(time.Time{}))
	case time.Since(begun) >= limit:
		l.gone = fmt.Errorf("no answer within %v", limit)
	default:
		l.gone = errors.New("it ended the connection")
	}
	return l.gone
}

// Keys lists what the agent can sign with.
func (l *Link) Keys(limit time.Duration) (held []*agent.Key, err error) {
	err = l.within(limit, func() (err error) {
		held, err = l.client.List()
		return err
	})
	return held, err
}

// Sign has the agent sign with a key, and an algorithm of SSH; "" is that which the key has by itself.
func (l *Link) Sign(key ssh.PublicKey, data []byte, algorithm string, limit time.Duration) (*ssh.Signature, error) {
	var sig *ssh.Signature
	var flags agent.SignatureFlags
	switch algorithm {
	case ssh.KeyAlgoRSASHA256:
		flags = agent.SignatureFlagRsaSha256
	case ssh.KeyAlgoRSASHA512:
		flags = agent.SignatureFlagRsaSha512
	}
	err := l.within(limit, func() (err error) {
		sig, err = l.client.SignWithFlags(key, data, flags)
		return err
	})
	return sig, err
}

// Add gives the agent a key.
func (l *Link) Add(key agent.AddedKey, limit time.Duration) error {
	return l.within(limit, func() error { return l.client.Add(key) })
}

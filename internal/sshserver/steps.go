package sshserver

import (
	"bytes"
	"errors"

	"golang.org/x/crypto/ssh"
)

var errDenied = errors.New("permission denied")

// config is what the handshake of one connection needs. With [Options.Steps] it judges who logs in, in place of the
// handlers of the front.
func (s *Server) config() *ssh.ServerConfig {
	o := s.options
	config := &ssh.ServerConfig{
		MaxAuthTries: o.MaxAuthTries, Config: o.Algorithms, PublicKeyAuthAlgorithms: o.KeyAlgorithms,
	}
	if len(o.Steps) == 0 {
		return config
	}
	config.NoClientAuthCallback = func(ssh.ConnMetadata) (*ssh.Permissions, error) { return nil, errDenied }
	first := (&steps{server: s, left: o.Steps}).callbacks()
	config.PublicKeyCallback, config.PasswordCallback = first.PublicKeyCallback, first.PasswordCallback
	config.KeyboardInteractiveCallback = first.KeyboardInteractiveCallback
	return config
}

// steps are what is left of a login that takes several.
type steps struct {
	server *Server
	left   []string
	keys   [][]byte // that were steps already: each is good for one
}

// callbacks offer the next step alone.
func (s *steps) callbacks() (next ssh.ServerAuthCallbacks) {
	o := s.server.options
	switch s.left[0] {
	case "publickey":
		next.PublicKeyCallback = s.publicKey
	case "password":
		next.PasswordCallback = func(c ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			return s.done(c, o.Password(c.User(), string(password)), nil)
		}
	case "keyboard-interactive":
		next.KeyboardInteractiveCallback = s.questions
	}
	return next
}

func (s *steps) questions(c ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
	return s.done(c, s.server.options.KeyboardInteractive(c.User(), ask), nil)
}

func (s *steps) publicKey(c ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	blob := key.Marshal()
	for _, used := range s.keys {
		if bytes.Equal(used, blob) {
			return nil, errDenied
		}
	}
	return s.done(c, s.server.options.authorized(c.User(), key), blob)
}

// done ends a step, with a key or without.
func (s *steps) done(c ssh.ConnMetadata, right bool, key []byte) (*ssh.Permissions, error) {
	s.server.strike(c.RemoteAddr(), s.server.currentFaults().Login)
	o := s.server.options
	switch {
	case !right || o.User != "" && c.User() != o.User:
		return nil, errDenied
	case len(s.left) == 1:
		return nil, nil
	}
	rest := &steps{server: s.server, left: s.left[1:], keys: s.keys}
	if key != nil {
		rest.keys = append(rest.keys[:len(rest.keys):len(rest.keys)], key)
	}
	return nil, &ssh.PartialSuccessError{Next: rest.callbacks()}
}

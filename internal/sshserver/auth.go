package sshserver

import (
	gliderlabs "github.com/gliderlabs/ssh"
	"golang.org/x/crypto/ssh"
)

// authenticate offers the ways to log in for which there are options, and no others.
func (s *Server) authenticate(front *gliderlabs.Server) {
	o := s.options
	known := func(ctx gliderlabs.Context) bool {
		s.strike(ctx.RemoteAddr(), s.currentFaults().Login)
		return o.User == "" || ctx.User() == o.User
	}
	if len(o.AuthorizedKeys) > 0 {
		front.PublicKeyHandler = func(ctx gliderlabs.Context, key gliderlabs.PublicKey) bool {
			return known(ctx) && o.authorized(key)
		}
	}
	if o.Password != nil {
		front.PasswordHandler = func(ctx gliderlabs.Context, password string) bool {
			return known(ctx) && o.Password(ctx.User(), password)
		}
	}
	if o.KeyboardInteractive != nil {
		front.KeyboardInteractiveHandler = func(ctx gliderlabs.Context, ask ssh.KeyboardInteractiveChallenge) bool {
			return o.KeyboardInteractive(ctx.User(), ask) && known(ctx)
		}
	}
}

func (o *Options) authorized(key ssh.PublicKey) bool {
	for _, authorized := range o.AuthorizedKeys {
		if gliderlabs.KeysEqual(key, authorized) {
			return true
		}
	}
	return false
}

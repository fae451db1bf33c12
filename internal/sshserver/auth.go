package sshserver

import (
	gliderlabs "github.com/gliderlabs/ssh"
	"golang.org/x/crypto/ssh"
)

// authenticate offers the ways to log in for which there are options, and no others.
func (s *Server) authenticate(front *gliderlabs.Server) {
	o := s.options
	if len(o.Steps) > 0 {
		return // config does
	}
	known := func(ctx gliderlabs.Context) bool {
		s.strike(ctx.RemoteAddr(), s.currentFaults().Login)
		return o.User == "" || ctx.User() == o.User
	}
	if len(o.AuthorizedKeys) > 0 || o.UserAuthority != nil {
		front.PublicKeyHandler = func(ctx gliderlabs.Context, key gliderlabs.PublicKey) bool {
			return known(ctx) && o.authorized(ctx.User(), key)
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

func (o *Options) authorized(user string, key ssh.PublicKey) bool {
	if cert, ok := key.(*ssh.Certificate); ok && o.UserAuthority != nil {
		var check ssh.CertChecker
		return cert.CertType == ssh.UserCert && gliderlabs.KeysEqual(cert.SignatureKey, o.UserAuthority) &&
			check.CheckCert(user, cert) == nil
	}
	for _, authorized := range o.AuthorizedKeys {
		if gliderlabs.KeysEqual(key, authorized) {
			return true
		}
	}
	return false
}

package hosts

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// failure is the error of a login that every way was refused to.
func (l *login) failure() *Error {
	text := "there is nothing to log in with"
	if len(l.tried) > 0 {
		text = "login refused, tried: " + strings.Join(l.waysTried(), ", ")
	} else if len(l.notes) > 0 {
		text = "there is nothing left to log in with"
	}
	if len(l.notes) > 0 {
		text += "; could not use: " + strings.Join(l.notes, ", ")
	}
	if len(l.offers) > 0 {
		text += "; the server takes " + strings.Join(l.offers, ", ")
	}
	return l.st.fail(LoginFailed, errors.New(text+l.saying()), l.hint())
}

// saying is what the server said beside its questions, for the end of an error.
func (l *login) saying() string {
	if len(l.said) == 0 {
		return ""
	}
	return fmt.Sprintf("; the server says %q", clip(strings.Join(l.said, " "), maxChars))
}

func (l *login) waysTried() []string {
	ways := slices.Clone(l.tried)
	for i, way := range ways {
		if way == agentKey {
			ways[i] = "agent (1 key)"
			if l.agentKeys > 1 {
				ways[i] = fmt.Sprintf("agent (%d keys)", l.agentKeys)
			}
		}
	}
	return ways
}

// hint is what to do about a refused login.
func (l *login) hint() string {
	keys := slices.Contains(l.offers, "publickey")
	switch {
	case l.advice != "":
		return l.advice
	case l.most > 0 || l.connections >= maxConnections:
		return "the server refuses so many tries: name the right key with key_filename and set identities_only, " +
			"or IdentityFile with IdentitiesOnly yes in ssh_config"
	case l.passwordRefused():
		return "check username and password"
	case len(l.notes) > 0 && keys:
		return fmt.Sprintf("mend what could not be used, or add another public key to ~%s/.ssh/authorized_keys on the host",
			l.st.user)
	case len(l.tried) == 0 && keys:
		return "set key_filename or password, or load a key with ssh-add"
	case keys:
		return fmt.Sprintf("check username, and add the public key to ~%s/.ssh/authorized_keys on the host, "+
			"or set key_filename", l.st.user)
	case slices.Contains(l.offers, "password") || slices.Contains(l.offers, "keyboard-interactive"):
		return "set password, or run it where somebody can type it"
	}
	return "check username and how the server lets people log in"
}

// cutShort is the error of a login that the server ended, or the network.
func (l *login) cutShort(err error) *Error {
	fault, hint := Unreachable, ""
	switch {
	case strings.Contains(err.Error(), "ssh: disconnect, reason"):
		fault, hint = LoginFailed, l.hint()
	case l.current != nil && l.current.spoke && isCut(err):
		hint = "the server waits for answers no longer than its LoginGraceTime"
	case isCut(err) && len(l.said) > 0:
		fault, hint = LoginFailed, "have the account put right on the host"
	}
	return l.st.fail(fault, fmt.Errorf("while logging in: %w%s", trimSSH(err), l.saying()), hint)
}

// lazySigner is a key whose passphrase is asked for when a server has accepted it.
type lazySigner struct {
	public ssh.PublicKey
	needed func() error
}

func (s *lazySigner) PublicKey() ssh.PublicKey { return s.public }

// Sign fails: the passphrase is asked for, and then the key offered again.
func (s *lazySigner) Sign(io.Reader, []byte) (*ssh.Signature, error) { return nil, s.needed() }

// SignWithAlgorithm is there so that an RSA key is offered for SHA-2.
func (s *lazySigner) SignWithAlgorithm(io.Reader, []byte, string) (*ssh.Signature, error) {
	return nil, s.needed()
}

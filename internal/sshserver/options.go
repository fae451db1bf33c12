package sshserver

import (
	"crypto/subtle"
	"errors"
	"os"

	"golang.org/x/crypto/ssh"
)

// Options say who may log in to a [Server], and what then runs there.
type Options struct {
	// HostKeys are the keys the server shows; none means a new ed25519 key.
	HostKeys []ssh.Signer

	// User is the only account; empty means that any user name will do.
	User string
	// AuthorizedKeys may log in, and so may who has a certificate of UserAuthority for the name of the account.
	AuthorizedKeys []ssh.PublicKey
	UserAuthority  ssh.PublicKey
	// Password says whether a password is right; see [IsPassword].
	Password func(user, password string) bool
	// KeyboardInteractive asks questions and says whether the answers were right.
	KeyboardInteractive func(user string, ask ssh.KeyboardInteractiveChallenge) bool
	// Steps are the ways to log in that must all succeed, in this order: publickey, password, keyboard-interactive. Where
	// there are none, any way is enough.
	Steps []string
	// KeyAlgorithms are the signatures of keys that are taken; none means all that are safe.
	KeyAlgorithms []string
	// Algorithms are those of the key exchange and after, where they shall not be the defaults.
	Algorithms ssh.Config
	// MaxAuthTries is how many failures end the connection; 0 means 6.
	MaxAuthTries int

	// Home is the working directory and HOME of commands; empty means the home of the user who runs this process.
	Home string
	// Env is added to the environment of commands, as KEY=value.
	Env []string
	// Shell is the login shell: it runs a command as `Shell -c LINE`; empty means /bin/sh.
	Shell string
	// ForceCommand runs instead of whatever a client asks for, which it finds in SSH_ORIGINAL_COMMAND.
	ForceCommand string
	// OnCommand is told every command a client asks for, before it starts ("" for a shell), from many goroutines.
	OnCommand func(user, line string)

	// OnForward is told of every connection that a client wants to be made from here, before it is, from many goroutines.
	OnForward func(client ssh.Conn)

	// MaxSessions is how many sessions one connection may have at a time; 0 means 10.
	MaxSessions int
	// NoForwarding refuses direct-tcpip, so that the server is no jump host.
	NoForwarding bool
	// Files is how the sftp subsystem differs from a good one.
	Files Files
	// Faults is how the server misbehaves from the start; see [Server.SetFaults].
	Faults Faults
}

const (
	defaultShell       = "/bin/sh"
	defaultMaxSessions = 10
)

// IsPassword returns a check for [Options.Password] that takes want of every user.
func IsPassword(want string) func(user, password string) bool {
	return func(_, password string) bool { return subtle.ConstantTimeCompare([]byte(password), []byte(want)) == 1 }
}

func (o Options) withDefaults() (Options, error) {
	if len(o.AuthorizedKeys) == 0 && o.UserAuthority == nil && o.Password == nil && o.KeyboardInteractive == nil {
		return o, errors.New("ssh server: nobody could log in: give authorised keys, a password or a dialogue")
	}
	if o.Shell == "" {
		o.Shell = defaultShell
	}
	if o.MaxSessions == 0 {
		o.MaxSessions = defaultMaxSessions
	}
	if err := o.findHome(); err != nil {
		return o, err
	}
	return o, o.makeHostKey()
}

func (o *Options) findHome() (err error) {
	if o.Home == "" {
		o.Home, err = os.UserHomeDir()
	}
	return err
}

func (o *Options) makeHostKey() error {
	if len(o.HostKeys) > 0 {
		return nil
	}
	key, err := NewKey()
	o.HostKeys = []ssh.Signer{key}
	return err
}

package hosts

import (
	"net"
	"strconv"
	"time"
)

// SSHOptions define a machine behind SSH. What is zero comes from ssh_config, then from OpenSSH's defaults.
type SSHOptions struct {
	Common
	Slug            string
	Address         string        // host name or IP address; "": the slug, which ssh_config may map with HostName
	Port            int           // 0: ssh_config, else 22
	Username        string        // "": ssh_config, else the local user
	Password        string        // may be a secret's token
	KeyFilename     string        // a private key; a leading ~ is the home directory
	Key             string        // the text of a private key; may be a secret's token
	KeyPassword     string        // passphrase of either; may be a secret's token
	ConfigFilename  string        // "": ~/.ssh/config and the system's; "none": no file at all
	KnownHosts      []string      // files; empty: ssh_config, else ~/.ssh/known_hosts and the system's
	HostKeys        string        // "strict", "accept-new", or "": ssh_config's StrictHostKeyChecking, else strict
	HostKey         string        // a public key line ("ssh-ed25519 AAAA…") that pins the host
	Timeout         time.Duration // to connect, for each phase; 0: ssh_config's ConnectTimeout, else 10 s
	Keepalive       time.Duration // between keepalives; 0: ssh_config's ServerAliveInterval, else 30 s
	Jump            string        // user@host:port, several separated by commas; "none": no jump
	ProxyCommand    string        // its standard input and output are the connection; "none": no such command
	IdentitiesOnly  *bool
	AgentForwarding *bool
}

// SSH is a machine behind SSH.
type SSH struct {
	o   SSHOptions
	key linkKey // of its connections
}

var _ Host = (*SSH)(nil)

// NewSSH returns the host that o defines. Its error names every option that is wrong and what was expected.
func NewSSH(o SSHOptions) (*SSH, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	return newSSH(o)
}

// newSSH returns a host of options that have been checked, or come from ssh_config.
func newSSH(o SSHOptions) (*SSH, error) {
	key, err := o.identity()
	return &SSH{o, key}, err
}

// Options returns what the host was defined with, for a host that is derived from it.
func (h *SSH) Options() SSHOptions {
	o := h.o
	o.KnownHosts = append([]string(nil), o.KnownHosts...)
	return o
}

// Slug implements Host.
func (h *SSH) Slug() string { return h.o.Slug }

// Address implements Host: the address as far as the options tell it, with its port if they name one.
func (h *SSH) Address() string {
	if h.o.Port == 0 {
		return h.o.name()
	}
	return net.JoinHostPort(h.o.name(), strconv.Itoa(h.o.Port))
}

// Login implements Host. Where only ssh_config knows the account it is "".
func (h *SSH) Login() string { return h.o.Username }

// Common implements Host.
func (h *SSH) Common() Common { return h.o.Common }

// name is what ssh_config is searched for.
func (o *SSHOptions) name() string {
	if o.Address != "" {
		return o.Address
	}
	return o.Slug
}

// LoginPassword is the password the account logs in with, or "": sudo takes the same where it has none of its own.
func (h *SSH) LoginPassword() string { return h.o.Password }

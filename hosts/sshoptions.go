package hosts

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/ssh"
)

// check reports every option that is wrong.
func (o *SSHOptions) check() error {
	var wrong []error
	bad := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if o.Slug == "" {
		bad("slug is empty: expected a unique name for the host")
	}
	if err := checkAddress(o.Address); err != nil {
		bad("address %w", err)
	}
	if o.Address == "" && o.Slug != "" {
		if err := checkAddress(o.Slug); err != nil {
			bad("address is missing, and the slug cannot stand for it: slug %w", err)
		}
	}
	if o.Port < 0 || o.Port > 65535 {
		bad("port is %d: expected 1 to 65535", o.Port)
	}
	if err := checkUser(o.Username); err != nil {
		bad("username %w", err)
	}
	if o.Timeout < 0 {
		bad("timeout is %v: expected a positive number of seconds", o.Timeout)
	}
	if o.Keepalive < 0 {
		bad("keepalive_interval is %v: expected a positive number of seconds", o.Keepalive)
	}
	return errors.Join(append(wrong, o.checkKeys(), o.checkWay())...)
}

func (o *SSHOptions) checkKeys() error {
	var wrong []error
	if o.Key != "" && o.KeyFilename != "" {
		wrong = append(wrong, errors.New("key and key_filename are both given: expected one of them"))
	}
	switch o.HostKeys {
	case "", "strict", "accept-new":
	default:
		wrong = append(wrong, fmt.Errorf(`host_keys is %q: expected "strict" or "accept-new"`, o.HostKeys))
	}
	if o.HostKey != "" {
		if _, err := parsePin(o.HostKey); err != nil {
			wrong = append(wrong, err)
		}
	}
	for _, file := range o.KnownHosts {
		if file == "" {
			wrong = append(wrong, errors.New("known_hosts contains an empty name: expected names of files"))
		}
	}
	return errors.Join(wrong...)
}

// checkWay looks at how the host is reached.
func (o *SSHOptions) checkWay() error {
	var wrong []error
	if _, err := parseJumps(o.Jump); err != nil {
		wrong = append(wrong, fmt.Errorf("jump: %w", err))
	}
	if isSet(o.Jump) && isSet(o.ProxyCommand) {
		wrong = append(wrong, errors.New("jump and proxy_command are both given: expected one of them"))
	}
	return errors.Join(wrong...)
}

// isSet reports whether an option that may be "none" names something.
func isSet(value string) bool { return value != "" && !strings.EqualFold(value, "none") }

// checkAddress refuses what cannot be a host, above all what a shell or ssh would read as something else.
func checkAddress(a string) error {
	switch {
	case strings.ContainsFunc(a, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }):
		return fmt.Errorf("is %q: expected a host name or an IP address, without spaces", a)
	case strings.Contains(a, "@"):
		return fmt.Errorf("is %q: expected a host name or an IP address; the account belongs into username", a)
	case strings.HasPrefix(a, "-") || strings.ContainsAny(a, "'`\"$\\;&<>|(){},/"):
		return fmt.Errorf("is %q: expected a host name or an IP address", a)
	case strings.Count(a, ":") == 1, strings.ContainsAny(strings.TrimSuffix(strings.TrimPrefix(a, "["), "]"), "[]"):
		return fmt.Errorf("is %q: expected a host name or an IP address; the number after : belongs into port", a)
	}
	return nil
}

func checkUser(u string) error {
	if strings.HasPrefix(u, "-") || strings.ContainsAny(u, "'`\";&<>|(){}\x00") ||
		strings.ContainsFunc(u, unicode.IsControl) || strings.HasSuffix(u, `\`) {
		return fmt.Errorf("is %q: expected the name of an account", u)
	}
	return nil
}

func parsePin(line string) (ssh.PublicKey, error) {
	key, _, _, rest, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil || len(strings.TrimSpace(string(rest))) > 0 {
		return nil, errors.New(`host_key is not a public key: expected one line such as "ssh-ed25519 AAAA…", ` +
			"as in /etc/ssh/ssh_host_ed25519_key.pub of the host")
	}
	return key, nil
}

// jump is a machine on the way to another.
type jump struct {
	user, host string
	port       int
}

func (j jump) String() string {
	text := j.host
	if strings.Contains(text, ":") {
		text = "[" + text + "]"
	}
	if j.port != 0 {
		text += ":" + strconv.Itoa(j.port)
	}
	if j.user != "" {
		text = j.user + "@" + text
	}
	return text
}

// parseJumps reads a chain of jump hosts, the first to be connected to first.
func parseJumps(chain string) ([]jump, error) {
	if !isSet(chain) {
		return nil, nil
	}
	var all []jump
	for one := range strings.SplitSeq(chain, ",") {
		j, err := parseJump(strings.TrimSpace(one))
		if err != nil {
			return nil, err
		}
		all = append(all, j)
	}
	return all, nil
}

func parseJump(text string) (j jump, err error) {
	wrong := fmt.Errorf("%q is not a jump host: expected host, user@host or user@host:port", text)
	rest := strings.TrimPrefix(text, "ssh://")
	if at := strings.LastIndex(rest, "@"); at >= 0 {
		j.user, rest = rest[:at], rest[at+1:]
		if j.user == "" {
			return j, wrong
		}
	}
	j.host = rest
	switch {
	case strings.HasPrefix(rest, "[") && strings.HasSuffix(rest, "]"):
		j.host = rest[1 : len(rest)-1]
	case strings.HasPrefix(rest, "[") || strings.Count(rest, ":") == 1:
		host, port, err := net.SplitHostPort(rest)
		if err != nil {
			return j, wrong
		}
		if j.port, err = strconv.Atoi(port); err != nil || j.port < 1 || j.port > 65535 {
			return j, fmt.Errorf("%q is not a jump host: its port is not a number from 1 to 65535", text)
		}
		j.host = host
	}
	if j.host == "" || checkAddress(j.host) != nil || checkUser(j.user) != nil {
		return j, wrong
	}
	return j, nil
}

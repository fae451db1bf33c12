package hosts

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"deployer/internal/sshconfig"
	"deployer/journal"

	"golang.org/x/crypto/ssh"
)

// Aspect is a part of how a host is logged in to.
type Aspect struct {
	Name   string `json:"name"`   // such as "address"
	Value  string `json:"value"`  // as a person reads it
	Source string `json:"source"` // who says so: an option of the host, FILE:LINE of ssh_config, or "default"
}

// Info returns how a session would log in to a host, and why. It connects nowhere, but looks at files, and runs the
// commands that "Match exec" in ssh_config asks for. Its errors are those of ssh_config.
func (h *SSH) Info(ctx context.Context, s *Session) ([]Aspect, error) {
	st, err := resolve(ctx, s, &s.pool.files, h.o)
	if err != nil {
		return nil, err
	}
	i := info{st: st, said: st.said, secrets: s.Secrets()}
	for _, step := range []func(){i.where, i.way, i.keys, i.hostKey, i.pace} {
		step()
	}
	return i.aspects, nil
}

// info collects aspects.
type info struct {
	st      *settings
	said    *sshconfig.Options
	secrets *journal.Secrets
	aspects []Aspect
}

func (i *info) add(name, value, source string) {
	i.aspects = append(i.aspects, Aspect{name, i.secrets.Mask(value), source})
}

// from is the source of a value: the option of the host, where given says that it is the one, else ssh_config.
func (i *info) from(option string, given bool, keyword string) string {
	if given {
		return "option " + option
	}
	if values := i.said.Values(keyword); len(values) > 0 {
		return values[0].At.String()
	}
	return "default"
}

func (i *info) where() {
	o := i.st.options
	source := i.from("address", false, "HostName")
	if source == "default" && o.Address != "" {
		source = "option address"
	} else if source == "default" {
		source = "the name"
	}
	i.add("address", i.st.host, source)
	i.add("port", fmt.Sprint(i.st.port), i.from("port", o.Port != 0, "Port"))
	user := i.from("username", o.Username != "", "User")
	if user == "default" {
		user = "the local user"
	}
	i.add("user", i.st.user, user)
}

func (i *info) way() {
	o, st := i.st.options, i.st
	var jumps []string
	for _, j := range st.jumps {
		jumps = append(jumps, j.String())
	}
	switch {
	case len(jumps) > 0:
		i.add("jump hosts", strings.Join(jumps, ", then "), i.from("jump", o.Jump != "", "ProxyJump"))
	case st.proxyCommand != "":
		i.add("proxy command", st.proxyCommand, i.from("proxy_command", o.ProxyCommand != "", "ProxyCommand"))
	default:
		i.add("way", "direct", i.from("jump", o.Jump != "", "ProxyJump"))
	}
}

// keys are listed in the order in which they are offered.
func (i *info) keys() {
	o, st := i.st.options, i.st
	i.add("ways to log in", strings.Join(st.ways, ", "), i.from("", false, "PreferredAuthentications"))
	if o.Key != "" {
		i.add("key", "a text", "option key")
	}
	for n, id := range st.identities {
		source := i.from("", false, "IdentityFile")
		if id.explicit {
			source = "option key_filename"
		} else if values := i.said.Values("IdentityFile"); len(values) == len(i.said.IdentityFiles) && len(values) > 0 {
			source = values[min(n-len(st.identities)+len(values), len(values)-1)].At.String()
		}
		i.add("key", id.file+" ("+keyState(id.file)+")", source)
	}
	for _, file := range st.certificates {
		i.add("certificate", file+" ("+certificateState(file)+")", i.from("", false, "CertificateFile"))
	}
	agent := st.agent
	switch {
	case agent == "":
		agent = "none"
	case st.identitiesOnly:
		agent += " (only for the keys above)"
	}
	source := i.from("", false, "IdentityAgent")
	if source == "default" {
		source = "SSH_AUTH_SOCK"
	}
	i.add("agent", agent, source)
	if o.Password != "" {
		i.add("password", "one is given", "option password")
	}
	if st.forwardAgent {
		i.add("forwarded agent", st.forwardedAgent, i.from("agent_forwarding", o.AgentForwarding != nil, "ForwardAgent"))
	}
}

// keyState says what is in a file with a private key, without its passphrase.
func keyState(file string) string {
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing"
	}
	if err != nil {
		return "cannot be read"
	}
	if mode, err := exposed(file); err == nil && mode != 0 && !isPublic(text) {
		return fmt.Sprintf("not used, since others can use it: %04o", mode)
	}
	state := ""
	var locked *ssh.PassphraseMissingError
	signer, err := ssh.ParsePrivateKey(text)
	switch {
	case errors.As(err, &locked):
		state = "encrypted"
	case err != nil:
		return "is no private key"
	default:
		state = signer.PublicKey().Type()
	}
	if _, err := readCertificate(strings.TrimSuffix(file, ".pub") + "-cert.pub"); err == nil {
		state += ", with a certificate"
	}
	return state
}

func certificateState(file string) string {
	cert, err := readCertificate(file)
	if err != nil {
		return err.Error()
	}
	return cert.KeyId + validity(cert, time.Now())
}

// hostKey is what is known of the host, and what happens to an unknown key.
func (i *info) hostKey() {
	st := i.st
	policy := map[trust]string{
		trustAsk: "ask about an unknown key, refuse it where nobody is there", trustNever: "refuse an unknown key",
		trustNew: "accept an unknown key, and remember it",
	}[st.trust]
	i.add("host keys", policy, i.from("host_keys", st.options.HostKeys != "", "StrictHostKeyChecking"))
	if st.pin != nil {
		i.add("known key", ssh.FingerprintSHA256(st.pin), "option host_key")
		return
	}
	files := i.from("known_hosts", len(st.options.KnownHosts) > 0, "UserKnownHostsFile")
	all, err := readKnown(st.knownHosts)
	if err != nil {
		i.add("known key", err.Error(), files)
		return
	}
	entries := all.at(st.place())
	found := false
	for _, lines := range entries.by {
		for _, l := range lines {
			found = true
			i.add("known key", strings.TrimSpace(l.marker+" "+l.key.Type()+" "+ssh.FingerprintSHA256(l.key)),
				fmt.Sprintf("%s:%d", l.file, l.line))
		}
	}
	if !found {
		i.add("known key", "none in "+strings.Join(st.knownHosts, ", "), files)
	}
}

func (i *info) pace() {
	o, st := i.st.options, i.st
	i.add("time limit", st.timeout.String()+" for each phase", i.from("timeout", o.Timeout > 0, "ConnectTimeout"))
	i.add("keepalive", fmt.Sprintf("every %v, given up after %d without an answer", st.keepalive, st.misses),
		i.from("keepalive_interval", o.Keepalive > 0, "ServerAliveInterval"))
}

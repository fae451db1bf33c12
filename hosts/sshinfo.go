package hosts

import (
	"context"
	"fmt"
	"strings"

	"deployer/internal/knownhosts"
	"deployer/internal/sshconfig"
	"deployer/internal/sshkeys"

	"golang.org/x/crypto/ssh"
)

// Aspect is a part of how a host is logged in to.
type Aspect struct {
	Jump   string `json:"jump,omitempty"` // the jump host that it is about; "": the host itself
	Name   string `json:"name"`           // such as "address"
	Value  string `json:"value"`          // as a person reads it
	Source string `json:"source"`         // who says so: an option of the host, FILE:LINE of ssh_config, or "default"
}

// Info returns how a session would log in to a host, and why, then the same of its jump hosts, the first to be connected
// to first. It connects to no host, but looks at files, asks the agent which keys it holds, and runs the commands that
// "Match exec" in ssh_config asks for. Its errors are those of ssh_config.
func (h *SSH) Info(ctx context.Context, s *Session) ([]Aspect, error) {
	ctx, cancel := context.WithCancel(ctx) // which ends the connections to agents
	defer cancel()
	st, err := resolve(ctx, s, &s.pool.files, h.o)
	if err != nil {
		return nil, err
	}
	i := newInfo(ctx, s, st, "")
	for _, step := range []func(){i.where, i.way, i.keys, i.hostKey, i.pace} {
		step()
	}
	hops, err := infoOfHops(ctx, s, st)
	return append(i.aspects, hops...), err
}

// infoOfHops is about the machines on the way to a host.
func infoOfHops(ctx context.Context, s *Session, st *settings) ([]Aspect, error) {
	var all []Aspect
	slug := st.slug
	seen := map[linkKey]bool{}
	for len(st.jumps) > 0 {
		o := st.hop()
		key, err := o.identity()
		if err != nil {
			return nil, err
		}
		if seen[key] {
			return nil, fmt.Errorf("the jump hosts of %s go round in a circle: set ProxyJump none for one of them", slug)
		}
		seen[key] = true
		if st, err = resolve(ctx, s, &s.pool.files, o); err != nil {
			return nil, fmt.Errorf("jump host %s: %w", o.Slug, err)
		}
		i := newInfo(ctx, s, st, o.Slug)
		for _, step := range []func(){i.where, i.way, i.keys, i.hostKey} {
			step()
		}
		all = append(i.aspects, all...)
	}
	return all, nil
}

// info collects aspects.
type info struct {
	ctx     context.Context
	session *Session
	st      *settings
	said    *sshconfig.Options
	jump    string
	aspects []Aspect
}

func newInfo(ctx context.Context, s *Session, st *settings, jump string) *info {
	return &info{ctx: ctx, session: s, st: st, said: st.said, jump: jump}
}

func (i *info) add(name, value, source string) {
	i.aspects = append(i.aspects, Aspect{i.jump, name, i.session.Secrets().Mask(value), source})
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

// place is from for what a jump host's place in the chain says.
func (i *info) place(option string, given bool, keyword string) string {
	if given && i.jump != "" {
		return "the chain of jump hosts"
	}
	return i.from(option, given, keyword)
}

func (i *info) where() {
	o := i.st.options
	source := i.from("address", false, "HostName")
	if source == "default" && o.Address != "" {
		source = i.place("address", true, "HostName")
	} else if source == "default" {
		source = "the name"
	}
	i.add("address", i.st.host, source)
	i.add("port", fmt.Sprint(i.st.port), i.place("port", o.Port != 0, "Port"))
	user := i.place("username", o.Username != "", "User")
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
		i.add("jump hosts", strings.Join(jumps, ", then "), i.place("jump", o.Jump != "", "ProxyJump"))
	case st.proxyCommand != "":
		i.add("proxy command", st.proxyCommand, i.from("proxy_command", o.ProxyCommand != "", "ProxyCommand"))
	default:
		i.add("way", "direct", i.place("jump", o.Jump != "", "ProxyJump"))
	}
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
	all, err := knownhosts.Read(st.knownHosts)
	if err != nil {
		i.add("known key", err.Error(), files)
		return
	}
	lines := all.At(st.place(), nil).Lines()
	for _, l := range lines {
		i.add("known key", strings.TrimSpace(l.Marker+" "+sshkeys.Shown(l.Key)), l.Where())
	}
	if len(lines) == 0 {
		i.add("known key", "none in "+strings.Join(st.knownHosts, ", "), files)
	}
}

func (i *info) pace() {
	o, st := i.st.options, i.st
	i.add("time limit", st.timeout.String()+" for each phase", i.from("timeout", o.Timeout > 0, "ConnectTimeout"))
	i.add("keepalive", fmt.Sprintf("every %v, given up after %d without an answer", st.keepalive, st.misses),
		i.from("keepalive_interval", o.Keepalive > 0, "ServerAliveInterval"))
}

package hosts

import (
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// What counts where neither the host nor ssh_config says.
const (
	defaultPort      = 22
	defaultTimeout   = 10 * time.Second
	defaultKeepalive = 30 * time.Second
	defaultMisses    = 3 // keepalives without an answer until a connection is given up
)

// trust says what to do about a host key that nobody knows yet.
type trust int

const (
	trustAsk   trust = iota // ask a person; without one, refuse
	trustNever              // refuse: StrictHostKeyChecking yes
	trustNew                // accept and remember
)

// settings are all that a connection needs to know: the options of the host, completed from ssh_config.
type settings struct {
	slug    string
	name    string // what ssh_config was searched for
	host    string // to connect to
	port    int
	user    string
	timeout time.Duration // for each phase of connecting

	keepalive time.Duration
	misses    int // keepalives without an answer until the connection is given up

	jumps        []jump
	proxyCommand string

	identities     []identity
	identitiesOnly bool
	agent          string // socket; "": no agent
	forwardAgent   bool
	password       string // may be a secret's token, as key and keyPassword
	key            string
	keyPassword    string

	alias      string // name in known_hosts; "": host and port
	userKnown  []string
	knownHosts []string // all files, those of the user first
	hashNames  bool
	pin        ssh.PublicKey // the only key to accept; may be nil
	trust      trust
	loose      string // what was said instead of accept-new: "no" or "off"

	options SSHOptions // for jump hosts
}

// identity is a file with a private key. One that was asked for by name is an error when it is missing.
type identity struct {
	file     string
	explicit bool
}

func (st *settings) address() string { return net.JoinHostPort(st.host, strconv.Itoa(st.port)) }

// fail returns the error of a connection that did not come about.
func (st *settings) fail(fault Fault, err error, hint string) *Error {
	op := fmt.Sprintf("connect to %s as %s", st.address(), st.user)
	return &Error{Fault: fault, Host: st.slug, Op: op, Err: err, Hint: hint}
}

// resolve completes the options of a host.
func resolve(s *Session, files *configs, o SSHOptions) (*settings, error) {
	home, err := s.home()
	if err != nil {
		return nil, fmt.Errorf("no home directory: %w", err)
	}
	config, err := files.get(o.ConfigFilename, home)
	if err != nil {
		return nil, err
	}
	r := resolver{o: o, config: config, home: home, st: &settings{slug: o.Slug, name: o.name(), options: o}}
	for _, step := range []func() error{r.where, r.pace, r.way, r.login} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return r.st, r.hostKeys(s.opts.HostKeys)
}

// home is the directory that .ssh is in.
func (s *Session) home() (string, error) {
	if s.opts.Home != "" {
		return s.opts.Home, nil
	}
	return os.UserHomeDir()
}

// resolver fills in settings, step by step.
type resolver struct {
	o      SSHOptions
	config *sshConfig
	home   string
	local  string // the local user
	st     *settings
}

func (r *resolver) get(option string) string { return r.config.get(r.st.name, option) }

// where finds address and account.
func (r *resolver) where() (err error) {
	st := r.st
	st.host = strings.ToLower(strings.Trim(st.name, "[]"))
	if name := r.get("HostName"); name != "" {
		if st.host, err = r.expand("HostName", name, "hn"); err != nil {
			return err
		}
	}
	if err := checkAddress(st.host); err != nil {
		return fmt.Errorf("ssh_config: HostName %w", err)
	}
	if st.port = r.o.Port; st.port == 0 {
		if st.port, err = r.number("Port", defaultPort); err != nil {
			return err
		}
	}
	if r.local, err = localUser(); err != nil {
		return err
	}
	st.user = first(r.o.Username, r.get("User"), r.local)
	if err := checkUser(st.user); err != nil {
		return fmt.Errorf("ssh_config: User %w", err)
	}
	return nil
}

// localUser works without the user database too, which minimal containers do not have.
func localUser() (string, error) {
	if u, err := user.Current(); err == nil {
		return u.Username, nil
	}
	if name := os.Getenv("USER"); name != "" {
		return name, nil
	}
	return "", fmt.Errorf("the local user's name is unknown: set username, or USER in the environment")
}

// pace finds time limits and keepalives.
func (r *resolver) pace() (err error) {
	st := r.st
	if st.timeout = r.o.Timeout; st.timeout == 0 {
		if st.timeout, err = r.span("ConnectTimeout", defaultTimeout); err != nil {
			return err
		}
	}
	if st.keepalive = r.o.Keepalive; st.keepalive == 0 {
		if st.keepalive, err = r.span("ServerAliveInterval", defaultKeepalive); err != nil {
			return err
		}
	}
	st.misses, err = r.number("ServerAliveCountMax", defaultMisses)
	return err
}

// way finds jump hosts or the command that makes the connection. What comes first counts; options before files.
func (r *resolver) way() (err error) {
	jump, proxy := r.o.Jump, r.o.ProxyCommand
	if jump == "" && proxy == "" {
		jump, proxy = r.get("ProxyJump"), r.get("ProxyCommand")
	}
	if isSet(jump) {
		if r.st.jumps, err = parseJumps(jump); err != nil {
			return fmt.Errorf("ssh_config: ProxyJump: %w", err)
		}
		return nil
	}
	if isSet(proxy) {
		r.st.proxyCommand, err = r.expand("ProxyCommand", proxy, "hprnu")
	}
	return err
}

// login finds what to log in with.
func (r *resolver) login() (err error) {
	st := r.st
	st.password, st.key, st.keyPassword = r.o.Password, r.o.Key, r.o.KeyPassword
	if r.o.KeyFilename != "" {
		st.identities = []identity{{expandHome(r.o.KeyFilename, r.home), true}}
	}
	if err = r.identityFiles(); err != nil {
		return err
	}
	st.identitiesOnly = strings.EqualFold(r.get("IdentitiesOnly"), "yes")
	if r.o.IdentitiesOnly != nil {
		st.identitiesOnly = *r.o.IdentitiesOnly
	}
	st.forwardAgent = strings.EqualFold(r.get("ForwardAgent"), "yes")
	if r.o.AgentForwarding != nil {
		st.forwardAgent = *r.o.AgentForwarding
	}
	st.agent, err = r.agentSocket()
	return err
}

func (r *resolver) identityFiles() error {
	files := r.config.all(r.st.name, "IdentityFile")
	if len(files) == 0 {
		for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
			files = append(files, "~/.ssh/id_"+kind)
		}
	}
	for _, file := range files {
		if !isSet(file) {
			continue
		}
		file, err := r.path("IdentityFile", file)
		if err != nil {
			return err
		}
		known := func(i identity) bool { return i.file == file }
		if !slices.ContainsFunc(r.st.identities, known) {
			r.st.identities = append(r.st.identities, identity{file: file})
		}
	}
	return nil
}

func (r *resolver) agentSocket() (string, error) {
	switch socket := r.get("IdentityAgent"); {
	case socket == "" || socket == "SSH_AUTH_SOCK":
		return os.Getenv("SSH_AUTH_SOCK"), nil
	case !isSet(socket):
		return "", nil
	case strings.HasPrefix(socket, "$") && !strings.HasPrefix(socket, "${"):
		return os.Getenv(socket[1:]), nil
	default:
		return r.path("IdentityAgent", socket)
	}
}

// hostKeys finds which host keys are known and what to do about others. mode is what the person said for all hosts.
func (r *resolver) hostKeys(mode string) (err error) {
	st := r.st
	st.alias = r.get("HostKeyAlias")
	st.hashNames = strings.EqualFold(r.get("HashKnownHosts"), "yes")
	if r.o.HostKey != "" {
		if st.pin, err = parsePin(r.o.HostKey); err != nil {
			return err
		}
	}
	switch mode, config := first(mode, r.o.HostKeys), strings.ToLower(r.get("StrictHostKeyChecking")); {
	case mode == "accept-new" || mode == "" && config == "accept-new":
		st.trust = trustNew
	case mode == "" && (config == "no" || config == "off"):
		st.trust, st.loose = trustNew, config
	case mode == "" && config == "yes":
		st.trust = trustNever
	}
	return r.knownHosts()
}

func (r *resolver) knownHosts() error {
	st := r.st
	if len(r.o.KnownHosts) > 0 {
		for _, file := range r.o.KnownHosts {
			st.userKnown = append(st.userKnown, expandHome(file, r.home))
		}
		st.knownHosts = st.userKnown
		return nil
	}
	user, err := r.files("UserKnownHostsFile", "~/.ssh/known_hosts ~/.ssh/known_hosts2")
	if err != nil {
		return err
	}
	global, err := r.files("GlobalKnownHostsFile", "/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2")
	st.userKnown, st.knownHosts = user, slices.Concat(user, global)
	return err
}

// files reads an option that names several files, or none.
func (r *resolver) files(option, otherwise string) ([]string, error) {
	var files []string
	for _, word := range words(first(r.get(option), otherwise)) {
		if !isSet(word) {
			continue
		}
		file, err := r.path(option, word)
		if err != nil {
			return nil, err
		}
		files = append(files, file)
	}
	return files, nil
}

// path expands tokens, ${VARIABLES} and a leading ~ in the name of a file.
func (r *resolver) path(option, name string) (string, error) {
	var unset error
	name = bracedVariable.ReplaceAllStringFunc(name, func(variable string) string {
		value, ok := os.LookupEnv(variable[2 : len(variable)-1])
		if !ok {
			unset = fmt.Errorf("ssh_config: %s %s: the environment has no %s", option, name, variable)
		}
		return value
	})
	if unset != nil {
		return "", unset
	}
	name, err := r.expand(option, name, "dhprun")
	if err != nil {
		return "", err
	}
	return expandHome(name, r.home), nil
}

var bracedVariable = regexp.MustCompile(`\$\{[A-Za-z_][A-Za-z0-9_]*\}`)

// expand replaces the tokens that an option may contain.
func (r *resolver) expand(option, text, allowed string) (string, error) {
	values := map[byte]string{
		'd': r.home, 'h': r.st.host, 'p': strconv.Itoa(r.st.port), 'r': r.st.user, 'n': r.st.name, 'u': r.local,
	}
	var out strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' || i+1 == len(text) {
			out.WriteByte(text[i])
			continue
		}
		i++
		switch {
		case text[i] == '%':
			out.WriteByte('%')
		case strings.IndexByte(allowed, text[i]) >= 0:
			out.WriteString(values[text[i]])
		default:
			return "", fmt.Errorf("ssh_config: %s %s: %%%c is not known here: expected %s", option, text, text[i],
				tokens(allowed))
		}
	}
	return out.String(), nil
}

func tokens(allowed string) string {
	var all []string
	for _, c := range allowed {
		all = append(all, "%"+string(c))
	}
	return strings.Join(append(all, "%%"), ", ")
}

func (r *resolver) number(option string, otherwise int) (int, error) {
	text := r.get(option)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return 0, fmt.Errorf("ssh_config: %s is %q: expected a number from 1 to 65535", option, text)
	}
	return n, nil
}

// span reads a time as ssh_config writes it: seconds, or 1h30m. 0 and none mean that nothing was said.
func (r *resolver) span(option string, otherwise time.Duration) (time.Duration, error) {
	text := r.get(option)
	if !isSet(text) || text == "0" {
		return otherwise, nil
	}
	if seconds, err := strconv.Atoi(text); err == nil && seconds > 0 {
		return time.Duration(seconds) * time.Second, nil
	}
	var total time.Duration
	units := map[byte]time.Duration{
		's': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour, 'w': 7 * 24 * time.Hour,
	}
	rest := strings.ToLower(text)
	for rest != "" {
		end := strings.IndexFunc(rest, func(c rune) bool { return c < '0' || c > '9' })
		if end < 1 || units[rest[end]] == 0 {
			return 0, fmt.Errorf("ssh_config: %s is %q: expected seconds, or a time such as 1m30s", option, text)
		}
		n, err := strconv.Atoi(rest[:end])
		if err != nil {
			return 0, fmt.Errorf("ssh_config: %s is %q: %w", option, text, err)
		}
		total += time.Duration(n) * units[rest[end]]
		rest = rest[end+1:]
	}
	return total, nil
}

// words splits a value into words, which may be quoted.
func words(text string) []string {
	var all []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		word, rest := "", ""
		if strings.HasPrefix(text, `"`) {
			word, rest, _ = strings.Cut(text[1:], `"`)
		} else if end := strings.IndexAny(text, " \t"); end >= 0 {
			word, rest = text[:end], text[end:]
		} else {
			word = text
		}
		all, text = append(all, word), rest
	}
	return all
}

func expandHome(name, home string) string {
	if name == "~" {
		return home
	}
	if rest, ok := strings.CutPrefix(name, "~/"); ok {
		return filepath.Join(home, rest)
	}
	return name
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

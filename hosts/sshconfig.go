package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"deployer/internal/sshconfig"
	"deployer/internal/sshkeys"

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
	certificates   []string // files
	agent          string   // socket; "": no agent
	adding         adding
	forwardAgent   bool
	forwardedAgent string   // the socket of the agent that is forwarded
	ways           []string // to log in, in the order to try them
	environment    []string // NAME=value, for the server to take or leave
	password       string   // may be a secret's token, as key and keyPassword
	key            string
	keyPassword    string
	signatures     []string // that keys may log in with; nil: all that are safe
	batch          bool     // nobody is to be asked
	maxAsked       int      // times that a wrong answer may be given

	alias      string // name in known_hosts; "": host and port
	userKnown  []string
	knownHosts []string // all files, those of the user first
	hashNames  bool
	pin        ssh.PublicKey // the only key to accept; may be nil
	kinds      keyKinds
	demands    demands
	trust      trust
	loose      string // what was said instead of accept-new: "no" or "off"

	network  string // "tcp4" or "tcp6"; "": either
	bind     string // the address to connect from; "": any
	quiet    bool   // without the keepalives of TCP
	attempts int    // to connect
	crypto   ssh.Config
	warnings []string // what the files say and we do not do

	options SSHOptions // for jump hosts
	said    *sshconfig.Options
}

// identity is a file with a private key. One that the host names is an error when it is missing, and one that
// ssh_config names is worth a word where the login fails.
type identity struct {
	file     string
	explicit bool // the host names it
	said     bool // ssh_config names it
}

func (st *settings) address() string { return net.JoinHostPort(st.host, strconv.Itoa(st.port)) }

// fail returns the error of a connection that did not come about.
func (st *settings) fail(fault Fault, err error, hint string) *Error {
	op := fmt.Sprintf("connect to %s as %s", st.address(), st.user)
	return &Error{Fault: fault, Host: st.slug, Op: op, Err: err, Hint: hint}
}

// resolve completes the options of a host. It runs the commands of "Match exec".
func resolve(ctx context.Context, s *Session, files *configs, o SSHOptions) (*settings, error) {
	home, err := s.home()
	if err != nil {
		return nil, fmt.Errorf("no home directory: %w", err)
	}
	config, err := files.get(o.ConfigFilename, home)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, matchLimit, errMatchLimit)
	defer cancel()
	said, err := config.Evaluate(ctx, o.query())
	if err != nil {
		return nil, configError{err}
	}
	r := resolver{Options: said, o: o, home: home, st: &settings{slug: o.Slug, name: o.name(), options: o, said: said}}
	for _, step := range []func() error{r.where, r.login, r.keys, r.demands} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	r.pace()
	r.way()
	r.warn()
	return r.st, r.hostKeys(s.opts.HostKeys)
}

// matchLimit is how long the files may take to be evaluated: they may run commands.
const matchLimit = time.Minute

var errMatchLimit = fmt.Errorf("it took longer than %v", matchLimit)

// configError is what is wrong with ssh_config.
type configError struct{ error }

func (e configError) Error() string { return "ssh_config: " + e.error.Error() }

func (e configError) Unwrap() error { return e.error }

// query is the host, and which of its options go before the files.
func (o SSHOptions) query() sshconfig.Query {
	q := sshconfig.Query{Host: strings.Trim(o.name(), "[]"), User: o.Username, Port: o.Port}
	switch {
	case isSet(o.Jump):
		q.ProxyJump = strings.Join(strings.Fields(o.Jump), "") // which ssh_config has no blanks in
	case isSet(o.ProxyCommand):
		q.ProxyCommand = o.ProxyCommand
	default:
		q.Direct = o.Jump != "" || o.ProxyCommand != ""
	}
	return q
}

// home is the directory that .ssh is in.
func (s *Session) home() (string, error) {
	if s.opts.Home != "" {
		return s.opts.Home, nil
	}
	return os.UserHomeDir()
}

// resolver fills in settings from what the files say.
type resolver struct {
	*sshconfig.Options
	o    SSHOptions
	home string
	st   *settings
}

// wrong is the error of an option, with its place.
func (r *resolver) wrong(keyword string, err error) error {
	at := ""
	if values := r.Values(keyword); len(values) > 0 {
		at = values[0].At.String() + ": "
	}
	return configError{fmt.Errorf("%s%s %w", at, keyword, err)}
}

// where finds address and account.
func (r *resolver) where() error {
	st := r.st
	st.host, st.port, st.user = r.HostName, r.Port, r.User
	if err := checkAddress(st.host); err != nil {
		return r.wrong("HostName", err)
	}
	if err := checkUser(st.user); err != nil {
		return r.wrong("User", err)
	}
	st.network = map[string]string{"inet": "tcp4", "inet6": "tcp6"}[r.AddressFamily]
	st.bind, st.quiet = r.BindAddress, !r.TCPKeepAlive
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

// pace finds time limits and keepalives. 0 means that the files say nothing.
func (r *resolver) pace() {
	st := r.st
	span := func(ours, said, otherwise time.Duration) time.Duration {
		switch {
		case ours > 0:
			return ours
		case said > 0:
			return said
		}
		return otherwise
	}
	st.timeout = span(r.o.Timeout, r.ConnectTimeout, defaultTimeout)
	st.keepalive = span(r.o.Keepalive, r.ServerAliveInterval, defaultKeepalive)
	st.misses = max(1, r.ServerAliveCountMax)
	st.attempts = r.ConnectionAttempts
}

// way finds jump hosts or the command that makes the connection.
func (r *resolver) way() {
	for _, j := range r.Jumps {
		r.st.jumps = append(r.st.jumps, jump{user: j.User, host: j.Host, port: j.Port})
	}
	r.st.proxyCommand = r.ProxyCommand
}

// login finds what to log in with.
func (r *resolver) login() error {
	st := r.st
	st.password, st.key, st.keyPassword = r.o.Password, r.o.Key, r.o.KeyPassword
	if r.o.KeyFilename != "" {
		st.identities = []identity{{file: expandHome(r.o.KeyFilename, r.home), explicit: true}}
	}
	files := r.IdentityFiles
	if !r.Given("IdentityFile") {
		files = nil
		for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
			files = append(files, filepath.Join(r.home, ".ssh", "id_"+kind))
		}
	}
	for _, file := range files {
		known := func(i identity) bool { return i.file == file }
		if !slices.ContainsFunc(st.identities, known) {
			st.identities = append(st.identities, identity{file: file, said: r.Given("IdentityFile")})
		}
	}
	st.certificates = r.CertificateFiles
	st.identitiesOnly = either(r.o.IdentitiesOnly, r.IdentitiesOnly)
	st.agent = r.IdentityAgent
	confirm := r.AddKeysToAgent == "confirm"
	st.adding = adding{confirm || r.AddKeysToAgent == "yes", confirm, r.AddedLifetime}
	st.forwardAgent = either(r.o.AgentForwarding, r.ForwardAgent)
	st.forwardedAgent = first(r.ForwardedAgent, st.agent)
	st.environment = r.environment()
	st.batch, st.maxAsked = r.BatchMode, r.NumberOfPasswordPrompts
	return r.ways()
}

func either(ours *bool, said bool) bool {
	if ours != nil {
		return *ours
	}
	return said
}

// ways finds the ways to log in that are allowed, in the order to try them.
func (r *resolver) ways() error {
	known := map[string]bool{
		publicKey: r.PubkeyAuthentication, "keyboard-interactive": r.KbdInteractiveAuthentication,
		"password": r.PasswordAuthentication,
	}
	order := r.PreferredAuthentications
	if order == nil {
		// Questions come before the password, as OpenSSH has it: PAM fails where a question follows a refused password.
		order = []string{publicKey, "keyboard-interactive", "password"}
	}
	for _, way := range order {
		if known[way] {
			r.st.ways = append(r.st.ways, way)
		}
	}
	if len(r.st.ways) == 0 {
		return r.wrong("PreferredAuthentications", errors.New("leaves no way to log in"))
	}
	return nil
}

// environment is what SetEnv and SendEnv say, as NAME=value: the server takes what its AcceptEnv allows.
func (r *resolver) environment() []string {
	var all []string
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if r.Sends(name) {
			all = append(all, variable)
		}
	}
	return append(all, r.SetEnv...)
}

// keys finds the algorithms to encrypt with, to know the host by, and to sign with. What is not safe counts only where
// it is named.
func (r *resolver) keys() error {
	safe, unsafe := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	kinds := &r.st.kinds
	for _, list := range []struct {
		keyword      string
		said         sshconfig.Algorithms
		safe, unsafe []string
		to           *[]string
	}{
		{"KexAlgorithms", r.KexAlgorithms, safe.KeyExchanges, unsafe.KeyExchanges, &r.st.crypto.KeyExchanges},
		{"Ciphers", r.Ciphers, safe.Ciphers, unsafe.Ciphers, &r.st.crypto.Ciphers},
		{"MACs", r.MACs, safe.MACs, unsafe.MACs, &r.st.crypto.MACs},
		{"HostKeyAlgorithms", r.HostKeyAlgorithms, sshkeys.HostAlgorithms(), unsafe.HostKeys, &kinds.allowed},
		{"PubkeyAcceptedAlgorithms", r.PubkeyAcceptedAlgorithms, sshkeys.UserAlgorithms(), unsafe.HostKeys,
			&r.st.signatures},
	} {
		if list.said == "" {
			continue
		}
		known := slices.Concat(list.safe, list.unsafe)
		if *list.to = list.said.Of(list.safe, known); len(*list.to) == 0 {
			return r.wrong(list.keyword, fmt.Errorf("names nothing that is known here: %s", strings.Join(known, ", ")))
		}
	}
	said := string(r.HostKeyAlgorithms)
	kinds.fixed = said != "" && said[0] != '+' && said[0] != '-' // as with OpenSSH
	return nil
}

// hostKeys finds which host keys are known and what to do about others. mode is what was said for all hosts of the run,
// after which a host may say something else for itself.
func (r *resolver) hostKeys(mode string) (err error) {
	st := r.st
	st.alias, st.hashNames = r.HostKeyAlias, r.HashKnownHosts
	if r.o.HostKey != "" {
		if st.pin, err = parsePin(r.o.HostKey); err != nil {
			return err
		}
	}
	switch mode, config := first(r.o.HostKeys, mode), r.StrictHostKeyChecking; {
	case mode == "accept-new" || mode == "" && config == "accept-new":
		st.trust = trustNew
	case mode == "" && (config == "no" || config == "off"):
		st.trust, st.loose = trustNew, config
	case mode == "" && config == "yes":
		st.trust = trustNever
	}
	if len(r.o.KnownHosts) == 0 {
		st.userKnown, st.knownHosts = r.UserKnownHostsFiles, slices.Concat(r.UserKnownHostsFiles, r.GlobalKnownHostsFiles)
		return nil
	}
	for _, file := range r.o.KnownHosts {
		st.userKnown = append(st.userKnown, expandHome(file, r.home))
	}
	st.knownHosts = st.userKnown
	return nil
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

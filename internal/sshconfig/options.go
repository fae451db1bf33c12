package sshconfig

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Options are what the files say about one host, with OpenSSH's defaults where they say nothing.
type Options struct {
	HostName string // to connect to: in lower case, or an address
	Port     int
	User     string

	AddressFamily       string // "any", "inet" or "inet6"
	BindAddress         string // "": any
	BindInterface       string // "": any
	TCPKeepAlive        bool
	ConnectTimeout      time.Duration // 0: none
	ConnectionAttempts  int           // at least 1
	ServerAliveInterval time.Duration // 0: none
	ServerAliveCountMax int
	Jumps               []Jump // the first to be connected to first
	ProxyCommand        string // "": none

	UserKnownHostsFiles   []string
	GlobalKnownHostsFiles []string
	HashKnownHosts        bool
	StrictHostKeyChecking string   // "yes", "ask", "accept-new", "no" or "off"
	HostKeyAlias          string   // "": none
	RevokedHostKeys       []string // files
	HostKeyAlgorithms     Algorithms
	CASignatureAlgorithms Algorithms
	KexAlgorithms         Algorithms
	Ciphers               Algorithms
	MACs                  Algorithms
	RequiredRSASize       int           // bits
	RekeyLimit            int64         // bytes; 0: what the cipher needs
	RekeyInterval         time.Duration // 0: none

	BatchMode                    bool
	PreferredAuthentications     []string // nil: OpenSSH's order
	PubkeyAuthentication         bool
	PasswordAuthentication       bool
	KbdInteractiveAuthentication bool
	NumberOfPasswordPrompts      int
	PubkeyAcceptedAlgorithms     Algorithms
	IdentityFiles                []string
	CertificateFiles             []string
	IdentitiesOnly               bool
	IdentityAgent                string        // a socket; "": none
	AddKeysToAgent               string        // "yes", "no", "ask" or "confirm"
	AddedLifetime                time.Duration // that the agent is to keep keys; 0: what it keeps others
	ForwardAgent                 bool
	ForwardedAgent               string   // a socket; "": that of IdentityAgent
	SendEnv                      []string // patterns
	SetEnv                       []string // NAME=value

	Unused      []Notice // lines about the host that mean nothing to a program that only runs commands
	Unsupported []Notice // lines that would mean something, but are not supported

	values map[string][]Value
}

// Notice is a line that is without effect.
type Notice struct {
	Keyword string
	Text    string // what follows it
	At      Position
}

func (n Notice) String() string { return fmt.Sprintf("%s: %s %s", n.At, n.Keyword, n.Text) }

// Values returns what the files, or the caller, say for a keyword, before tokens are expanded; nothing where the
// default counts. ProxyJump and ProxyCommand are one: Values returns the one that counts, for its own name only.
func (o *Options) Values(keyword string) []Value {
	name := strings.ToLower(keyword)
	proxy := o.values[optionProxy]
	switch {
	case name != "proxyjump" && name != "proxycommand":
		return o.values[name]
	case len(proxy) > 0 && name == "proxy"+proxy[0].Text:
		return proxy[1:]
	}
	return nil
}

// Given reports whether a keyword has a value that is not the default.
func (o *Options) Given(keyword string) bool { return len(o.Values(keyword)) > 0 }

// Sends reports whether SendEnv names a variable.
func (o *Options) Sends(variable string) bool {
	return slices.ContainsFunc(o.SendEnv, func(pattern string) bool { return matches(pattern, variable) })
}

// defaultIdentities are the files where OpenSSH looks for keys.
var defaultIdentities = []string{"rsa", "ecdsa", "ecdsa_sk", "ed25519", "ed25519_sk", "xmss", "dsa"}

// options makes the answer out of what was read.
func (e *evaluation) options() (*Options, error) {
	o := &Options{values: e.values, HostName: e.host, Unused: e.notes}
	b := builder{evaluation: e, o: o}
	b.connection = connection{
		local: &e.config.local, host: e.host, named: e.query.Host, port: e.port(), user: e.user(),
		alias: strings.ToLower(e.first("hostkeyalias")),
	}
	if b.connection.alias == "" {
		b.connection.alias = e.query.Host
	}
	b.way()
	b.proxy()
	b.encryption()
	b.knownHosts()
	b.login()
	b.keys()
	b.left()
	return o, b.wrong.orNil()
}

// builder fills in options.
type builder struct {
	*evaluation
	o          *Options
	connection connection
}

// number returns a value that was read as one.
func (b *builder) number(option string, otherwise int) int {
	n, err := strconv.Atoi(b.first(option))
	if err != nil {
		return otherwise // it has none
	}
	return n
}

// yes returns whether a flag is set.
func (b *builder) yes(option, otherwise string) bool { return b.or(option, otherwise) != "no" }

// fail notes what is wrong with the value of an option.
func (b *builder) fail(option string, v Value, err error) {
	if err == nil {
		return
	}
	name := option
	if keyword := keywords[option]; keyword != nil {
		name = keyword.name
	}
	b.wrong.add(v.At, fmt.Errorf("%s %s: %w", name, v.Text, err))
}

// expand replaces the tokens of a value.
func (b *builder) expand(option string, v Value, tokens string) string {
	text, err := b.connection.expand(v.Text, tokens, false)
	b.fail(option, v, err)
	return text
}

// paths expands the names of files. "none" is no file.
func (b *builder) paths(option string, otherwise ...string) []string {
	values := b.values[option]
	if len(values) == 0 {
		for _, name := range otherwise {
			values = append(values, Value{Text: name})
		}
	}
	var all []string
	for _, v := range values {
		if strings.EqualFold(v.Text, "none") {
			continue
		}
		path, err := b.connection.path(v.Text)
		b.fail(option, v, err)
		all = append(all, path)
	}
	return all
}

func (b *builder) way() {
	o := b.o
	o.User = b.user()
	o.Port = b.number("port", 22)
	o.AddressFamily = b.or("addressfamily", "any")
	o.BindAddress, o.BindInterface = b.first("bindaddress"), b.first("bindinterface")
	o.TCPKeepAlive = b.yes("tcpkeepalive", "yes")
	o.ConnectTimeout = duration(b.first("connecttimeout"))
	o.ServerAliveInterval = duration(b.first("serveraliveinterval"))
	o.ServerAliveCountMax = b.number("serveralivecountmax", 3)
	o.BatchMode = b.yes("batchmode", "no")
	o.ConnectionAttempts = b.number("connectionattempts", 1)
	if o.ConnectionAttempts == 0 {
		b.fail("connectionattempts", b.values["connectionattempts"][0], errors.New("expected 1 or more"))
	}
	if refuse := b.values["refuseconnection"]; len(refuse) > 0 {
		b.fail("refuseconnection", refuse[0], errors.New("the host is not to be connected to"))
	}
}

func (b *builder) proxy() {
	proxy := b.values[optionProxy]
	if b.direct() {
		return
	}
	if proxy[0].Text == byCommand {
		b.o.ProxyCommand = b.expand("proxycommand", proxy[1], proxyTokens)
		return
	}
	var err error
	b.o.Jumps, err = parseJumps(proxy[1].Text)
	b.fail("proxyjump", proxy[1], err)
	for i, j := range b.o.Jumps { // a jump host may be named after the host
		b.o.Jumps[i].User = b.expand("proxyjump", Value{Text: j.User, At: proxy[1].At}, proxyTokens)
		b.o.Jumps[i].Host = b.expand("proxyjump", Value{Text: j.Host, At: proxy[1].At}, proxyTokens)
	}
}

func (b *builder) encryption() {
	o := b.o
	for option, list := range map[string]*Algorithms{
		"hostkeyalgorithms": &o.HostKeyAlgorithms, "casignaturealgorithms": &o.CASignatureAlgorithms,
		"kexalgorithms": &o.KexAlgorithms, "ciphers": &o.Ciphers, "macs": &o.MACs,
		"pubkeyacceptedalgorithms": &o.PubkeyAcceptedAlgorithms,
	} {
		*list = Algorithms(b.first(option))
	}
	o.RequiredRSASize = b.number("requiredrsasize", 1024)
	o.RekeyInterval = duration(b.first(optionPeriod))
	if n, err := strconv.ParseInt(b.first("rekeylimit"), 10, 64); err == nil {
		o.RekeyLimit = n
	}
}

func (b *builder) knownHosts() {
	o := b.o
	o.UserKnownHostsFiles = b.paths("userknownhostsfile", "~/.ssh/known_hosts", "~/.ssh/known_hosts2")
	for _, v := range b.globalFiles() {
		name, err := b.connection.local.home(v.Text)
		b.fail("globalknownhostsfile", v, err)
		o.GlobalKnownHostsFiles = append(o.GlobalKnownHostsFiles, name)
	}
	o.HashKnownHosts = b.yes("hashknownhosts", "no")
	o.StrictHostKeyChecking = b.or("stricthostkeychecking", "ask")
	o.HostKeyAlias = strings.ToLower(b.first("hostkeyalias"))
	o.RevokedHostKeys = b.paths("revokedhostkeys")
}

// globalFiles are known_hosts of the machine, in whose names there are no tokens.
func (b *builder) globalFiles() []Value {
	files := b.values["globalknownhostsfile"]
	switch {
	case len(files) == 0:
		return []Value{{Text: "/etc/ssh/ssh_known_hosts"}, {Text: "/etc/ssh/ssh_known_hosts2"}}
	case strings.EqualFold(files[0].Text, "none"):
		return nil
	}
	return files
}

func (b *builder) login() {
	o := b.o
	o.PubkeyAuthentication = b.yes("pubkeyauthentication", "yes")
	o.PasswordAuthentication = b.yes("passwordauthentication", "yes")
	o.KbdInteractiveAuthentication = b.yes("kbdinteractiveauthentication", "yes")
	o.NumberOfPasswordPrompts = b.number("numberofpasswordprompts", 3)
	if ways := b.first("preferredauthentications"); ways != "" {
		o.PreferredAuthentications = strings.Split(ways, ",")
	}
	for _, v := range b.values["sendenv"] {
		o.SendEnv = append(o.SendEnv, v.Text)
	}
	for _, v := range b.values["setenv"] {
		o.SetEnv = append(o.SetEnv, v.Text)
	}
}

func (b *builder) keys() {
	o := b.o
	var otherwise []string
	for _, kind := range defaultIdentities {
		otherwise = append(otherwise, "~/.ssh/id_"+kind)
	}
	o.IdentityFiles = b.paths("identityfile", otherwise...)
	o.CertificateFiles = b.paths("certificatefile")
	o.IdentitiesOnly = b.yes("identitiesonly", "no")
	o.AddKeysToAgent = b.or("addkeystoagent", "no")
	if added := b.values["addkeystoagent"]; len(added) > 0 {
		if o.AddedLifetime = duration(added[len(added)-1].Text); o.AddedLifetime > 0 && len(added) == 1 {
			o.AddKeysToAgent = "yes"
		}
	}
	o.IdentityAgent = b.agent("identityagent", Value{Text: "SSH_AUTH_SOCK"})
	o.ForwardAgent = b.yes("forwardagent", "no")
	if socket := b.values[optionSocket]; len(socket) > 0 && o.ForwardAgent {
		o.ForwardedAgent = b.agent("forwardagent", socket[0])
		o.ForwardAgent = o.ForwardedAgent != ""
	}
}

// agent returns the socket of an agent, or "".
func (b *builder) agent(option string, otherwise Value) string {
	v := otherwise
	if option == "identityagent" && len(b.values[option]) > 0 {
		v = b.values[option][0]
	}
	name, err := b.connection.path(v.Text)
	b.fail(option, v, err)
	variable, isVariable := strings.CutPrefix(name, "$")
	switch {
	case name == "none":
		return ""
	case name == "SSH_AUTH_SOCK":
		variable, isVariable = name, true
	}
	if !isVariable {
		return name
	}
	value, _ := b.connection.local.Variable(variable)
	return value
}

// left lists what would mean something.
func (b *builder) left() {
	for _, name := range slices.Sorted(maps.Keys(b.values)) {
		values := b.values[name]
		if keyword := keywords[name]; keyword == nil || keyword.use != unsupported {
			continue
		}
		if len(values) == 0 || values[0].Text == "no" || strings.EqualFold(values[0].Text, "none") {
			continue
		}
		if name == "proxyusefdpass" && b.o.ProxyCommand == "" {
			continue
		}
		n := Notice{Keyword: keywords[name].name, Text: values[0].Text, At: values[0].At}
		b.o.Unsupported = append(b.o.Unsupported, n)
	}
}

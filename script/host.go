package script

import (
	"fmt"
	"slices"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/hosts"
	"deployer/nodes"
)

// hostValue is a host as a script defines it. Calling it derives another one.
type hostValue struct {
	h   hosts.Host
	pos nodes.Pos
	as  hostKind
}

// newHostValue is the definition of a host that came from Go.
func newHostValue(h hosts.Host) *hostValue {
	v := &hostValue{h: h}
	switch h.(type) {
	case *hosts.SSH:
		v.as = sshHost
	case *hosts.Local:
		v.as = localHost
	case *hosts.Wrapped:
		v.as = wrappedHost
	}
	return v
}

var (
	_ starlark.Callable   = (*hostValue)(nil)
	_ starlark.HasAttrs   = (*hostValue)(nil)
	_ starlark.Comparable = (*hostValue)(nil)
)

func (h *hostValue) String() string        { return fmt.Sprintf("<host %s>", h.h.Slug()) }
func (h *hostValue) Type() string          { return "host" }
func (h *hostValue) Truth() starlark.Bool  { return true }
func (h *hostValue) Freeze()               {}
func (h *hostValue) Hash() (uint32, error) { return starlark.String(h.h.Slug()).Hash() }
func (h *hostValue) Name() string          { return h.h.Slug() }

// CompareSameType compares by slug, also with the host of an env.
func (h *hostValue) CompareSameType(op syntax.Token, other starlark.Value, _ int) (bool, error) {
	return compareSlugs(op, h, other)
}

// slugged is a host of either kind: as it is defined, or inside an action.
type slugged interface{ slug() string }

func (h *hostValue) slug() string { return h.h.Slug() }

func compareSlugs(op syntax.Token, a slugged, other starlark.Value) (bool, error) {
	b, ok := other.(slugged)
	switch op {
	case syntax.EQL:
		return ok && a.slug() == b.slug(), nil
	case syntax.NEQ:
		return !ok || a.slug() != b.slug(), nil
	}
	return false, wrong("hosts have no order: sort with key = lambda h: h.slug")
}

func (h *hostValue) Attr(name string) (starlark.Value, error) {
	if v := hostAttr(h.h, name); v != nil {
		return v, nil
	}
	err := noAttr("the definition of a host", name, hostAttrs).(plainError)
	if slices.Contains(handleNames(), name) {
		err.problem.Hint = "commands run inside an action: env.host." + name
	}
	return nil, err
}

func (h *hostValue) AttrNames() []string { return hostAttrs }

var hostAttrs = []string{"address", "slug", "username"}

// hostAttr is an attribute that every host has, or nil.
func hostAttr(h hosts.Host, name string) starlark.Value {
	switch name {
	case "slug":
		return starlark.String(h.Slug())
	case "address":
		return starlark.String(h.Address())
	case "username":
		return starlark.String(h.Login())
	}
	return nil
}

// hostKind is one of the functions that make hosts.
type hostKind struct {
	fn string
	// make makes a host of the options in the arguments, starting from those of base, which may be nil.
	make func(s site, base hosts.Host) (hosts.Host, []nodes.Problem)
}

// builtin is the function.
func (k hostKind) builtin(s site) (starlark.Value, error) {
	return k.value(s, nil)
}

func (k hostKind) value(s site, base hosts.Host) (starlark.Value, error) {
	h, problems := k.make(s, base)
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	if h == nil {
		return broken{}, nil
	}
	return &hostValue{h: h, pos: s.pos(), as: k}, nil
}

// CallInternal derives a host.
func (h *hostValue) CallInternal(thread *starlark.Thread, args starlark.Tuple,
	kwargs []starlark.Tuple) (starlark.Value, error) {
	s := site{callOf(thread), thread, nil, kwargs}
	if h.as.make == nil {
		return nil, wrong("no host can be derived from %s: it is of another kind than a script can make", h.h.Slug())
	}
	if len(args) > 0 {
		p := nodes.Problem{Pos: s.positional(0), Hint: "name = value",
			Message: fmt.Sprintf("a host derived from %s takes options by name only", h.h.Slug())}
		if err := s.complain(p); err != nil {
			return nil, err
		}
	}
	return h.as.value(s, h.h)
}

// slugParam is the slug, which a derived host has already.
func slugParam(to *string, derived bool) param {
	return param{name: "slug", optional: derived, set: someText(to)}
}

// option is an argument by name that may be left out.
func option(name string, set func(starlark.Value) error) param {
	return param{name: name, optional: true, byName: true, set: set}
}

// commonOptions are the options of every host.
func (s site) commonOptions(o *hosts.Common) []param {
	return []param{
		option("shell", someText(&o.Shell)),
		option("sudo_password", s.secret(&o.SudoPassword)),
		option("sudo_password_command", words(&o.SudoPasswordCommand)),
		option("history", truth(&o.History)),
		option("silence", patience(&o.Silence)),
	}
}

// secret is a text that is masked from now on.
func (s site) secret(to *string) func(starlark.Value) error {
	set := text(to)
	return func(v starlark.Value) error {
		if err := set(v); err != nil {
			return err
		}
		if *to != "" && !s.call.prog.secrets.Has(*to) {
			*to = s.call.prog.secrets.TokenOf(*to)
		}
		return nil
	}
}

// sshHost is ssh_host(slug, …).
var sshHost = hostKind{"ssh_host", makeSSH}

func makeSSH(s site, base hosts.Host) (hosts.Host, []nodes.Problem) {
	var o hosts.SSHOptions
	if base != nil {
		o = base.(*hosts.SSH).Options()
	}
	problems := s.bind("ssh_host", s.sshOptions(&o, base != nil))
	if len(problems) > 0 {
		return nil, problems
	}
	h, err := hosts.NewSSH(o)
	if err != nil {
		return nil, s.hostProblems("ssh_host", err)
	}
	return h, nil
}

func (s site) sshOptions(o *hosts.SSHOptions, derived bool) []param {
	return append([]param{
		slugParam(&o.Slug, derived),
		option("address", someText(&o.Address)),
		option("port", number(&o.Port, 1, 65535)),
		option("username", someText(&o.Username)),
		option("password", s.secret(&o.Password)),
		option("key_filename", someText(&o.KeyFilename)),
		option("key", s.secret(&o.Key)),
		option("key_password", s.secret(&o.KeyPassword)),
		option("rsa_key", s.secret(&o.Key)),
		option("rsa_key_password", s.secret(&o.KeyPassword)),
		option("config_filename", someText(&o.ConfigFilename)),
		option("known_hosts", textOrWords(&o.KnownHosts)),
		option("host_keys", oneOf(&o.HostKeys, "strict", "accept-new")),
		option("host_key", someText(&o.HostKey)),
		option("timeout", seconds(&o.Timeout)),
		option("keepalive_interval", seconds(&o.Keepalive)),
		option("jump", someText(&o.Jump)),
		option("proxy_command", someText(&o.ProxyCommand)),
		option("identities_only", truthPointer(&o.IdentitiesOnly)),
		option("agent_forwarding", truthPointer(&o.AgentForwarding)),
	}, s.commonOptions(&o.Common)...)
}

func truthPointer(to **bool) func(starlark.Value) error {
	return func(v starlark.Value) error {
		b := new(bool)
		*to = b
		return truth(b)(v)
	}
}

// hostProblems are the problems of options that are wrong together, or wrong to their very reader.
func (s site) hostProblems(fn string, err error) []nodes.Problem {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var problems []nodes.Problem
		for _, one := range many.Unwrap() {
			problems = append(problems, s.hostProblems(fn, one)...)
		}
		return problems
	}
	option, _, _ := strings.Cut(strings.ReplaceAll(err.Error(), ":", " "), " ") // its message begins with the name
	return []nodes.Problem{{Pos: s.keyword(option), Message: fmt.Sprintf("%s: %v", fn, err)}}
}

// localHost is local_host(slug = "localhost").
var localHost = hostKind{"local_host", makeLocal}

func makeLocal(s site, base hosts.Host) (hosts.Host, []nodes.Problem) {
	var o hosts.LocalOptions
	if base != nil {
		o = base.(*hosts.Local).Options()
	}
	problems := s.bind("local_host", append([]param{slugParam(&o.Slug, true)}, s.commonOptions(&o.Common)...))
	if len(problems) > 0 {
		return nil, problems
	}
	h, err := hosts.NewLocal(o)
	if err != nil {
		return nil, s.hostProblems("local_host", err)
	}
	return h, nil
}

// wrappedHost is wrapped_host(slug, command = […]).
var wrappedHost = hostKind{"wrapped_host", makeWrapped}

func makeWrapped(s site, base hosts.Host) (hosts.Host, []nodes.Problem) {
	var o hosts.WrappedOptions
	if base != nil {
		o = base.(*hosts.Wrapped).Options()
	}
	params := []param{slugParam(&o.Slug, base != nil), {name: "command", optional: base != nil, set: words(&o.Command)}}
	problems := s.bind("wrapped_host", append(params, s.commonOptions(&o.Common)...))
	if len(problems) > 0 {
		return nil, problems
	}
	h, err := hosts.NewWrapped(o)
	if err != nil {
		return nil, s.hostProblems("wrapped_host", err)
	}
	return h, nil
}

// newSecret is secret(v).
func newSecret(s site) (starlark.Value, error) {
	var token string
	problems := s.bind("secret", []param{{name: "value", set: s.secret(&token)}})
	return starlark.String(token), s.complain(problems...)
}

// fromEnv is from_env(NAME).
func fromEnv(s site) (starlark.Value, error) {
	var name string
	problems := s.bind("from_env", []param{{name: "name", set: someText(&name)}})
	return starlark.String(nodes.SecretFromEnv(name).Token(s.call.prog.secrets)), s.complain(problems...)
}

// fromCommand is from_command(["pass", "show", "x"]).
func fromCommand(s site) (starlark.Value, error) {
	var argv []string
	problems := s.bind("from_command", []param{{name: "command", set: words(&argv)}})
	if len(problems) == 0 && (len(argv) == 0 || argv[0] == "") {
		problems = append(problems, nodes.Problem{Pos: s.positional(0), Message: "from_command: the command is empty",
			Hint: `from_command(["pass", "show", "web"])`})
	}
	if len(problems) > 0 {
		return starlark.String(""), s.complain(problems...)
	}
	return starlark.String(nodes.SecretFromCommand(argv[0], argv[1:]...).Token(s.call.prog.secrets)), nil
}

package script

import (
	"context"

	"go.starlark.net/starlark"

	"deployer/hosts"
)

// method is a method of machines.
type method func(site, machines) (starlark.Value, error)

// methodNames are what can be done with one host and with several.
var methodNames = append([]string{
	"cd", "env", "expand_path", "facts", "get_start_path", "getcwd", "has_command", "ifconfig", "ip_address",
	"output", "prefix", "result", "run", "sudo",
}, fileMethodNames...)

// methodOf returns one of methodNames, or nil.
func methodOf(name string) method {
	switch name {
	case "run":
		return runMethod
	case "sudo":
		return sudoMethod
	case "output":
		return outputMethod
	case "result":
		return resultMethod
	case "cd":
		return cdMethod
	case "env":
		return envMethod
	case "prefix":
		return prefixMethod
	}
	if m := questionOf(name); m != nil {
		return m
	}
	return fileMethodOf(name)
}

// questionOf returns one of the methods that ask the host about itself, or nil.
func questionOf(name string) method {
	switch name {
	case "has_command":
		return hasCommandMethod
	case "getcwd":
		return getcwdMethod
	case "get_start_path":
		return startPathMethod
	case "expand_path":
		return expandPathMethod
	case "facts":
		return factsMethod
	case "ifconfig":
		return ifconfigMethod
	case "ip_address":
		return ipAddressMethod
	}
	return nil
}

// bound is a method of a value, as scripts call it.
func bound(name string, on machines, m method) starlark.Value {
	return builtin(func(s site) (starlark.Value, error) {
		if err := s.call.failed(); err != nil {
			return nil, err
		}
		return m(s, on)
	}).value(name)
}

// cdMethod is cd(path). A leading ~ is always a home directory, so that expand has nothing to change.
func cdMethod(s site, on machines) (starlark.Value, error) {
	var dir string
	var expand bool
	problems := s.bind("cd", []param{
		{name: "path", set: text(&dir)},
		{name: "expand", optional: true, set: truth(&expand)},
	})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return on.cd(dir), nil
}

func envMethod(s site, on machines) (starlark.Value, error) {
	var name, content string
	escape := true
	problems := s.bind("env", []param{
		{name: "name", set: someText(&name)},
		{name: "value", set: textOrNone(&content)},
		{name: "escape", optional: true, set: truth(&escape)},
	})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return on.setEnv(name, content, !escape)
}

// textOrNone is a string; None is the empty one.
func textOrNone(to *string) func(starlark.Value) error {
	set := text(to)
	return func(v starlark.Value) error {
		if v == starlark.None {
			return nil
		}
		return set(v)
	}
}

func prefixMethod(s site, on machines) (starlark.Value, error) {
	var command string
	problems := s.bind("prefix", []param{{name: "command", set: someText(&command)}})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return on.prefix(command), nil
}

// hasCommandMethod is has_command(command).
func hasCommandMethod(s site, on machines) (starlark.Value, error) {
	var name string
	var sudo bool
	problems := s.bind("has_command", []param{
		{name: "command", set: someText(&name)},
		{name: "use_sudo", optional: true, set: truth(&sudo)},
	})
	if err := s.complain(problems...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		yes, err := h.HasCommand(ctx, name, sudo)
		return starlark.Bool(yes), err
	})
}

func getcwdMethod(s site, on machines) (starlark.Value, error) {
	if err := s.complain(s.bind("getcwd", nil)...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		dir, err := h.Getcwd(ctx)
		return starlark.String(dir), err
	})
}

func factsMethod(s site, on machines) (starlark.Value, error) {
	if err := s.complain(s.bind("facts", nil)...); err != nil {
		return nil, err
	}
	return on.each(s.call, func(ctx context.Context, h *hosts.Handle) (starlark.Value, error) {
		f, err := h.Facts(ctx)
		if err != nil {
			return nil, err
		}
		return factsStruct(f), nil
	})
}

func factsStruct(f hosts.Facts) starlark.Value {
	addresses := []starlark.Value{}
	for _, a := range f.Addresses {
		addresses = append(addresses, newStruct(starlark.StringDict{
			"interface": starlark.String(a.Name), "address": starlark.String(a.Address),
		}))
	}
	return newStruct(starlark.StringDict{
		"hostname": starlark.String(f.Hostname), "system": starlark.String(f.System),
		"kernel": starlark.String(f.Kernel), "architecture": starlark.String(f.Architecture),
		"distribution": starlark.String(f.Distribution), "release": starlark.String(f.Release),
		"user": starlark.String(f.User), "uid": starlark.MakeInt(f.UID),
		"home": starlark.String(f.Home), "shell": starlark.String(f.Shell),
		"processors": starlark.MakeInt(f.Processors), "memory": starlark.MakeInt64(f.Memory),
		"addresses": starlark.NewList(addresses),
	})
}

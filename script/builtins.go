package script

import (
	"go.starlark.net/lib/json"
	"go.starlark.net/starlark"
	"go.starlark.net/starlarkstruct"

	"deployer/nodes"
)

// builtins are the names that every file of a tree has.
func builtins(prog *program) starlark.StringDict {
	names := starlark.StringDict{
		"ALL_HOSTS": allHosts{},
		"Q":         newQ(prog),
		"filters":   filtersValue{},
		"groups":    groupsValue{},
		"json":      json.Module,
		"struct":    starlark.NewBuiltin("struct", starlarkstruct.Make),
	}
	for name, f := range map[string]builtin{
		"node":                  newTemplate("node", nodes.KindNormal),
		"parallel_node":         newTemplate("parallel_node", nodes.KindParallel),
		"required":              requiredBuiltin,
		"property":              propertyBuiltin,
		"action":                actionBuiltin,
		"rolling":               rollingBuiltin,
		"map_roles":             mapRoles,
		"group":                 groupBuiltin,
		"query":                 queryBuiltin,
		"inspect":               inspect,
		"ssh_host":              sshHost.builtin,
		"local_host":            localHost.builtin,
		"wrapped_host":          wrappedHost.builtin,
		"secret":                newSecret,
		"from_env":              fromEnv,
		"from_command":          fromCommand,
		"quote":                 quote,
		"iter_isolations":       iterIsolations,
		"esc1":                  esc1,
		"esc2":                  esc2,
		"indent":                indent,
		"parse_ifconfig_output": parseIfconfig,
		"attempt":               attempt,
	} {
		names[name] = f.value(name)
	}
	return names
}

// newTemplate is node(…) or parallel_node(…).
func newTemplate(fn string, kind nodes.Kind) builtin {
	return func(s site) (starlark.Value, error) {
		return s.define(fn, func(d nodes.Definition) (*nodes.Template, []nodes.Problem) {
			return nodes.NewTemplate(kind, d)
		})
	}
}

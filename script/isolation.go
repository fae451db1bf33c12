package script

import "go.starlark.net/starlark"

// manualKinds are the ways to name a cell, as the manual calls them.
var manualKinds = map[string]string{"INT_TUPLES": "numbers", "HOST_TUPLES": "hosts", "HOSTS_SLUG": "slugs"}

// isolationKind is a way to name a cell, by either of its names.
func isolationKind(to *string) func(starlark.Value) error {
	set := oneOf(to, "slugs", "numbers", "hosts")
	return func(v starlark.Value) error {
		if s, ok := v.(starlark.String); ok && manualKinds[string(s)] != "" {
			v = starlark.String(manualKinds[string(s)])
		}
		return set(v)
	}
}

// iterIsolations is iter_isolations(env, identifier_type): what an inspector gives, as the manual calls it.
func iterIsolations(s site) (starlark.Value, error) {
	var e *envValue
	a := &inspectArgs{kind: "numbers"}
	problems := s.bind("iter_isolations", []param{
		{name: "env", set: one(&e, "an env")},
		{name: "identifier_type", optional: true, set: isolationKind(&a.kind)},
	})
	if len(problems) > 0 {
		return starlark.NewList(nil), s.complain(problems...)
	}
	return inspector{s.call, e.env}.isolations(s, a)
}

package script

import (
	"strings"

	"go.starlark.net/starlark"

	"deployer/hosts"
)

// quote is quote(s).
func quote(s site) (starlark.Value, error) {
	return s.textOf("quote", hosts.Quote)
}

// esc1 is esc1(s): for a place inside '…' of a shell.
func esc1(s site) (starlark.Value, error) {
	return s.textOf("esc1", strings.NewReplacer("'", `'\''`).Replace)
}

// esc2 is esc2(s): for a place inside "…" of a shell.
func esc2(s site) (starlark.Value, error) {
	return s.textOf("esc2", strings.NewReplacer(`"`, `\"`, `\`, `\\`, "$", `\$`, "`", "\\`").Replace)
}

// textOf is a builtin that makes a text of another one.
func (s site) textOf(fn string, change func(string) string) (starlark.Value, error) {
	var from string
	problems := s.bind(fn, []param{{name: "text", set: text(&from)}})
	return starlark.String(change(from)), s.complain(problems...)
}

// indent is indent(text, prefix).
func indent(s site) (starlark.Value, error) {
	from, prefix := "", "  "
	problems := s.bind("indent", []param{
		{name: "text", set: text(&from)},
		{name: "prefix", optional: true, set: text(&prefix)},
	})
	var b strings.Builder
	for line := range strings.Lines(from) {
		b.WriteString(prefix + line)
	}
	return starlark.String(b.String()), s.complain(problems...)
}

package script

import (
	"errors"
	"strings"

	"go.starlark.net/starlark"
	"go.starlark.net/syntax"

	"deployer/hosts"
	"deployer/nodes"
)

// failure is the error that attempt caught. Its text is the message.
type failure struct {
	call *call
	err  error
}

var (
	_ starlark.HasAttrs  = (*failure)(nil)
	_ starlark.HasBinary = (*failure)(nil)
)

func (f *failure) String() string        { return f.err.Error() }
func (f *failure) Type() string          { return "failure" }
func (f *failure) Truth() starlark.Bool  { return true }
func (f *failure) Freeze()               {}
func (f *failure) Hash() (uint32, error) { return starlark.String(f.String()).Hash() }

// Binary is "text" in failure, and + with a string on either side.
func (f *failure) Binary(op syntax.Token, y starlark.Value, side starlark.Side) (starlark.Value, error) {
	text, ok := y.(starlark.String)
	switch {
	case !ok:
	case op == syntax.IN && side == starlark.Right:
		return starlark.Bool(strings.Contains(f.String(), string(text))), nil
	case op == syntax.PLUS && side == starlark.Right:
		return text + starlark.String(f.String()), nil
	case op == syntax.PLUS:
		return starlark.String(f.String()) + text, nil
	}
	return nil, nil // the interpreter says that there is no such operation
}

var failureAttrs = []string{
	"action", "attribute", "command", "errors", "hint", "host", "kind", "message", "node", "query", "signal", "status",
	"stderr", "sudo",
}

func (f *failure) AttrNames() []string { return failureAttrs }

func (f *failure) Attr(name string) (starlark.Value, error) {
	switch name {
	case "kind":
		return starlark.String(kindOf(f.err)), nil
	case "message":
		return starlark.String(f.String()), nil
	case "errors":
		return f.parts(), nil
	case "node", "action", "host":
		return textOrNothing(f.where()[name]), nil
	case "attribute", "query":
		return f.ofQuery(name), nil
	}
	if v := f.ofCommand(name); v != nil {
		return v, nil
	}
	return nil, noAttr("a failure", name, failureAttrs)
}

// kindOf is the kind of the first of the failures.
func kindOf(err error) string {
	var mistake *Error
	if kind := nodes.ErrorKind(err); kind != "" {
		return kind
	} else if errors.As(err, &mistake) {
		return mistake.Kind()
	}
	return "script"
}

// parts are the innermost failures, one for every host or cell that failed.
func (f *failure) parts() starlark.Value {
	list := starlark.NewList(nil)
	for _, one := range nodes.Failures(f.err) {
		_ = list.Append(&failure{f.call, one}) // a new list: neither frozen nor iterated over
	}
	return list
}

// where is the node, the action and the host of the first failure.
func (f *failure) where() map[string]string {
	at := map[string]string{}
	var action *nodes.ActionError
	if errors.As(f.err, &action) {
		for {
			at["node"], at["action"], at["host"] = action.Node, action.Action, action.Host
			if !errors.As(action.Err, &action) {
				break
			}
		}
	}
	if on := hosts.Errors(f.err); len(on) > 0 {
		at["host"] = on[0].Host
	}
	return at
}

// ofCommand is an attribute of a failure on a host, None of another one, or nil if there is no such attribute.
func (f *failure) ofCommand(name string) starlark.Value {
	e := &hosts.Error{}
	if on := hosts.Errors(f.err); len(on) > 0 {
		e = on[0]
	}
	switch name {
	case "command":
		return textOrNothing(e.Op)
	case "hint":
		return textOrNothing(e.Hint)
	case "stderr":
		return textOrNothing(e.Stderr)
	case "sudo":
		return starlark.Bool(e.Sudo)
	case "signal":
		return textOrNothing(e.Exit.Signal)
	case "status":
		if e.Fault != hosts.Failed {
			return starlark.None
		}
		return starlark.MakeInt(e.Exit.Status)
	}
	return nil
}

// ofQuery is the name or the text of the query that failed.
func (f *failure) ofQuery(name string) starlark.Value {
	q := &nodes.QueryError{}
	for found := errors.As(f.err, &q); found; found = errors.As(q.Err, &q) { // to the innermost, as node and action
	}
	if name == "query" {
		return textOrNothing(q.Query)
	}
	return textOrNothing(q.Name)
}

// textOrNothing is a string, or None.
func textOrNothing(s string) starlark.Value {
	if s == "" {
		return starlark.None
	}
	return starlark.String(s)
}

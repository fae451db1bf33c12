package script

import (
	"errors"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// partialError is a failure of some of several: what the others gave is in value.
type partialError struct {
	value starlark.Value
	err   error
}

func (e *partialError) Error() string { return e.err.Error() }
func (e *partialError) Unwrap() error { return e.err }

// attempt is attempt(f, *args, **kwargs). What ends a call from outside passes through: Ctrl-C, and in a sandbox the
// use of what is not known.
func attempt(s site) (starlark.Value, error) {
	if len(s.args) == 0 {
		return outcome(starlark.None, nil), s.complain(s.problem("attempt: the function is missing: attempt(f, …)"))
	}
	f, ok := s.args[0].(starlark.Callable)
	if !ok {
		p := nodes.Problem{Pos: s.positional(0), Message: "attempt: got " + s.args[0].Type() + ", want a function",
			Hint: "give the function and its arguments apart: attempt(f, x), or attempt(lambda: f(x))"}
		return outcome(starlark.None, nil), s.complain(p)
	}
	v, err := starlark.Call(s.thread, f, s.args[1:], s.kwargs)
	if err == nil {
		return outcome(v, nil), nil
	}
	if !catchable(s.call, err) {
		return nil, err
	}
	v = starlark.None
	var partial *partialError
	if errors.As(err, &partial) {
		v = partial.value
	}
	return outcome(v, &failure{s.call, s.call.newError(err, nil)}), nil
}

// catchable reports whether a script may go on after an error.
func catchable(c *call, err error) bool {
	var unknown *nodes.UnknownError
	return c.failed() == nil && !errors.As(err, &unknown) && !errors.Is(err, errTooDeep)
}

// outcome is what attempt returns.
func outcome(v starlark.Value, failure starlark.Value) starlark.Value {
	ok := failure == nil
	if ok {
		failure = starlark.None
	}
	return newStruct(starlark.StringDict{"ok": starlark.Bool(ok), "value": v, "error": failure})
}

package script

import (
	"fmt"
	"strings"

	"go.starlark.net/starlark"

	"deployer/nodes"
)

// rollingValue is rolling(…).
type rollingValue struct{ r nodes.Rolling }

func (r *rollingValue) String() string        { return "<rolling>" }
func (r *rollingValue) Type() string          { return "rolling" }
func (r *rollingValue) Truth() starlark.Bool  { return true }
func (r *rollingValue) Freeze()               {}
func (r *rollingValue) Hash() (uint32, error) { return 0, wrong("rolling(…) cannot be a key") }

// rollingBuiltin is rolling(batch = , canary = , max_fail = , pause = , check = ).
func rollingBuiltin(s site) (starlark.Value, error) {
	made := &rollingValue{}
	option := func(name string, set func(*nodes.Rolling, string, starlark.Value) error) param {
		return param{name: name, optional: true, byName: true,
			set: func(v starlark.Value) error { return set(&made.r, name, v) }}
	}
	problems := s.bind("rolling", []param{
		option("batch", setAmount), option("canary", setNumber), option("max_fail", setAmount), option("pause", setSeconds),
		option("check", setAction),
	})
	if len(problems) == 0 && made.r == (nodes.Rolling{}) {
		problems = append(problems, s.problem("rolling: it says nothing: give batch, canary, max_fail, pause or check"))
	}
	if len(problems) > 0 {
		return broken{}, s.complain(problems...)
	}
	return made, nil
}

// setAmount takes a number of cells, or a share of them as "25%".
func setAmount(to *nodes.Rolling, name string, v starlark.Value) error {
	switch v := v.(type) {
	case starlark.Int:
		return to.Set(name, v.String())
	case starlark.String:
		if strings.HasSuffix(string(v), "%") {
			return to.Set(name, string(v))
		}
		return fmt.Errorf(`got %s, want a number, or a share such as "25%%"`, v)
	}
	return typeError(v, `a number, or a share such as "25%"`)
}

func setNumber(to *nodes.Rolling, name string, v starlark.Value) error {
	n, ok := v.(starlark.Int)
	if !ok {
		return typeError(v, "a number of cells")
	}
	return to.Set(name, n.String())
}

// setSeconds takes a number of seconds, as every time in scripts is.
func setSeconds(to *nodes.Rolling, name string, v starlark.Value) error {
	seconds, ok := starlark.AsFloat(v)
	if !ok {
		return typeError(v, "a number of seconds")
	}
	if err := to.Set(name, fmt.Sprintf("%fs", seconds)); err != nil {
		return fmt.Errorf("got %s, want a number of seconds", v)
	}
	return nil
}

// setAction takes the name of an action, or the function that is one.
func setAction(to *nodes.Rolling, name string, v starlark.Value) error {
	switch v := v.(type) {
	case starlark.String:
		return to.Set(name, string(v))
	case *starlark.Function:
		return to.Set(name, v.Name())
	}
	return typeError(v, "the name of an action")
}

// rollingOf is the value of rolling(…).
func rollingOf(to **nodes.Rolling) func(starlark.Value) error {
	return func(v starlark.Value) error {
		r, ok := v.(*rollingValue)
		if !ok {
			return typeError(v, "rolling(…)")
		}
		*to = &r.r
		return nil
	}
}

package script

import (
	"go.starlark.net/starlark"
	"go.starlark.net/syntax"
)

// noValue stands where a value should be that is not known: the output of a command that a sandbox did not run, or an
// output too large to be kept. It may be passed around and dropped. Asking anything of it ends the call with err:
// testing, comparing, formatting, measuring, giving it to a builtin.
//
// The interpreter lets some of these questions return no error. Then the call is stopped instead, before its next step.
// Type is such a question, because it is what the interpreter asks before it compares values of different types.
type noValue struct {
	call *call
	err  error
}

var (
	_ starlark.HasAttrs   = (*noValue)(nil)
	_ starlark.HasBinary  = (*noValue)(nil)
	_ starlark.HasUnary   = (*noValue)(nil)
	_ starlark.Mapping    = (*noValue)(nil)
	_ starlark.Iterable   = (*noValue)(nil)
	_ starlark.Comparable = (*noValue)(nil)
	_ starlark.Callable   = (*noValue)(nil)
)

// used ends the call that has the value now.
func (n *noValue) used() error {
	n.call.live().fail(n.err)
	return n.err
}

func (n *noValue) String() string       { _ = n.used(); return "unknown" }
func (n *noValue) Type() string         { _ = n.used(); return "unknown" }
func (n *noValue) Truth() starlark.Bool { _ = n.used(); return false }
func (n *noValue) Name() string         { return "unknown" }

// Freeze does nothing: the value never changes.
func (n *noValue) Freeze() {}

func (n *noValue) Hash() (uint32, error)                            { return 0, n.used() }
func (n *noValue) Attr(string) (starlark.Value, error)              { return nil, n.used() }
func (n *noValue) AttrNames() []string                              { return nil }
func (n *noValue) Get(starlark.Value) (starlark.Value, bool, error) { return nil, false, n.used() }
func (n *noValue) Unary(syntax.Token) (starlark.Value, error)       { return nil, n.used() }

// Iterate yields nothing, and the call ends.
func (n *noValue) Iterate() starlark.Iterator {
	_ = n.used()
	return starlark.Tuple{}.Iterate()
}

func (n *noValue) Binary(syntax.Token, starlark.Value, starlark.Side) (starlark.Value, error) {
	return nil, n.used()
}

func (n *noValue) CompareSameType(syntax.Token, starlark.Value, int) (bool, error) {
	return false, n.used()
}

func (n *noValue) CallInternal(*starlark.Thread, starlark.Tuple, []starlark.Tuple) (starlark.Value, error) {
	return nil, n.used()
}

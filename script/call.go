package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"

	"go.starlark.net/starlark"

	"deployer/console"
	"deployer/journal"
	"deployer/nodes"
)

// program is what a loaded tree keeps: the builtins, and the sources for messages. After loading it does not change.
type program struct {
	secrets  *journal.Secrets
	builtins starlark.StringDict
	sources  map[string]*source      // by path as shown
	hosts    map[string][]*hostValue // that templates have, by slug
	loading  *call                   // of the file that is being executed; nil once everything is loaded
}

// maxDepth is how many calls may be nested, over all threads that wait for each other. A call takes some kilobytes of
// the machine's stack, of which a Go program may use a gigabyte.
const maxDepth = 5000

// checkEvery is how many steps of the interpreter lie between two looks at the depth and at the context.
const checkEvery = 1000

// call is one entry into the interpreter: a file being loaded, or the function of an action or property. It has a
// thread of its own, and a context, which is done as soon as anything ends the call from outside: Ctrl-C, or a value
// that does not exist being used (see novalue.go).
type call struct {
	prog   *program
	loader *loader // nil once the tree is loaded
	ctx    context.Context
	cancel context.CancelCauseFunc
	thread *starlark.Thread
	parent *call      // that waits for this one; nil for the outermost
	depth  int        // calls below this one
	env    *nodes.Env // nil while loading
	files  []*file    // that are open
	bars   []*console.Bar
	ended  atomic.Bool
	stop   func() bool // stops watching the context
}

type callKey struct{}

const callLocal = "call"

// newCall starts a call. The caller ends it.
func newCall(ctx context.Context, prog *program, env *nodes.Env) *call {
	c := &call{prog: prog, env: env}
	if c.parent, _ = ctx.Value(callKey{}).(*call); c.parent != nil {
		c.depth = c.parent.depth + c.parent.thread.CallStackDepth()
	}
	ctx, c.cancel = context.WithCancelCause(ctx)
	c.ctx = context.WithValue(ctx, callKey{}, c)
	c.thread = &starlark.Thread{Print: c.print, OnMaxSteps: c.check}
	c.thread.SetLocal(callLocal, c)
	c.thread.SetMaxExecutionSteps(checkEvery)
	c.stop = context.AfterFunc(c.ctx, func() { c.thread.Cancel("stopped") })
	return c
}

func (c *call) end() {
	c.ended.Store(true)
	c.stop()
	c.cancel(nil)
}

// callOf is the call that a builtin is called in.
func callOf(thread *starlark.Thread) *call { return thread.Local(callLocal).(*call) }

// live is the call itself, or if it has ended the one that has its values now: the nearest that still waits.
func (c *call) live() *call {
	for c.ended.Load() && c.parent != nil {
		c = c.parent
	}
	return c
}

// fail ends the call with an error that no script can catch. The interpreter sees it before its next step.
func (c *call) fail(err error) {
	c.cancel(err)
	c.thread.Cancel("stopped")
}

// failed is the error that ended the call from outside, or nil.
func (c *call) failed() error { return context.Cause(c.ctx) }

var errTooDeep = fmt.Errorf("more than %d calls are nested: a function calls itself without end", maxDepth)

// check looks after the call every few steps.
func (c *call) check(thread *starlark.Thread) {
	if c.depth+thread.CallStackDepth() > maxDepth {
		c.fail(errTooDeep)
		return
	}
	thread.SetMaxExecutionSteps(thread.Steps + checkEvery)
}

// invoke calls a function of the script. Its error is an *Error.
func (c *call) invoke(fn starlark.Callable, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
	if c.depth > maxDepth {
		return nil, errTooDeep
	}
	v, err := starlark.Call(c.thread, fn, args, kwargs)
	if cause := c.failed(); cause != nil {
		return nil, c.newError(err, cause)
	}
	if err != nil {
		return nil, c.newError(err, nil)
	}
	return v, nil
}

// print is the print of scripts.
func (c *call) print(thread *starlark.Thread, text string) {
	if c.failed() != nil {
		return
	}
	if c.loader != nil {
		c.loader.print(callerOf(thread).Pos, text)
		return
	}
	c.env.Print(c.ctx, text)
}

// callerOf is the nearest place in a script from which a builtin was called.
func callerOf(thread *starlark.Thread) Frame {
	for depth := range thread.CallStackDepth() {
		frame := thread.CallFrame(depth)
		if frame.Pos.Line > 0 {
			return Frame{Name: frame.Name, Pos: pos(frame.Pos)}
		}
	}
	return Frame{}
}

// Error is what went wrong in a function of a script, and where.
type Error struct {
	Pos       nodes.Pos // the innermost place in a script
	Msg       string
	Backtrace []Frame // outermost first; the last is at Pos
	Line      string  // the line at Pos; secrets are masked
	Err       error   // the cause; nil if the script itself is wrong
	mark      int     // the column of Pos in Line
	raised    bool    // by fail(…)
	mistake   bool    // see Mistake
}

// Error is one line, FILE:LINE:COL: message. Where the cause explains itself, such as a command that failed on a host,
// it is the cause's message alone: the place is in Pos.
func (e *Error) Error() string {
	if e.mistake && (e.Err == nil || e.Pos.Line > 0) {
		return fmt.Sprintf("%s: %s", e.Pos, e.Msg)
	}
	return e.Err.Error()
}

// Mistake reports whether the script is what is wrong, so that its place is what a person wants to know.
func (e *Error) Mistake() bool { return e.mistake }

// Kind is "fail" of what fail(…) raised, "script" of other mistakes, else that of the cause (see [nodes.ErrorKind]).
func (e *Error) Kind() string {
	switch kind := nodes.ErrorKind(e.Err); {
	case e.Err != nil && kind != "":
		return kind
	case e.raised:
		return "fail"
	}
	return "script"
}

// Format writes the error on several lines: place and message, the line of the file with a mark below the column, and
// the calls that led there.
func (e *Error) Format(w io.Writer) error {
	p := Problem{Problem: nodes.Problem{Pos: e.Pos, Message: e.Msg}, Line: e.Line, mark: e.mark}
	if n := len(e.Backtrace); n > 0 {
		p.Trace = e.Backtrace[:n-1]
	}
	return p.Format(w)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// newError makes an *Error of what the interpreter returned. cause is what ended the call from outside, or nil.
func (c *call) newError(err, cause error) *Error {
	e := &Error{Msg: "stopped"}
	var eval *starlark.EvalError
	if errors.As(err, &eval) {
		e.Backtrace = frames(eval.CallStack)
		e.Msg, e.raised = cleanMessage(eval.Msg), strings.HasPrefix(eval.Msg, "fail: ")
		if inner := goCause(eval); cause == nil || errors.Is(inner, cause) {
			cause = inner // which says the same, and where
		}
	} else if err != nil {
		e.Msg = err.Error()
	}
	if e.Err = cause; cause != nil {
		e.Msg = cause.Error()
	}
	if n := len(e.Backtrace); n > 0 {
		e.Pos = e.Backtrace[n-1].Pos
	}
	e.mistake = cause == nil || errors.Is(cause, errTooDeep) || !explainsItself(cause)
	e.inner()
	e.Backtrace = shorten(e.Backtrace)
	e.Line, e.mark = c.prog.line(e.Pos)
	return e
}

// inner takes place and message of an error that came out of a call inside this one.
func (e *Error) inner() {
	var within *Error
	if errors.As(e.Err, &within) {
		e.Pos, e.Msg, e.raised = within.Pos, within.Msg, within.raised
		e.Backtrace = append(e.Backtrace, within.Backtrace...)
	}
}

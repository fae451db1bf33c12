package nodes

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// Actions say of methods what Go has no place for, by the name of the method in Go. A struct has them in a method
// Actions, which is called once for each type and must not depend on the fields.
type Actions map[string]ActionOptions

// ActionOptions are the options of a method. The zero value is that of a method that is not mentioned.
type ActionOptions struct {
	Name           string   // in the tree; "": that of the method, in snake_case
	Doc            string   // "": the comment on the method, where the source is at hand
	Params         []string // names of the parameters after the context, as "commit", or with a default: "force=false"
	Alias          []string // more names
	Default        bool     // what calling the node itself runs; it is no action of its own then
	Private        bool     // its name starts with _, and lists leave it out
	Isolate        Isolate
	Rolling        *Rolling // how it goes over cells; nil: as its node says
	SuppressResult bool     // the shell does not print what it returns
	Property       bool     // a method that takes only a context is a property, not an action
	Helper         bool     // only for Go: neither an action nor a property
}

// withActions is implemented by structs with options for their methods.
type withActions interface{ Actions() Actions }

// method is a method of a struct as an action or a property.
type method struct {
	name     string        // in the tree
	fn       reflect.Value // takes the receiver first
	context  bool          // then a context
	params   []methodParam
	variadic bool // more words after params
	value    bool // it returns one
	fails    bool // it returns an error, after the value
}

type methodParam struct {
	wordType
	name string
	def  any // nil: it must be given
}

var contextType = reflect.TypeFor[context.Context]()

// call calls the method of a struct. A panic is an error.
func (m *method) call(ctx context.Context, e *Env, args Args) (value any, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			value, err = nil, newPanic(cause)
		}
	}()
	self, err := e.receiver(ctx)
	if err != nil {
		return nil, err
	}
	in := []reflect.Value{reflect.ValueOf(self)}
	if want := m.fn.Type().In(0); in[0].Type() != want {
		return nil, fmt.Errorf("%s is written for a %s, and this node is a %s", m.name, want.Elem(), in[0].Type().Elem())
	}
	if m.context {
		in = append(in, reflect.ValueOf(withFrame(ctx, frame{env: e, action: m.name})))
	}
	if in, err = m.arguments(in, args); err != nil {
		return nil, err
	}
	return m.results(m.fn.Call(in))
}

// results takes apart what the method returned.
func (m *method) results(out []reflect.Value) (value any, err error) {
	if m.fails {
		err, _ = out[len(out)-1].Interface().(error)
	}
	if m.value {
		value = out[0].Interface()
	}
	return value, err
}

// arguments appends the arguments of a call, which are as many as there must be.
func (m *method) arguments(in []reflect.Value, args Args) ([]reflect.Value, error) {
	given := m.byParam(args)
	for i, p := range m.params {
		to := reflect.New(p.Type).Elem()
		if err := assign(to, given[i]); err != nil {
			return nil, fmt.Errorf("argument %s: %w", p.name, err)
		}
		in = append(in, to)
	}
	for i, v := range args.Positional[min(len(m.params), len(args.Positional)):] {
		to := reflect.New(m.fn.Type().In(m.fn.Type().NumIn() - 1).Elem()).Elem()
		if err := assign(to, v); err != nil {
			return nil, fmt.Errorf("argument %d: %w", len(m.params)+i+1, err)
		}
		in = append(in, to)
	}
	return in, nil
}

// byParam sorts the arguments by parameter, with defaults for what is not given.
func (m *method) byParam(args Args) []any {
	given := make([]any, len(m.params))
	for i, p := range m.params {
		given[i] = p.def
	}
	copy(given, args.Positional)
	for _, named := range args.Named {
		at := slices.IndexFunc(m.params, func(p methodParam) bool { return p.name == named.Name })
		given[at] = named.Value
	}
	return given
}

// PanicError is a panic in an action of a Go program.
type PanicError struct {
	Value any
	Pos   Pos // where it happened
}

func (e *PanicError) Error() string {
	if e.Pos.File == "" {
		return fmt.Sprintf("panic: %v", e.Value)
	}
	return fmt.Sprintf("panic: %v (at %s)", e.Value, e.Pos)
}

// Unwrap returns the value of the panic if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}

// newPanic looks for the function that panicked: the first one below that of the runtime.
func newPanic(cause any) *PanicError {
	e := &PanicError{Value: cause}
	calls := make([]uintptr, 64)
	frames := runtime.CallersFrames(calls[:runtime.Callers(1, calls)])
	panicked := false
	for {
		f, more := frames.Next()
		inRuntime := strings.HasPrefix(f.Function, "runtime.")
		if panicked && !inRuntime {
			e.Pos = Pos{File: f.File, Line: f.Line}
			return e
		}
		panicked = panicked || f.Function == "runtime.gopanic"
		if !more {
			return e
		}
	}
}

package nodes_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"deployer/hosts"
	"deployer/nodes"
)

// Faulty has an action for every kind of error.
type Faulty struct {
	nodes.Node
	Bad   nodes.Query
	Cells nodes.Array[Holder]
}

// Command runs a command that fails on every host.
func (f *Faulty) Command(ctx context.Context) error { return f.Hosts(ctx).Run("exit 3") }

// Cell goes into a cell that is not there.
func (f *Faulty) Cell(ctx context.Context) error {
	return f.Cells.At(ctx, "h9", func(context.Context, *Holder) error { return nil })
}

// Count wants the only host of several.
func (f *Faulty) Count(ctx context.Context) error { return f.Host(ctx).Run("true") }

// Usage calls an action with too many arguments.
func (f *Faulty) Usage(ctx context.Context) (any, error) { return nodes.Call(ctx, f, "count", 1) }

// Query reads a query that cannot be evaluated.
func (f *Faulty) Query(ctx context.Context) (string, error) { return nodes.Read[string](ctx, f, f.Bad) }

// Unknown needs the output of a command.
func (f *Faulty) Unknown(ctx context.Context) error {
	_, err := f.Hosts(ctx).Output("echo x")
	return err
}

// Panic panics.
func (f *Faulty) Panic(context.Context) { panic("so what") }

// Other fails in its own way.
func (f *Faulty) Other(context.Context) error { return errors.New("no way") }

// isType reports whether there is an error of the type T in the tree of err.
func isType[T error](err error) bool {
	var want T
	return errors.As(err, &want)
}

// TestKindsOfErrors wants every kind of failure to be an error of a type, and a word.
func TestKindsOfErrors(t *testing.T) {
	for _, tt := range []struct {
		action string
		is     func(error) bool
		kind   string
	}{
		{"command", isType[*hosts.Error], "command"},
		{"cell", isType[*nodes.NameError], "name"},
		{"count", isType[*nodes.HostCountError], "hosts"},
		{"usage", isType[*nodes.UsageError], "usage"},
		{"query", isType[*nodes.QueryError], "query"},
		{"panic", isType[*nodes.PanicError], "panic"},
		{"unknown", isType[*nodes.UnknownError], "unknown"},
		{"other", isType[*nodes.ActionError], ""},
	} {
		f := &Faulty{
			Node: nodes.Node{Roles: nodes.Roles{nodes.Role("host", local("h1"), local("h2"))}},
			Bad:  nodes.Q("cells.nothing"),
		}
		s, _ := session(t)
		ctx, err := nodes.NewContext(t.Context(), f, nodes.Options{Session: s, Sandbox: tt.action == "unknown"})
		if err != nil {
			t.Fatal(err)
		}
		_, err = nodes.Call(ctx, f, tt.action)
		var action *nodes.ActionError
		if !tt.is(err) || nodes.ErrorKind(err) != tt.kind || !errors.As(err, &action) || action.Node != "/" {
			t.Errorf("%s: got %T of the kind %q in %v", tt.action, err, nodes.ErrorKind(err), err)
		}
	}
	if err := error(&nodes.RequiredError{Node: "/web", Name: "x", Why: "what it is for"}); nodes.ErrorKind(err) != "required" ||
		err.Error() != "/web: x is required, and not set: what it is for" {
		t.Errorf("got %v of the kind %q", err, nodes.ErrorKind(err))
	}
}

// TestFailuresOfHosts wants the failures of several hosts apart, whatever is around them.
func TestFailuresOfHosts(t *testing.T) {
	on := func(slug string) error { return &hosts.Error{Fault: hosts.Lost, Host: slug, Op: "true"} }
	for _, tt := range []struct {
		err  error
		want []string
	}{
		{nil, nil},
		{on("a"), []string{"a: true: lost"}},
		{fmt.Errorf("around: %w", on("a")), []string{"around: a: true: lost"}},
		{fmt.Errorf("around: %w", errors.Join(on("a"), on("b"))), []string{"a: true: lost", "b: true: lost"}},
		{&nodes.ActionError{Node: "/", Action: "act", Err: errors.Join(on("a"), on("b"))},
			[]string{"/ act: a: true: lost", "/ act: b: true: lost"}},
	} {
		var got []string
		for _, one := range nodes.Failures(tt.err) {
			got = append(got, one.Error())
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v: got %q, want %q", tt.err, got, tt.want)
		}
	}
}

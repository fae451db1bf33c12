package nodes

import (
	"context"
	"fmt"
	"reflect"
)

// A struct that is bound has the values of its node in its fields, for all actions. A template that was derived from
// one of Go, as scripts do, has values that no struct holds: some differ from place to place, others are queries, which
// differ from one reading to the next. So every action and property of such a node works on a struct of its own: a copy
// of the one that the template was made of, with the values that the attributes have here and now, and with copies of
// the structs of its children inside. It is bound to its place for that one call, and nobody else knows of it.
//
// What calls a method of such a struct calls that of Go, as everywhere in Go; [Call] runs the action that the tree has
// under its name, which a script may have replaced.

// makes is how a struct was made.
type makes struct {
	ctx   context.Context // of the action it was made for
	env   *Env            // nil: there is no such node, as fault says
	fault error           // why it cannot be used: the error of whatever is asked of its hosts
}

// add adds a fault.
func (m *makes) add(fault error) {
	if m.fault != nil {
		fault = fmt.Errorf("%w; %w", m.fault, fault)
	}
	m.fault = fault
}

func (m *makes) place() (*Place, error) {
	if m.env == nil {
		return nil, m.fault
	}
	return m.env.place, nil
}

// receiver is the struct whose methods the actions of the node call.
func (e *Env) receiver(ctx context.Context) (Embedder, error) {
	t := e.place.template
	if t.self == nil {
		return nil, fmt.Errorf("%s is no node of Go", e.place.Path())
	}
	if at := t.self.node().spot; at != nil && at.template == t {
		return t.self, nil
	}
	at := e.spotHere(ctx)
	e.fill(reflect.New(t.of.Type), at)
	return at.self, at.made.fault
}

// spotHere is the spot of the node for a struct that is made in a context, and of those above, for structs that may be.
func (e *Env) spotHere(ctx context.Context) *spot {
	at := &spot{name: e.place.name, template: e.place.template, made: &makes{ctx: ctx, env: e}}
	if up := e.Parent(); up != nil {
		at.parent = up.spotHere(ctx)
	}
	return at
}

// structHere is the struct of a spot, which is made if there is none.
func (s *spot) structHere() (Embedder, error) {
	if s.self != nil {
		return s.self, nil
	}
	return s.made.env.receiver(s.made.ctx)
}

// fill gives a new struct the values of the node, and its place.
func (e *Env) fill(pointer reflect.Value, at *spot) {
	t, v := e.place.template, pointer.Elem()
	v.Set(reflect.ValueOf(t.self).Elem())
	at.self = pointer.Interface().(Embedder)
	*at.self.node() = Node{spot: at}
	original := t.original()
	for i := range t.of.fields {
		f := &t.of.fields[i]
		m := t.Member(f.name)
		if m == nil || m.isConstant() && m == original.Member(f.name) {
			continue // it is there already, or it is a child that is none
		}
		to := v.FieldByIndex(f.index)
		if m.Child != nil {
			e.fillChild(m, newChild(m.Child, to), at)
		} else if err := e.set(at.made.ctx, to, m); err != nil {
			at.made.add(err)
		}
	}
}

// original is the template that was made of the struct.
func (t *Template) original() *Template {
	for t.Base != nil && t.Base.self == t.self {
		t = t.Base
	}
	return t
}

// set gives a field the value of an attribute.
func (e *Env) set(ctx context.Context, to reflect.Value, m *Member) error {
	switch {
	case m.Required != nil:
		return fmt.Errorf("%s is required, and not set%s%s", m.Name, inFile(e.place.pos()), orNothing(m.Required.Why))
	case m.Query != nil && to.Type() == queryType:
		to.Set(reflect.ValueOf(*m.Query))
		return nil
	case m.isConstant():
		return assign(to, m.Constant) // which was tried when the template was made
	case !e.place.isolated:
		to.SetZero() // it may have another value in every cell
		return nil
	}
	v, err := e.Attr(ctx, m.Name)
	if err != nil {
		return err
	}
	if wrong := mismatch(to, v); wrong != nil {
		return fmt.Errorf("%s%s: %w", m.Name, inFile(m.Pos), wrong)
	}
	return nil
}

func inFile(at Pos) string {
	if at.File == "" {
		return ""
	}
	return " (" + at.String() + ")"
}

// mismatch sets a variable to a value, or says why it cannot.
func mismatch(to reflect.Value, v any) error {
	err := assign(to, v)
	given, plainErr := plain(v)
	if u, ok := v.(Unknowable); err == nil || plainErr != nil || ok && u.Unknown() != nil {
		return err
	}
	if _, text := given.(string); text && isText(to.Type()) {
		return err // it says what is wrong with the text
	}
	return fmt.Errorf("got %s, want %s", article(given), wantedBy(to.Type()))
}

// newChild puts a new struct into a field that holds a child, and returns the pointer to it.
func newChild(t *Template, to reflect.Value) reflect.Value {
	if to.Kind() == reflect.Pointer {
		to.Set(reflect.New(to.Type().Elem()))
		to = to.Elem()
	}
	if to.Kind() == reflect.Interface {
		pointer := reflect.New(t.of.Type)
		to.Set(pointer)
		return pointer
	}
	if n, ok := to.Addr().Interface().(nested); ok {
		cell, _ := n.nested()
		return reflect.ValueOf(cell)
	}
	return to.Addr()
}

// fillChild fills the struct of a child. What is wrong with a child is told to who uses it.
func (e *Env) fillChild(m *Member, pointer reflect.Value, above *spot) {
	at := &spot{parent: above, name: m.Name, template: m.Child, made: &makes{ctx: above.made.ctx}}
	at.made.env, at.made.fault = e.Child(m.Name)
	if at.made.fault == nil {
		at.made.env.fill(pointer, at)
		return
	}
	at.self = pointer.Interface().(Embedder)
	at.self.node().spot = at
}

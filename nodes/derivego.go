package nodes

import (
	"cmp"
	"fmt"
	"reflect"
	"time"
)

var queryType = reflect.TypeFor[Query]()

// unfit says why a member cannot stand where a struct of Go has a field of its name.
func (t *Template) unfit(m *Member) *Problem {
	if t.of == nil {
		return nil
	}
	f := t.of.field(m.Name)
	if f == nil {
		return nil
	}
	wrong := func(hint, format string, args ...any) *Problem {
		message := fmt.Sprintf("%s of %s ", m.Name, t.of.Name()) + fmt.Sprintf(format, args...)
		return &Problem{Pos: m.Pos, Message: message, Hint: hint}
	}
	field := t.of.FieldByIndex(f.index).Type
	switch holds, kind := childType(field); {
	case holds != nil && m.Child == nil:
		return wrong("derive it from "+holds.Name(), "is a node")
	case holds != nil && (m.Child.of == nil || m.Child.of.Type != holds):
		return wrong("derive it from "+holds.Name(), "is a %s, and this is none", holds.Name())
	case holds != nil && kind != KindNormal && kind != m.Child.Kind:
		return wrong("", "is %s, and this is %s", kind, m.Child.Kind)
	case holds != nil || field.Kind() == reflect.Interface && m.Action == nil:
		return nil
	case m.Child != nil || m.Action != nil:
		return wrong("give it a value, a query or a property", "is %s, not %s", wantedBy(field), m.kind())
	case !m.isConstant():
		return nil
	}
	if err := mismatch(reflect.New(field).Elem(), m.Constant); err != nil {
		return wrong(f.doc, "cannot be this: %v", err)
	}
	return nil
}

// kind is what a member is that is no attribute.
func (m *Member) kind() string {
	if m.Child != nil {
		return "a node"
	}
	return "an action"
}

// field is the field of that name in the tree, or nil.
func (t *structType) field(name string) *structField {
	for i := range t.fields {
		if t.fields[i].name == name {
			return &t.fields[i]
		}
	}
	return nil
}

// childType is the struct of the nodes that a field of a type can hold, and how they are nested; nil if it holds none,
// or any.
func childType(t reflect.Type) (of reflect.Type, kind Kind) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch kindOf(t) {
	case childField:
		return t, KindNormal
	case nestedField:
		cell, kind := reflect.New(t).Interface().(nested).nested()
		return reflect.TypeOf(cell).Elem(), kind
	}
	return nil, KindNormal
}

// wantedBy says which values a field takes, in words for people who do not write Go.
func wantedBy(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Slice:
		return "a list of which each is " + wantedBy(t.Elem())
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "a bool"
	case reflect.Float32, reflect.Float64:
		return "a number"
	}
	switch w, known := wordTypeOf(t); {
	case t == reflect.TypeFor[time.Duration]():
		return `a string with a duration, such as "1m30s"`
	case known && isText(t):
		return "a string " + cmp.Or(w.want, t.String())
	case known:
		return "an int" + between(t)
	}
	return "a " + t.String()
}

package nodes

import (
	"encoding"
	"fmt"
	"math"
	"math/big"
	"reflect"
	"slices"
	"strings"

	"deployer/hosts"
)

// Values of Go programs on their way to a person: attributes, and what actions return. Whatever says in text what it is
// (encoding.TextMarshaler, fmt.Stringer, error) is that text; else it is its value, with the fields of a struct under
// the names they have in JSON or in trees.

var (
	textMarshaler = reflect.TypeFor[encoding.TextMarshaler]()
	stringer      = reflect.TypeFor[fmt.Stringer]()
	errorType     = reflect.TypeFor[error]()
	hostType      = reflect.TypeFor[hosts.Host]()
	embedderType  = reflect.TypeFor[Embedder]()
)

// goPlain returns a value of Go as one of the types that plain knows; what is in a list, map or struct is left as it is.
func goPlain(v any) (any, error) {
	value := reflect.ValueOf(v)
	if value.Kind() == reflect.Pointer && value.IsNil() {
		return nil, nil
	}
	switch v := v.(type) {
	case Host:
		if v.handle == nil {
			return nil, v.err
		}
		return v.handle, v.err
	case Hosts:
		return goList(reflect.ValueOf(v.All())), v.err
	case Embedder:
		if v.node().spot == nil {
			return nil, errUnbound
		}
		return v.node().spot.place()
	case encoding.TextMarshaler:
		text, err := v.MarshalText()
		return string(text), err
	case fmt.Stringer:
		return v.String(), nil
	case error:
		return v.Error(), nil
	}
	return goKind(value)
}

// goKind is goPlain of a value that is nothing but its kind.
func goKind(v reflect.Value) (any, error) {
	switch v.Kind() {
	case reflect.String:
		return v.String(), nil
	case reflect.Bool:
		return v.Bool(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return v.Int(), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return unsigned(v.Uint()), nil
	case reflect.Float32, reflect.Float64:
		return v.Float(), nil
	case reflect.Pointer:
		return v.Elem().Interface(), nil
	case reflect.Slice, reflect.Array:
		return goList(v), nil
	case reflect.Map:
		return goMap(v), nil
	case reflect.Struct:
		return goStruct(v), nil
	}
	return nil, fmt.Errorf("a result of the type %s cannot be shown: return a string, a number, a list or a dict",
		v.Type())
}

func unsigned(n uint64) any {
	if n > math.MaxInt64 {
		return new(big.Int).SetUint64(n)
	}
	return int64(n)
}

func goList(v reflect.Value) any {
	if v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8 {
		return v.Bytes()
	}
	list := make([]any, v.Len())
	for i := range list {
		list[i] = v.Index(i).Interface()
	}
	return list
}

// goMap returns a map as a dict, in the order of its keys as text.
func goMap(v reflect.Value) Dict {
	d := Dict{}
	for key, value := range v.Seq2() {
		d = append(d, Entry{key.Interface(), value.Interface()})
	}
	slices.SortFunc(d, func(a, b Entry) int { return strings.Compare(fmt.Sprint(a.Key), fmt.Sprint(b.Key)) })
	return d
}

func goStruct(v reflect.Value) Dict {
	d := Dict{}
	for _, f := range reflect.VisibleFields(v.Type()) {
		name, shown := shownField(f)
		if !shown {
			continue
		}
		if field, err := v.FieldByIndexErr(f.Index); err == nil { // else it is behind an embedded pointer that is nil
			d = append(d, Entry{name, field.Interface()})
		}
	}
	return d
}

// shownField is the name under which a field of a struct is shown.
func shownField(f reflect.StructField) (name string, shown bool) {
	name, _, _ = strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case !f.IsExported() || name == "-" || f.Anonymous && f.Type.Kind() == reflect.Struct:
		return "", false
	case name == "":
		return snake(f.Name), true
	}
	return name, true
}

// showable reports whether values of a type can be shown, as far as the type tells.
func showable(t reflect.Type) bool { return showableType(t, map[reflect.Type]bool{}) }

func showableType(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == hostType || t.Implements(textMarshaler) || t.Implements(stringer) || t.Implements(errorType) {
		return true
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Func, reflect.Chan, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Invalid:
		return false
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return t.Implements(embedderType) || showableType(t.Elem(), seen)
	case reflect.Map:
		return showableType(t.Key(), seen) && showableType(t.Elem(), seen)
	case reflect.Struct:
		return showableFields(t, seen)
	}
	return true
}

func showableFields(t reflect.Type, seen map[reflect.Type]bool) bool {
	for i := range t.NumField() {
		f := t.Field(i)
		if _, shown := shownField(f); shown && !showableType(f.Type, seen) {
			return false
		}
	}
	return true
}

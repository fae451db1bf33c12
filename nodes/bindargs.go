package nodes

import (
	"encoding"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// wordType is a type that a word of a command line can be read as.
type wordType struct {
	reflect.Type
	name string // that a parameter has if it gets none: "string"
	want string // what a word must be: "a whole number"
	// read sets a variable of the type to what a word means.
	read func(to reflect.Value, word string) error
}

var (
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	durationType    = reflect.TypeFor[time.Duration]()
)

// wordTypeOf returns how words are read as t; ok is false if they cannot be.
func wordTypeOf(t reflect.Type) (w wordType, ok bool) {
	w = wordType{Type: t, name: snake(t.Name())}
	switch {
	case reflect.PointerTo(t).Implements(textUnmarshaler):
		w.want, w.read = "of the type "+t.String(), readText
	case t == durationType:
		w.want, w.read = "a duration such as 1m30s", readDuration
	case t.Kind() == reflect.Slice:
		return listOf(t)
	default:
		w.want, w.read = basicReader(t)
	}
	return w, w.read != nil
}

func readText(to reflect.Value, word string) error {
	return to.Addr().Interface().(encoding.TextUnmarshaler).UnmarshalText([]byte(word))
}

func readDuration(to reflect.Value, word string) error {
	d, err := time.ParseDuration(word)
	to.SetInt(int64(d))
	return err
}

// listOf is of a slice, whose elements are separated by commas.
func listOf(t reflect.Type) (wordType, bool) {
	of, ok := wordTypeOf(t.Elem())
	if !ok || of.Kind() == reflect.Slice {
		return wordType{}, false
	}
	read := func(to reflect.Value, word string) error {
		list := reflect.MakeSlice(t, 0, 0)
		for element := range strings.SplitSeq(word, ",") {
			v := reflect.New(of.Type).Elem()
			if err := of.read(v, element); err != nil {
				return err
			}
			list = reflect.Append(list, v)
		}
		if word == "" {
			list = list.Slice(0, 0)
		}
		to.Set(list)
		return nil
	}
	name := t.Name()
	if name == "" {
		name = of.name + "_list"
	}
	want := "a list, separated by commas, of which each is " + of.want
	return wordType{Type: t, name: snake(name), want: want, read: read}, true
}

// basicReader is of the basic kinds: what a word must be, and how it is read; nil for other kinds.
func basicReader(t reflect.Type) (want string, read func(reflect.Value, string) error) {
	switch t.Kind() {
	case reflect.String:
		return "a text", func(to reflect.Value, word string) error {
			to.SetString(word)
			return nil
		}
	case reflect.Bool, reflect.Float32, reflect.Float64:
		like := reflect.Zero(t).Convert(plainKinds[t.Kind()]).Interface()
		_, want = readAs(like, "")
		return want, func(to reflect.Value, word string) error {
			v, _ := readAs(like, word)
			return assign(to, v)
		}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number" + between(t), func(to reflect.Value, word string) error {
			n, err := strconv.ParseInt(word, 10, t.Bits())
			to.SetInt(n)
			return err
		}
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number" + between(t), func(to reflect.Value, word string) error {
			n, err := strconv.ParseUint(word, 10, t.Bits())
			to.SetUint(n)
			return err
		}
	}
	return "", nil
}

// plainKinds are the types as which plain shows the basic kinds.
var plainKinds = map[reflect.Kind]reflect.Type{
	reflect.Bool:    reflect.TypeFor[bool](),
	reflect.Float32: reflect.TypeFor[float64](),
	reflect.Float64: reflect.TypeFor[float64](),
}

// between says which whole numbers a type holds, if that is worth saying.
func between(t reflect.Type) string {
	bits := t.Bits()
	switch unsigned := t.Kind() >= reflect.Uint; {
	case unsigned && bits == 64:
		return " from 0"
	case unsigned:
		return fmt.Sprintf(" from 0 to %d", uint64(1)<<bits-1)
	case bits < 64:
		return fmt.Sprintf(" from %d to %d", -int64(1)<<(bits-1), int64(1)<<(bits-1)-1)
	}
	return ""
}

// word reads a word.
func (w wordType) word(word string) (v any, want string) {
	to := reflect.New(w.Type).Elem()
	if err := w.read(to, word); err != nil {
		if w.want == "of the type "+w.String() {
			return nil, fmt.Sprintf("%s (%v)", w.want, err)
		}
		return nil, w.want
	}
	return to.Interface(), ""
}

// assign sets a variable to a value of a program, of a script or of a command line, if that loses nothing.
func assign(to reflect.Value, v any) error {
	if given := reflect.ValueOf(v); given.IsValid() && given.Type().AssignableTo(to.Type()) {
		to.Set(given)
		return nil
	}
	if u, ok := v.(Unknowable); ok && u.Unknown() != nil {
		return u.Unknown()
	}
	p, err := plain(v)
	if err != nil {
		return err
	}
	if text, ok := p.(string); ok && isText(to.Type()) {
		w, _ := wordTypeOf(to.Type())
		return w.read(to, text)
	}
	if assignPlain(to, p) {
		return nil
	}
	return fmt.Errorf("got %s, want %s", goTypeOf(p), to.Type())
}

// isText reports whether a type is written as a text of its own form.
func isText(t reflect.Type) bool {
	return t == durationType || reflect.PointerTo(t).Implements(textUnmarshaler)
}

func goTypeOf(v any) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprintf("the %T %v", v, v)
}

// assignPlain sets a variable of a basic kind, or a list of such.
func assignPlain(to reflect.Value, v any) bool {
	given := reflect.ValueOf(v)
	switch kind := to.Kind(); v := v.(type) {
	case nil:
		return false
	case string, bool:
		if given.Kind() != kind {
			return false
		}
		to.Set(given.Convert(to.Type()))
		return true
	case int64:
		return assignInt(to, big.NewInt(v))
	case *big.Int:
		return assignInt(to, v)
	case float64:
		if !to.CanFloat() || to.OverflowFloat(v) {
			return false
		}
		to.SetFloat(v)
		return true
	case []any:
		return kind == reflect.Slice && assignList(to, v)
	}
	return false
}

func assignInt(to reflect.Value, n *big.Int) bool {
	switch {
	case to.Type() == durationType:
		return false // of which unit?
	case to.CanInt() && n.IsInt64() && !to.OverflowInt(n.Int64()):
		to.SetInt(n.Int64())
	case to.CanUint() && n.IsUint64() && !to.OverflowUint(n.Uint64()):
		to.SetUint(n.Uint64())
	case to.CanFloat():
		f, accuracy := new(big.Float).SetInt(n).Float64()
		to.SetFloat(f)
		return accuracy == big.Exact && !to.OverflowFloat(f)
	default:
		return false
	}
	return true
}

func assignList(to reflect.Value, list []any) bool {
	made := reflect.MakeSlice(to.Type(), len(list), len(list))
	for i, v := range list {
		if assign(made.Index(i), v) != nil {
			return false
		}
	}
	to.Set(made)
	return true
}

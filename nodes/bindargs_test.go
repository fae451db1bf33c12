package nodes

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"testing"
	"time"
)

type colour int

func (c *colour) UnmarshalText(text []byte) error {
	if string(text) != "red" {
		return errors.New("no colour")
	}
	*c = 1
	return nil
}

func (c colour) String() string { return "red" }

type label string

// TestWordsAsTypes reads words of a command line as every type that an action may take.
func TestWordsAsTypes(t *testing.T) {
	const not = "not "
	for _, tt := range []struct {
		like any
		word string
		want any // or what a word must be
	}{
		{"", "a b", "a b"},
		{label(""), "x", label("x")},
		{false, "yes", true},
		{false, "maybe", not + "true or false (or yes, no, on, off, 1, 0)"},
		{0, "-7", -7},
		{0, "7.5", not + "a whole number"},
		{int8(0), "-128", int8(-128)},
		{int8(0), "128", not + "a whole number from -128 to 127"},
		{uint16(0), "65535", uint16(65535)},
		{uint16(0), "-1", not + "a whole number from 0 to 65535"},
		{uint64(0), "18446744073709551615", uint64(math.MaxUint64)},
		{uint64(0), "-1", not + "a whole number from 0"},
		{float32(0), "1.5", float32(1.5)},
		{float32(0), "1e300", not + "a number"},
		{0.0, "NaN", not + "a number"},
		{time.Duration(0), "1m30s", 90 * time.Second},
		{time.Duration(0), "90", not + "a duration such as 1m30s"},
		{netip.Addr{}, "::1", netip.MustParseAddr("::1")},
		{netip.Addr{}, "web1", not + `of the type netip.Addr (ParseAddr("web1"): unable to parse IP)`},
		{colour(0), "red", colour(1)},
		{colour(0), "1", not + "of the type nodes.colour (no colour)"},
		{[]string{}, "a,b", []string{"a", "b"}},
		{[]string{}, "", []string{}},
		{[]int{}, "1,x", not + "a list, separated by commas, of which each is a whole number"},
		{[]time.Duration{}, "1s,1m", []time.Duration{time.Second, time.Minute}},
	} {
		w, ok := wordTypeOf(reflect.TypeOf(tt.like))
		if !ok {
			t.Errorf("%T cannot be read", tt.like)
			continue
		}
		got, want := w.word(tt.word)
		if want != "" {
			got = not + want
		}
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%q as %T: got %#v, want %#v", tt.word, tt.like, got, tt.want)
		}
	}
	for _, like := range []any{func() {}, struct{}{}, map[string]int{}, [][]string{}, [2]int{}, new(int), make(chan int), complex(1, 1), []any{}} {
		if w, ok := wordTypeOf(reflect.TypeOf(like)); ok {
			t.Errorf("%T can be read as %s", like, w.want)
		}
	}
}

// TestAssign gives values of programs and scripts to parameters.
func TestAssign(t *testing.T) {
	for _, tt := range []struct {
		to, value any
		want      string
	}{
		{"", label("x"), "x"},
		{label(""), "x", "x"},
		{"", 7, "got the int64 7, want string"},
		{0, int64(7), "7"},
		{int8(0), 300, "got the int64 300, want int8"},
		{uint8(0), -1, "got the int64 -1, want uint8"},
		{uint8(0), uint64(math.MaxUint64), "got the *big.Int 18446744073709551615, want uint8"},
		{uint64(0), uint(7), "7"},
		{uint64(0), big.NewInt(7), "7"},
		{0.0, int64(1<<53 + 1), "got the int64 9007199254740993, want float64"},
		{[]string{}, tuple{"a"}, "[a]"},
		{0.0, 7, "7"},
		{0, 7.0, "got the float64 7, want int"},
		{float32(0), 1e300, "got the float64 1e+300, want float32"},
		{false, true, "true"},
		{false, "true", "got the string true, want bool"},
		{0, nil, "got nothing, want int"},
		{time.Duration(0), "1s", "1s"},
		{time.Duration(0), 1, "got the int64 1, want time.Duration"},
		{netip.Addr{}, "::1", "::1"},
		{colour(0), "blue", "no colour"},
		{[]int{}, []any{1, int64(2)}, "[1 2]"},
		{[]int{}, []any{1, "x"}, "got the []interface {} [1 x], want []int"},
		{[]label{}, []string{"a"}, "[a]"},
		{"", make(chan int), "a result of the type chan int cannot be shown: return a string, a number, a list or a dict"},
	} {
		to := reflect.New(reflect.TypeOf(tt.to)).Elem()
		got := ""
		if err := assign(to, tt.value); err != nil {
			got = err.Error()
		} else {
			got = fmt.Sprint(to.Interface())
		}
		if got != tt.want {
			t.Errorf("%#v to %T: got %s, want %s", tt.value, tt.to, got, tt.want)
		}
	}
}

type withDefaults struct{ Node }

func (*withDefaults) Actions() Actions {
	return Actions{"Act": {Params: []string{"name", "wait=90s", "n=3", "list=a,b", "on=yes"}}}
}

func (*withDefaults) Act(_ context.Context, name string, wait time.Duration, n uint8, list []string, on bool, more ...string) string {
	return fmt.Sprint(name, " ", wait, n, list, on, more)
}

func (*withDefaults) Two(_ context.Context, a, b string, wait time.Duration, where netip.Addr, list []int) {
}

// TestCommandLineOfAction reads words as the program does, and calls the action with them.
func TestCommandLineOfAction(t *testing.T) {
	tree, err := Bind(&withDefaults{})
	if err != nil {
		t.Fatal(err)
	}
	act := tree.Template.Member("act").Action
	for _, tt := range []struct {
		words []string
		want  string
	}{
		{[]string{"x"}, "x 1m30s 3 [a b] true []"},
		{[]string{"x", "1s", "4", "c", "no", "d", "e=f"}, "x 1s 4 [c] false [d e=f]"},
		{[]string{"on=0", "name=x", "n=5"}, "x 1m30s 5 [a b] false []"},
		{nil, "act: missing NAME (usage: act NAME [WAIT=1m30s] [N=3] [LIST=a,b] [ON=true] [ARGUMENT...])"},
		{[]string{"x", "n=256"}, `act: N must be a whole number from 0 to 255, got "256" (usage: act NAME [WAIT=1m30s] [N=3] [LIST=a,b] [ON=true] [ARGUMENT...])`},
	} {
		args, err := BindArgs(act, Words(tt.words))
		got := fmt.Sprint(err)
		if err == nil {
			value, err := act.Call(t.Context(), NewRun(Options{}).Env(tree.Root()), args)
			got = fmt.Sprint(value)
			if err != nil {
				t.Error(err)
			}
		}
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.words, got, tt.want)
		}
	}
	if got, want := Usage(tree.Template.Member("two").Action), "two STRING1 STRING2 DURATION ADDR INT_LIST"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestValuesOfGo shows values as a person sees them.
func TestValuesOfGo(t *testing.T) {
	type inside struct{ Deep string }
	type value struct {
		inside
		HTTPPort int
		Named    string `json:"name,omitempty"`
		Hidden   string `json:"-"`
		hidden   string
		Next     *value
	}
	cycle := &value{hidden: "x"}
	cycle.Next = cycle
	var endless any
	endless = &endless
	for _, tt := range []struct {
		value any
		want  string
	}{
		{label("x"), "x\n"}, {7, "7\n"}, {uint8(7), "7\n"}, {uint64(math.MaxUint64), "18446744073709551615\n"}, {float32(0.5), "0.5\n"},
		{90 * time.Second, "1m30s\n"}, {colour(1), "red\n"}, {netip.MustParseAddr("::1"), "::1\n"}, {errors.New("no"), "no\n"},
		{[]byte("raw"), "raw"}, {(*value)(nil), ""}, {[]string(nil), "[]\n"}, {[2]bool{true, false}, "[true,false]\n"},
		{map[string]int{"b": 1, "a": 2}, `{"a":2,"b":1}` + "\n"}, {map[int]string{10: "x", 9: "y"}, `{"10":"x","9":"y"}` + "\n"},
		{value{inside: inside{"d"}, HTTPPort: 80, Named: "n"}, `{"deep":"d","http_port":80,"name":"n","next":null}` + "\n"},
		{[]any{time.Second, []label{"x"}, &value{}}, `["1s",["x"],{"deep":"","http_port":0,"name":"","next":null}]` + "\n"},
		{Host{}, ""}, {Hosts{err: errNoRun}, errNoRun.Error()}, {&withDefaults{}, errUnbound.Error()},
		{cycle, "the result is nested too deep, or contains itself"}, {endless, "the result contains itself"},
		{map[string]any{"f": func() {}}, "a result of the type func() cannot be shown: return a string, a number, a list or a dict"},
	} {
		got, err := FormatResult(tt.value)
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%T: got %q, want %q", tt.value, got, tt.want)
		}
	}
}

package nodes

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestWords(t *testing.T) {
	got := Words([]string{"a", "x=1", "--", "y=2", "--"})
	want := []Word{{Text: "a"}, {Text: "x=1"}, {Text: "y=2", Literal: true}, {Text: "--", Literal: true}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

var (
	checkout = &Action{Name: "checkout", Params: []Param{
		{Name: "commit"}, {Name: "force", Optional: true, Default: false}, {Name: "branch", Optional: true, Default: "main"},
	}}
	scale = &Action{Name: "scale", Params: []Param{
		{Name: "n", Optional: true, Default: int64(2)}, {Name: "factor", Optional: true, Default: 1.5},
		{Name: "names", Optional: true, Default: []any{}}, {Name: "ports", Optional: true, Default: []any{int64(80), int64(443)}},
	}}
	anything = &Action{Name: "anything", Variadic: true, Keywords: true, Params: []Param{
		{Name: "first", Optional: true}, {Name: "last", Optional: true, NamedOnly: true, Default: true},
	}}
	nothing = &Action{Name: "nothing"}
)

func TestBindArgs(t *testing.T) {
	named := func(name string, value any) []NamedArg { return []NamedArg{{Name: name, Value: value}} }
	tests := []struct {
		action *Action
		words  []string
		want   Args
	}{
		{nothing, nil, Args{}},
		{checkout, []string{"v1"}, Args{Positional: []any{"v1"}}},
		{checkout, []string{""}, Args{Positional: []any{""}}},
		{checkout, []string{"v1", "yes", "b c"}, Args{Positional: []any{"v1", true, "b c"}}},
		{checkout, []string{"v1", "force=ON"}, Args{Positional: []any{"v1"}, Named: named("force", true)}},
		{checkout, []string{"commit=a=b"}, Args{Named: named("commit", "a=b")}},
		{checkout, []string{"commit="}, Args{Named: named("commit", "")}},
		{checkout, []string{"other=1"}, Args{Positional: []any{"other=1"}}},
		{checkout, []string{"Commit=1"}, Args{Positional: []any{"Commit=1"}}},
		{checkout, []string{"--", "force=1"}, Args{Positional: []any{"force=1"}}},
		{checkout, []string{"--", "--"}, Args{Positional: []any{"--"}}},
		{scale, []string{"-3", "1e3", "a,,b", "1,2"}, Args{Positional: []any{int64(-3), 1000.0, []any{"a", "", "b"}, []any{int64(1), int64(2)}}}},
		{scale, []string{"names="}, Args{Named: named("names", []any{})}},
		{anything, []string{"a", "b", "c"}, Args{Positional: []any{"a", "b", "c"}}},
		{anything, []string{"a", "last=no"}, Args{Positional: []any{"a"}, Named: named("last", false)}},
		{anything, []string{"a", "x_1=2"}, Args{Positional: []any{"a"}, Named: named("x_1", "2")}},
		{anything, []string{"1x=2", "a-b=3", "=4"}, Args{Positional: []any{"1x=2", "a-b=3", "=4"}}},
		{anything, []string{"--", "x=2"}, Args{Positional: []any{"x=2"}}},
	}
	for _, tt := range tests {
		got, err := BindArgs(tt.action, Words(tt.words))
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s %q: got %#v, error %v, want %#v", tt.action.Name, tt.words, got, err, tt.want)
		}
	}
}

func TestBindArgsErrors(t *testing.T) {
	const scaleUsage = " (usage: scale [N=2] [FACTOR=1.5] [NAMES] [PORTS=80,443])"
	const checkoutUsage = " (usage: checkout COMMIT [FORCE=false] [BRANCH=main])"
	tests := []struct {
		action *Action
		words  []string
		want   string
	}{
		{nothing, []string{"x"}, `nothing: it takes no arguments, got "x" (usage: nothing)`},
		{checkout, nil, "checkout: missing COMMIT" + checkoutUsage},
		{checkout, []string{"force=1"}, "checkout: missing COMMIT" + checkoutUsage},
		{checkout, []string{"a", "1", "b", "c"}, `checkout: "c" is one argument too many: it takes at most 3` + checkoutUsage},
		{checkout, []string{"a", "1", "b", "brunch=c"},
			`checkout: no parameter "brunch" for "brunch=c": did you mean branch?` + checkoutUsage},
		{checkout, []string{"a", "maybe"},
			`checkout: FORCE must be true or false (or yes, no, on, off, 1, 0), got "maybe"` + checkoutUsage},
		{checkout, []string{"a", "force="},
			`checkout: FORCE must be true or false (or yes, no, on, off, 1, 0), got ""` + checkoutUsage},
		{checkout, []string{"a", "commit=b"}, "checkout: COMMIT is given twice" + checkoutUsage},
		{checkout, []string{"commit=b", "a"}, "checkout: COMMIT is given twice" + checkoutUsage},
		{checkout, []string{"a", "force=1", "force=1"}, "checkout: FORCE is given twice" + checkoutUsage},
		{scale, []string{"1.5"}, `scale: N must be a whole number, got "1.5"` + scaleUsage},
		{scale, []string{"99999999999999999999"}, `scale: N must be a whole number, got "99999999999999999999"` + scaleUsage},
		{scale, []string{"factor=x"}, `scale: FACTOR must be a number, got "x"` + scaleUsage},
		{scale, []string{"factor=nan"}, `scale: FACTOR must be a number, got "nan"` + scaleUsage},
		{scale, []string{"ports=80,x"},
			`scale: PORTS must be a list, separated by commas, of which each is a whole number, got "80,x"` + scaleUsage},
		{anything, []string{"x=1", "x=2"},
			"anything: X is given twice (usage: anything [FIRST] [ARGUMENT...] [last=true] [NAME=VALUE...])"},
	}
	for _, tt := range tests {
		_, err := BindArgs(tt.action, Words(tt.words))
		var usage *UsageError
		if !errors.As(err, &usage) {
			t.Errorf("%s %q: got the error %v, want a *UsageError", tt.action.Name, tt.words, err)
		} else if err.Error() != tt.want {
			t.Errorf("%s %q:\n got %v\nwant %s", tt.action.Name, tt.words, err, tt.want)
		}
	}
}

func TestUsageQuotesDefaults(t *testing.T) {
	a := &Action{Name: "a", Params: []Param{
		{Name: "x", Optional: true, Default: "b c"}, {Name: "y", Optional: true, Default: 2.0},
		{Name: "z", NamedOnly: true}, {Name: "w", NamedOnly: true, Optional: true},
	}}
	if got, want := Usage(a), `a [X="b c"] [Y=2.0] z=Z [w=W]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestShownArgs(t *testing.T) {
	got := shownArgs(Args{
		Positional: []any{"2.1", "a b", "", true, int64(3), nil, []any{"x", 1.0}, &Place{template: &Template{Name: "root"}}},
		Named:      []NamedArg{{"force", false}, {"commit", "a=b"}},
	})
	want := []string{"2.1", "a b", "", "true", "3", "null", `["x",1.0]`, "/", "force=false", "commit=a=b"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestCommandLineSaysTheSame: read again, the arguments are those that were read before, whichever words were quoted.
func TestCommandLineSaysTheSame(t *testing.T) {
	t.Parallel()
	actions := []*Action{
		{Name: "fixed", Params: []Param{{Name: "a"}, {Name: "b", Optional: true, Default: int64(1)}}},
		{Name: "open", Params: []Param{{Name: "a", Optional: true}}, Variadic: true, Keywords: true},
	}
	texts := []string{"x", "a=x", "a=", "b=7", "c=x", "--", "=", "", "1", "a b", "-x"}
	for _, a := range actions {
		for i := range texts {
			for j := range texts {
				for quoted := range 4 {
					words := []Word{{texts[i], quoted&1 > 0}, {texts[j], quoted&2 > 0}}
					want, err := BindArgs(a, words)
					if err != nil {
						continue
					}
					line := CommandLine(a, words)
					if got, err := BindArgs(a, Words(line)); err != nil || !reflect.DeepEqual(sorted(got), sorted(want)) {
						t.Errorf("%s %+v is written %q, which is %+v, want %+v, error %v", a.Name, words, line, got, want, err)
					}
				}
			}
		}
	}
}

// sorted returns arguments with those by name in the order of the names, which alone counts.
func sorted(args Args) Args {
	args.Named = slices.Clone(args.Named)
	slices.SortStableFunc(args.Named, func(x, y NamedArg) int { return strings.Compare(x.Name, y.Name) })
	return args
}

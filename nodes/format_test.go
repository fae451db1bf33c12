package nodes

import (
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
)

// shown is a value of a front: its Plain.
type shown struct {
	plain any
	err   error
}

func (s shown) Plain() (any, error) { return s.plain, s.err }

func TestFormatResult(t *testing.T) {
	huge, _ := new(big.Int).SetString("123456789012345678901234567890", 10)
	tests := []struct {
		result any
		want   string
	}{
		{nil, ""},
		{"", "\n"},
		{"text", "text\n"},
		{"text\n", "text\n"},
		{"a\nb", "a\nb\n"},
		{"\xff<&", "\xff<&\n"},
		{[]byte("raw\x00\xff"), "raw\x00\xff"},
		{true, "true\n"},
		{int64(-7), "-7\n"},
		{7, "7\n"},
		{huge, "123456789012345678901234567890\n"},
		{2.0, "2.0\n"},
		{0.1, "0.1\n"},
		{1e100, "1e+100\n"},
		{[]any{}, "[]\n"},
		{[]any{"a<b>&\n", nil, int64(1), []any{false}, []byte("x"), []byte("\xff")}, `["a<b>&\n",null,1,[false],"x",{"base64":"/w=="}]` + "\n"},
		{Dict{{"z", int64(1)}, {"a", Dict{}}, {int64(2), "x"}, {nil, 1.0}}, `{"z":1,"a":{},"2":"x","null":1.0}` + "\n"},
		{shown{plain: Dict{{"k", shown{plain: "v"}}}}, `{"k":"v"}` + "\n"},
	}
	for _, tt := range tests {
		got, err := FormatResult(tt.result)
		if err != nil || got != tt.want {
			t.Errorf("%#v: got %q, error %v, want %q", tt.result, got, err, tt.want)
		}
	}
}

func TestResultsThatCannotBeShown(t *testing.T) {
	loop := make([]any, 1)
	loop[0] = loop
	for _, tt := range []struct {
		result any
		want   string
	}{
		{make(chan int), "a result of the type chan int cannot be shown: return a string, a number, a list or a dict"},
		{[]any{func() {}}, "a result of the type func() cannot be shown: return a string, a number, a list or a dict"},
		{shown{err: errors.New("a function cannot be shown")}, "a function cannot be shown"},
		{math.NaN(), "the result contains the number NaN, which JSON cannot hold: return a string"},
		{loop, "the result is nested too deep, or contains itself"},
	} {
		if got, err := FormatResult(tt.result); err == nil || err.Error() != tt.want || got != "" {
			t.Errorf("%T: got %q, error %v, want the error %q", tt.result, got, err, tt.want)
		}
	}
}

func TestJSONResult(t *testing.T) {
	for _, tt := range []struct {
		result any
		want   string
	}{
		{nil, "null"}, {"a\n", `"a\n"`}, {[]byte("a"), `"a"`}, {[]byte("\xff"), `{"base64":"/w=="}`}, {3.0, "3.0"},
	} {
		got, err := JSONResult(tt.result)
		if err != nil || string(got) != tt.want {
			t.Errorf("%#v: got %s, error %v, want %s", tt.result, got, err, tt.want)
		}
	}
}

// FuzzJSONResult: strings and numbers come back as they were, on one line.
func FuzzJSONResult(f *testing.F) {
	f.Add("a<\n\u2028", int64(1), 0.5)
	f.Add("\xff", int64(-1), 1e300)
	f.Fuzz(func(t *testing.T, s string, n int64, x float64) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			t.Skip("JSON has no such numbers")
		}
		raw, err := JSONResult(Dict{{"s", s}, {"n", n}, {"x", []any{x}}})
		if err != nil || strings.Contains(string(raw), "\n") {
			t.Fatalf("got %q, error %v", raw, err)
		}
		var got struct {
			S string
			N int64
			X []float64
		}
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		if want := string([]rune(s)); got.S != want || // each byte that is not UTF-8 is replaced
			got.N != n || got.X[0] != x {
			t.Errorf("%q, %d, %g came back as %+v", s, n, x, got)
		}
	})
}

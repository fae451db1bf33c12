package expr

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
)

// TestWritten wants every expression to be written as it was, with the brackets that it needs and no others.
func TestWritten(t *testing.T) {
	for _, text := range []string{
		"Q", "count", "None", "True", "False", "0", "12", "1.5", "1e+100", `"a\n\"b\" 'c' é"`, "[]", "()", "{}",
		"(1,)", "(1, [2, x])",
		`{"a": b, c: 1}`, "Q.a.length * Q.a.width", "(Q.a.length + 1) * Q.a.width",
		`Q("%s:%s") % (Q.host_name, Q.port)`,
		`Q.a.get_url("x", secure = True)`, "Q.f()", "f(x = 1)", `web["web1"].x`, `grid[("a", 1)]`, `(5).x`, `"s".x`,
		"(1.5)[0]", "-5",
		"-(5).x", "(-5).x", "- 5 .x", "not a == b", "(not a) == b", "not (a and b)", "a and b or c",
		"a and (b or c)", "~a & ~b | c",
		"a & b == c", "a & (b == c)", "a - b - c", "a - (b - c)", "a * b % c", "a // (b / c)", "--a", "-+~a",
		"a < b", "(a < b) < c",
		"a not in b", "not a in b", "a if b else c", "(a if b else c) if d else e", "a if b else c if d else e",
		"f(a if b else c)",
		"[a if b else c]", "(a if b else c) + 1", "a.is", "Q(Q(1))", "Q([a, 1])", "a[b[c]](d)(e).f",
	} {
		e, err := Parse(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, want := e.String(), strings.Replace(text, "- 5 .x", "-(5).x", 1); got != want {
			t.Errorf("%s is written %s", text, got)
		}
	}
}

// TestLooselyWritten wants other ways to write the same.
func TestLooselyWritten(t *testing.T) {
	for text, want := range map[string]string{
		" a\n+\tb ": "a + b", "((a))": "a", "[1,2,]": "[1, 2]", "f(1,)": "f(1)", "grid['a', 1]": `grid[("a", 1)]`,
		"0x1F": "31", "0b11": "3",
		"0o17": "15", ".5": "0.5", "5.": "5.0", "1E3": "1000.0", `'a\x41\u00e9\U0001F600\''`: `"aAé😀'"`,
		"a.b .c": "a.b.c", "00": "0",
	} {
		if e, err := Parse(text); err != nil || e.String() != want {
			t.Errorf("%q is read as %v, error %v; want %s", text, e, err, want)
		}
	}
}

func TestNegativeLiterals(t *testing.T) {
	for _, tt := range []struct {
		value any
		want  string
	}{{big.NewInt(-5), "-5"}, {-1.5, "-1.5"}, {big.NewInt(5), "5"}, {"x", `"x"`}} {
		if got := NewLiteral(tt.value).String(); got != tt.want {
			t.Errorf("%v is written %s, want %s", tt.value, got, tt.want)
		}
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "0 the query is empty"},
		{"a +", "3 it ends too early"},
		{"a b", "2 unexpected b"},
		{"(a", "2 it ends too early"},
		{"[a b]", "3 unexpected b"},
		{"{a}", "2 unexpected }: a dict is {key: value}"},
		{"a = 1", "2 unexpected =: compare with =="},
		{"a < b < c", `6 comparisons do not follow each other: write "a < b and b < c"`},
		{"a == not b", "5 unexpected not"},
		{"- not b", "2 unexpected not"},
		{"a && b", "2 there is no && in a query: write and"},
		{"!a", "0 there is no ! in a query: write not"},
		{"a is b", "2 there is no is in a query: compare with =="},
		{"a ** b", "2 there is no ** in a query: multiply"},
		{"[x for x in y]", "3 there are no comprehensions in a query: a property can: property(f)"},
		{"lambda: 1", "0 there is no lambda in a query: a property can call functions: property(lambda env: …)"},
		{"a[1:2]", "3 there are no slices in a query"},
		{"a[]", "2 the brackets are empty"},
		{"f(*a)", "2 there is no * before an argument in a query: give the arguments one by one"},
		{"f(x = 1, 2)", "9 an argument without a name comes after one with a name"},
		{"f(x = 1, x = 2)", "9 x is given twice"},
		{"Q()", "1 Q(…) takes one value: call an action of the node by its name"},
		{"Q(1, 2)", "1 Q(…) takes one value: call an action of the node by its name"},
		{"a.", "2 after the dot there is no name"},
		{"a.1", "1 unexpected .1"},
		{"'a", "0 the string does not end"},
		{"'a\n'", "0 the string does not end on this line: write \\n for the end of a line"},
		{`'''a'''`, "0 a string stands between two quotes in a query: write \\n for the end of a line"},
		{`'\q'`, `1 this is no escape: a backslash is written \\`},
		{`'\xff'`, `1 this is no escape: a backslash is written \\`},
		{`"a" "b"`, "4 unexpected \"b\": write + between two strings"},
		{`f"a"`, "0 there are no f-strings in a query: write \"…%s…\" % x"},
		{"010", "0 010 is not a number"},
		{"1_000", "0 1_000 is not a number"},
		{"1x", "0 1x is not a number"},
		{"1e999", "0 1e999 is not a number"},
		{"a\xff", "1 this is not text: save the file as UTF-8"},
		{"a ? b", "2 there is no ? in a query: write a if condition else b"},
		{"§", "0 there is no '§' in a query"},
		{"a if b", "6 it ends too early"},
	} {
		e, err := Parse(tt.text)
		var wrong *SyntaxError
		if !errors.As(err, &wrong) {
			t.Errorf("%q: got %v, error %v", tt.text, e, err)
			continue
		}
		if got := big.NewInt(int64(wrong.Offset)).String() + " " + wrong.Error(); got != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.text, got, tt.want)
		}
	}
}

// TestEndless wants an error of what would take the stack of the program, or its time.
func TestEndless(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("(", 1e6), strings.Repeat("[", 1e6), strings.Repeat("not ", 1e6), strings.Repeat("-", 1e6),
		strings.Repeat("a.", 1e6),
		"a" + strings.Repeat("+a", 1e6), strings.Repeat("a if b else ", 1e6), strings.Repeat("f(", 5000),
		"a" + strings.Repeat("[a", 5000),
	} {
		if _, err := Parse(text); err == nil || !strings.Contains(err.Error(),
			"too long") && !strings.Contains(err.Error(), "too deep") {
			t.Errorf("%.20s…: got the error %v", text, err)
		}
	}
}

// FuzzParse wants what is read to be written so that it is read as the same.
func FuzzParse(f *testing.F) {
	for _, text := range []string{"a.b[1](x, y = 2) if not c else -d", `Q("%s") % (Q.a, 1.5e3)`,
		"a < b and c not in [d, {e: (f,)}]", "~a | b & c"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		var wrong *SyntaxError
		switch {
		case err == nil:
			same(t, e)
		case !errors.As(err, &wrong) || wrong.Offset < 0 || wrong.Offset > len(text) || wrong.Message == "":
			t.Errorf("%q: error %#v", text, err)
		}
	})
}

// FuzzWritten wants any expression to be read as it was written.
func FuzzWritten(f *testing.F) {
	for seed := range uint64(500) {
		f.Add(seed, uint8(seed%6))
	}
	f.Fuzz(func(t *testing.T, seed uint64, depth uint8) {
		same(t, random{rand.New(rand.NewPCG(seed, 0))}.expr(int(depth%8)))
	})
}

func same(t *testing.T, e Expr) {
	t.Helper()
	got, err := Parse(e.String())
	if err != nil && strings.Contains(err.Error(), "too long") {
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", e, err)
	}
	if !equal(got, e) {
		t.Fatalf("%s is read as %s", e, got)
	}
}

// equal compares two expressions by all that they are made of.
func equal(a, b Expr) bool {
	left, right := Parts(a), Parts(b)
	if reflect.TypeOf(a) != reflect.TypeOf(b) || own(a) != own(b) || len(left) != len(right) {
		return false
	}
	for i := range left {
		if !equal(left[i], right[i]) {
			return false
		}
	}
	return true
}

// own is what an expression has beside its parts.
func own(e Expr) string {
	switch e := e.(type) {
	case *Name:
		return e.Name
	case *Attr:
		return e.Name
	case *Literal:
		return fmt.Sprintf("%T %v", e.Value, e.Value)
	case *Unary:
		return string(e.Op)
	case *Binary:
		return string(e.Op)
	case *Call:
		names := ""
		for _, n := range e.Named {
			names += n.Name + " "
		}
		return names
	}
	return ""
}

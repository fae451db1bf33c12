package hostset

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestFold(t *testing.T) {
	for _, test := range []struct{ names, want string }{
		{"", ""},
		{"web1", "web1"},
		{"web1 web2 web3", "web[1-3]"},
		{"web3 web1 web2", "web[1-3]"},
		{"web1 web1", "web1"},
		{"web01 web02 web03 web10 db1", "web[01-03,10],db1"},
		{"db1 web1 db2 web2", "db[1-2],web[1-2]"},
		{"web8 web9 web10 web11", "web[8-11]"},
		{"web08 web09 web10", "web[08-10]"},
		{"web98 web099 web99 web100", "web[98-100,099]"},
		{"web1 web01 web001", "web[1,01,001]"},
		{"web1 web2 web02 web03", "web[1-2,02-03]"},
		{"web1-ipmi web2-ipmi", "web[1-2]-ipmi"},
		{"web1.a1.example web2.a1.example", "web[1-2].a1.example"},
		{"r1w1 r1w2 r2w1 r2w2", "r[1-2]w[1-2]"},
		{"r1w1 r1w2 r2w1", "r1w[1-2],r2w1"},
		{"r1w1 r2w1 r3w1 r3w2", "r[1-3]w1,r3w2"},
		{"10.0.0.1 10.0.0.2 10.0.1.1", "10.0.0.[1-2],10.0.1.1"},
		{"1 2 3", "[1-3]"},
		{"@a /b a@b c/d x:1", `"@a","/b",a@b,c/d,x:1`},
		{`a,b a"b a'b a\b a[b a]b`, `"a,b","a\"b","a'b","a\\b","a[b","a]b"`},
		{"a,1 a,2", `"a,"[1-2]`},
		{"web123456789012345678 web123456789012345679", "web123456789012345678,web123456789012345679"},
	} {
		names := strings.Fields(test.names)
		if got := Fold(names); got != test.want {
			t.Errorf("Fold(%s) = %s, want %s", test.names, got, test.want)
		}
		checkExpands(t, names)
	}
	if got, want := Fold([]string{"", "a b", "a\tb"}), "\"\",\"a b\",\"a\tb\""; got != want {
		t.Errorf("Fold of empty and spaces = %s, want %s", got, want)
	}
}

// checkExpands fails unless Fold and Expand give back the same set.
func checkExpands(t *testing.T, names []string) {
	t.Helper()
	folded := Fold(names)
	got, err := Expand(folded)
	if err != nil {
		t.Errorf("Expand(Fold(%q)) = Expand(%s): %v", names, folded, err)
		return
	}
	want := slices.Clone(names)
	slices.Sort(want)
	want = slices.Compact(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("Expand(Fold(%q)) = Expand(%s) = %q", names, folded, got)
	}
}

func TestFoldKeepsTheSet(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []string{"web", "db", "-", ".", ",", "0", "00", "1", "2", "3", "9", "10", "11", "099", "100", "@", "/", "é", " "}
	for range 3000 {
		names := make([]string, random.IntN(20))
		for i := range names {
			for range 1 + random.IntN(5) {
				names[i] += parts[random.IntN(len(parts))]
			}
		}
		checkExpands(t, names)
	}
}

func FuzzFold(f *testing.F) {
	f.Add("web1 web2 r1w1")
	f.Add("a\x001 a1\x00 \xff1")
	f.Fuzz(func(t *testing.T, text string) { checkExpands(t, strings.Split(text, " ")) })
}

func FuzzParse(f *testing.F) {
	f.Add("web[1-3]!web2&@role:web,/production/git[web1]^\"a b\"*")
	f.Fuzz(func(t *testing.T, text string) {
		e, err := Parse(text)
		if err == nil {
			_, err = e.Slugs(Space{Hosts: []string{"web1", "web2"}})
		}
		var wrong *Error
		if err != nil && (!errors.As(err, &wrong) || wrong.Column < 1) {
			t.Errorf("%q: %v has no column", text, err)
		}
	})
}

func TestFoldThousands(t *testing.T) {
	var names []string
	for i := range 20_000 {
		names = append(names, fmt.Sprintf("rack%02d-web%03d", i/1000, i%1000))
	}
	if got, want := Fold(names), "rack[00-19]-web[000-999]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestFoldWithin(t *testing.T) {
	var odd, different []string
	for i := range 100 {
		odd = append(odd, fmt.Sprintf("web%d", 2*i+1))
		different = append(different, fmt.Sprintf("%c%c", 'a'+i/26, 'a'+i%26))
	}
	for _, test := range []struct {
		names []string
		width int
		want  string
	}{
		{odd, 40, "web[1,3,5,7,9,11,13,15,17] and 91 more"},
		{different, 20, "aa,ab,ac and 97 more"},
		{different, 0, "aa and 99 more"},
		{[]string{"web1", "web2"}, 8, "web[1-2]"},
		{nil, 8, ""},
	} {
		if got := FoldWithin(test.names, test.width); got != test.want {
			t.Errorf("within %d: %s, want %s", test.width, got, test.want)
		}
	}
}

// tree is a space to try expressions in.
func tree() Space {
	return Space{
		Hosts: []string{"web1", "web2", "web3", "web10", "db1", "db2", "odd, name", "@at", "a*"},
		Named: func(name string) ([]string, error) {
			switch name {
			case "web":
				return []string{"web1", "web2", "web3"}, nil
			case "empty":
				return nil, nil
			}
			return nil, fmt.Errorf("there is no role and no group %q", name)
		},
		Path: func(path string) ([]string, error) { return []string{strings.Trim(path, "/[]")}, nil },
	}
}

func TestExpressions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"web1", "web1"},
		{"db1,web1", "web1 db1"}, // definition order
		{"web[1-3]!web2", "web1 web3"},
		{"web[1-3]&web[2-3,10]", "web2 web3"},
		{"web[1-3]^web[2-3,10]", "web1 web10"},
		{"web1,web2!web1", "web2"},
		{"web1!web1,web1", "web1"},        // left to right
		{"web1,db1&db1,web2", "web2 db1"}, // (((web1,db1)&db1),web2)
		{" web1 , web2 ", "web1 web2"},
		{"web*", "web1 web2 web3 web10"},
		{"web?", "web1 web2 web3"},
		{"*[1-2]", "web1 web2 db1 db2"},
		{"*!web*", "db1 db2 odd, name @at a*"},
		{"@web", "web1 web2 web3"},
		{"@empty", ""},
		{"*!@web!d*", "web10 odd, name @at a*"},
		{`"odd, name",'@at'`, "odd, name @at"},
		{`"a*"`, "a*"},
		{`odd", "name`, "odd, name"},
		{"/[web1]!web1,/db1", "db1"},
		{"web[1-10/9]", "web1 web10"},
	} {
		e, err := Parse(test.text)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		got, err := e.Slugs(tree())
		if text := strings.Join(got, " "); err != nil || text != test.want {
			t.Errorf("%s: %s, %v; want %s", test.text, text, err, test.want)
		}
	}
}

func TestPatterns(t *testing.T) {
	long := strings.Repeat("a", 60)
	for _, test := range []struct {
		pattern, slug string
		want          bool
	}{
		{"*", "", true},
		{"?", "", false},
		{"?", "é", true},
		{"??", "é", false},
		{"a*", "a", true},
		{"a*b", "ab", true},
		{"a*b", "abc", false},
		{"a*b", "acbcb", true},
		{"*b", "abab", true},
		{"*a", "abab", false},
		{"*a*", "bab", true},
		{"a*a", "a", false},
		{"*ab?c*", "xaabbc", true},
		{"**", "x", true},
		{"a?*", "a", false},
		{strings.Repeat("*a", 20) + "*b", long, false},
		{strings.Repeat("*a", 20) + "*", long, true},
	} {
		e, err := Parse(test.pattern)
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Slugs(Space{Hosts: []string{test.slug}})
		if got := err == nil; got != test.want {
			t.Errorf("%s matches %q: %v", test.pattern, test.slug, got)
		}
	}
}

func TestWrongExpressions(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"", `host set "": column 1: it is empty: name hosts, as in web[1-3],db1, or * for all`},
		{"web1,", `column 6: after "," hosts are missing`},
		{"web1 , ", `column 8: after "," hosts are missing`},
		{"!web1", `column 1: before ! hosts are missing: all but web1 are *!web1`},
		{",web1", `column 1: before "," hosts are missing`},
		{"web1,,web2", `column 6: after "," hosts are missing`},
		{"web1 web2", "column 6: an operator is missing before this"},
		{"é,web[1-", `column 6: "[" has no end`},
		{"web]", `column 4: ']' stands alone`},
		{`a\*`, `column 2: '\\' stands alone: put a name with odd characters between quotes`},
		{"web[]", "column 5: a number is missing"},
		{"web[1,]", "column 7: a number is missing"},
		{"web[a-b]", `column 5: "a-b" is no number and no range of numbers`},
		{"web[1-]", `"1-" is no number and no range of numbers`},
		{"web[-1]", `"-1" is no number and no range of numbers`},
		{"web[1/2]", `"1/2" has a step and no range`},
		{"web[1-3/]", `"1-3/" is no number`},
		{"web[1-3/0]", `has a step of 0`},
		{"web[3-1]", `"3-1" ends before it begins`},
		{"web[001-10]", `"001-10" does not say how many zeros there are: 001 is 3 long and 10 2`},
		{"web[1-999999999]", "that is more than 100000 hosts"},
		{"web[1-9999][1-9999]", "column 1: that is more than 100000 hosts"},
		{"web[123456789012345678]", "is too long a number"},
		{`web1,"a`, "column 6: the quote has no end"},
		{"/git[web1", `column 5: "[" has no end: close it with ]`},
		{"@", "column 1: after @ the name of a role or a group is missing"},
		{"@wob", `column 1: there is no role and no group "wob"`},
		{"@w*", "patterns are for slugs"},
		{"web1,wbe2", `column 6: there is no host "wbe2": did you mean web2`},
		{"web1,web[2-3,7-9]", "column 6: there are no hosts web[7-9]: did you mean web1"},
		{"x*", "column 1: no host matches x*"},
	} {
		e, err := Parse(test.text)
		if err == nil {
			_, err = e.Slugs(tree())
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", test.text, err, test.want)
		}
	}
	for _, text := range []string{"@web", "/web"} {
		e, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Slugs(Space{Hosts: []string{"web"}}); err == nil || !strings.Contains(err.Error(), "here ") {
			t.Errorf("%s without a tree: %v", text, err)
		}
	}
}

func TestExpandRefuses(t *testing.T) {
	for _, text := range []string{"web*", "@web", "/web", "web[", "web[1-9999][1-9999]"} {
		if got, err := Expand(text); err == nil {
			t.Errorf("Expand(%s) = %q", text, got)
		}
	}
	if got, err := Expand("web[1-3],db!web2"); err != nil || strings.Join(got, " ") != "web1 web3 db" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWithout(t *testing.T) {
	space := Space{Hosts: []string{"web1", "web2", "web3", "db1", "a,b!c"}}
	for _, names := range [][]string{{}, {"web1", "web3"}, {"a,b!c", "db1"}, {"web2"}} {
		set := Without("*", names)
		e, err := Parse(set)
		if err != nil {
			t.Fatalf("%q: %v", set, err)
		}
		want := slices.DeleteFunc(slices.Clone(space.Hosts), func(s string) bool { return slices.Contains(names, s) })
		if got, err := e.Slugs(space); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %q, want %q, error %v", set, got, want, err)
		}
	}
}

package lineedit

import (
	"slices"
	"testing"
)

// split returns the keys that come when the pieces are typed one after the other, quoted.
func split(pieces ...string) []string {
	var k keys
	var got []string
	for _, piece := range pieces {
		k.add([]byte(piece))
		for key := k.next(false); key != nil; key = k.next(false) {
			got = append(got, string(key))
		}
	}
	for key := k.next(true); key != nil; key = k.next(true) {
		got = append(got, string(key))
	}
	return got
}

func TestKeys(t *testing.T) {
	for name, test := range map[string]struct{ typed, want []string }{
		"text":                 {[]string{"abc"}, []string{"abc"}},
		"lines":                {[]string{"ls\rcd web\r"}, []string{"ls", "\r", "cd web", "\r"}},
		"control":              {[]string{"a\x01b\tc\x7f"}, []string{"a", "\x01", "b", "\t", "c", "\x7f"}},
		"arrows":               {[]string{"a\x1b[D\x1b[Db"}, []string{"a", "\x1b[D", "\x1b[D", "b"}},
		"split escape":         {[]string{"\x1b", "[", "D"}, []string{"\x1b[D"}},
		"split character":      {[]string{"\xe6\x97", "\xa5x"}, []string{"日x"}},
		"bad UTF-8":            {[]string{"a\xffb"}, []string{"a\xffb"}},
		"escape alone":         {[]string{"\x1b"}, []string{"\x1b"}},
		"escape, then enter":   {[]string{"\x1b\r"}, nil},
		"home of some":         {[]string{"\x1bOH\x1bOF"}, []string{"\x1bOH", "\x1bOF"}},
		"unknown":              {[]string{"a\x1b[99;7xb"}, []string{"a", "b"}},
		"words":                {[]string{"\x1bb\x1bf\x1bd"}, []string{"\x1bb", "\x1bf", "\x1bd"}},
		"paste":                {[]string{"\x1b[200~a\r\nb\rc\r\x1b[201~\r"}, []string{"a\nb\nc", "\r"}},
		"paste in pieces":      {[]string{"\x1b[20", "0~one\rtw", "o\x1b[20", "1~x"}, []string{"one\ntwo", "x"}},
		"paste of a line end":  {[]string{"\x1b[200~\r\x1b[201~a"}, []string{"a"}},
		"paste with an escape": {[]string{"\x1b[200~a\x1b[31mb\x1b[201~"}, []string{"a[31mb"}},
		"paste without an end": {[]string{"\x1b[200~abc"}, []string{"abc"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := split(test.typed...); !slices.Equal(got, test.want) {
				t.Errorf("%q are the keys %q, want %q", test.typed, got, test.want)
			}
		})
	}
}

// FuzzKeys checks that no text is lost or made up, however it is cut into pieces.
func FuzzKeys(f *testing.F) {
	f.Add("ls\rcd web\r", 3)
	f.Add("日本\x1b[D\x1b", 1)
	f.Add("00\x1b日", 4)
	f.Add("\x1b[200~a\rb\x1b[201~c", 7)
	f.Fuzz(func(t *testing.T, typed string, cut int) {
		whole := split(typed)
		at := 0
		if len(typed) > 0 {
			at = int(uint(cut) % uint(len(typed)))
		}
		joined := func(all []string) (s string) {
			for _, key := range all {
				s += key
			}
			return s
		}
		if got := split(typed[:at], typed[at:]); joined(got) != joined(whole) {
			t.Errorf("%q cut at %d gives %q, whole %q", typed, at, got, whole)
		}
	})
}

package knownhosts

import (
	"reflect"
	"testing"
)

func FuzzKnownLine(f *testing.F) {
	f.Add("web,db ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ0ToBGxHhQb2X0x0hGdzRJpcQSsZ0OZ1nQ0yvzQYw7S", "web")
	f.Add("@revoked * x y", "web")
	f.Add("|1|a|b| x y", "web")
	f.Add("*?*!,!web,, x AAAA", "")
	f.Fuzz(func(t *testing.T, line, name string) {
		parse("file", []byte(line)).about(name) // neither panics nor takes long
	})
}

func TestPlace(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		host  string
		port  int
		alias string
		want  Place
	}{
		{"Web", 22, "", Place{[]string{"web"}, "web"}},
		{"web", 2222, "", Place{[]string{"[web]:2222", "web"}, "web"}},
		{"FE80::1%eth0", 22, "", Place{[]string{"fe80::1%eth0"}, "fe80::1%eth0"}},
		{"::1", 2222, "", Place{[]string{"[::1]:2222", "::1"}, "::1"}},
		{"web", 2222, "DB", Place{[]string{"db"}, "db"}},
	} {
		if got := PlaceOf(c.host, c.port, c.alias); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}

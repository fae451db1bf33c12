package nodes

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRolesOfTags(t *testing.T) {
	for _, tt := range []struct{ value, want string }{
		{"", "[]"},
		{"web", "[host=web]"},
		{"host=web", "[host=web]"},
		{"web db", "[host=web+db]"},
		{"web+db,x=cache", "[host=web+db x=cache]"},
		{"x=a+b y=a", "[x=a+b y=a]"},
		{"ALL_HOSTS", "[host=ALL]"},
		{"x=ALL_HOSTS web", "[host=web x=ALL]"},
		{"x=ALL_HOSTS+web", "[x=web+ALL]"},
		{"x=", `its tag has roles:"x=": the name of a role is missing: write role=role+role`},
		{"+x", `its tag has roles:"+x": the name of a role is missing: write role=role+role`},
		{"=x", `its tag has roles:"=x": the name of a role is missing before =`},
	} {
		tags, wrong := readTags(reflect.StructTag(fmt.Sprintf("roles:%q", tt.value)))
		got := fmt.Sprint(shownMaps(tags.hosts.Map))
		if wrong != nil {
			got = strings.Join(wrong, ";")
		}
		if got != tt.want || tags.hosts.Map == nil {
			t.Errorf("roles:%q: got %s, want %s", tt.value, got, tt.want)
		}
	}
}

func shownMaps(maps []RoleMap) []string {
	var all []string
	for _, m := range maps {
		from := m.From
		if m.All {
			from = append(slices.Clone(from), "ALL")
		}
		all = append(all, m.Role+"="+strings.Join(from, "+"))
	}
	return all
}

func TestTags(t *testing.T) {
	tags, wrong := readTags(`json:"x" doc:"why: \"x\"" deploy:"required,private,name=web.servers" group:"beta"`)
	if wrong != nil || tags.doc != `why: "x"` || !tags.required || !tags.private || tags.skip || tags.name != "web.servers" || tags.group.Color != "green" {
		t.Errorf("got %+v, %q", tags, wrong)
	}
	for tag, want := range map[reflect.StructTag]string{
		`deploy:required`:           "its tag `deploy:required` cannot be read: write `key:\"value\" key:\"value\"`",
		`deploy`:                    "its tag `deploy` cannot be read: write `key:\"value\" key:\"value\"`",
		`doc:"x`:                    "its tag `doc:\"x` cannot be read: write `key:\"value\" key:\"value\"`",
		`doc: "x"`:                  "its tag `doc: \"x\"` cannot be read: write `key:\"value\" key:\"value\"`",
		`deploy:""`:                 `its tag has deploy:"": use required, private, parallel, name=NAME or -`,
		`deploy:"name="`:            `its tag has deploy:"name=": use required, private, parallel, name=NAME or -`,
		`deploy:"required;private"`: `its tag has deploy:"required;private": use required, private, parallel, name=NAME or -`,
		`group:"mine"`:              `its tag has group:"mine": a group of your own is set in the field Group of nodes.Node`,
		`docs:"x"`:                  "its tag has the key docs: did you mean doc?",
		`deplyo:"-"`:                "its tag has the key deplyo: did you mean deploy?",
		`yaml:"x" xml:"y"`:          "",
	} {
		if _, wrong := readTags(tag); strings.Join(wrong, ";") != want {
			t.Errorf("%s: got %q, want %q", tag, wrong, want)
		}
	}
}

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"Start": "start", "InstallPackage": "install_package", "HTTPServer": "http_server", "URL": "url", "GetURL": "get_url",
		"X": "x", "XAxis": "x_axis", "Web1": "web1", "UTF8Name": "utf8_name", "S3Bucket": "s3_bucket", "Get_URL": "get_url", "ÄnderÖl": "änder_öl",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

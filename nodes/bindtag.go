package nodes

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"deployer/internal/nearest"
)

// The keys of tags that mean something here.
var tagKeys = []string{"deploy", "doc", "roles", "group", "rolling"}

// tags are what the tag of a field says:
//
//	deploy:"required,private,name=web.servers"
//	deploy:"-"                  no part of the tree
//	deploy:"parallel"           of the embedded Node: the root has cells
//	doc:"where the virtualenv lives"
//	roles:"web"                 the role host of the child, filled from the role web
//	roles:"web db x=cache"      the role host from web and db, the role x from cache
//	roles:"x=web+db"            the role x from both
//	roles:"x=ALL_HOSTS"         the role x from all roles
//	roles:""                    no roles
//	group:"production"
//	rolling:"batch=25% canary=1 max_fail=10% pause=30s check=healthy"
type tags struct {
	skip     bool
	required bool
	private  bool
	parallel bool
	name     string
	doc      string
	hosts    *HostsDef
	group    *Group
	rolling  *Rolling
}

// all are the things that a tag can say, and whether this one does.
func (t tags) all() []option {
	return []option{
		{"-", t.skip}, {"required", t.required}, {"private", t.private}, {"parallel", t.parallel}, {"name", t.name != ""},
		{"doc", t.doc != ""}, {"roles", t.hosts != nil}, {"group", t.group != nil},
		{"rolling", t.rolling != nil},
	}
}

// readTags reads the tag of a field. What is wrong with it are the messages.
func readTags(tag reflect.StructTag) (t tags, wrong []string) {
	r := tagReader{tags: &t}
	pairs, ok := splitTag(string(tag))
	if !ok {
		return t, []string{fmt.Sprintf("its tag `%s` cannot be read: write `key:\"value\" key:\"value\"`", tag)}
	}
	for _, pair := range pairs {
		r.pair(pair.key, pair.value)
	}
	return t, r.wrong
}

type tagPair struct{ key, value string }

// splitTag splits a tag as [reflect.StructTag.Lookup] does, which cannot tell which keys there are.
func splitTag(tag string) (pairs []tagPair, ok bool) {
	for {
		if tag = strings.TrimLeft(tag, " "); tag == "" {
			return pairs, true
		}
		key, rest, found := strings.Cut(tag, ":")
		if !found || key == "" || strings.ContainsAny(key, " \"\x00") {
			return nil, false
		}
		quoted, err := strconv.QuotedPrefix(rest)
		if err != nil || quoted[0] != '"' {
			return nil, false
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, false
		}
		pairs, tag = append(pairs, tagPair{key, value}), rest[len(quoted):]
	}
}

type tagReader struct {
	*tags
	wrong []string
}

func (r *tagReader) bad(format string, args ...any) {
	r.wrong = append(r.wrong, fmt.Sprintf(format, args...))
}

func (r *tagReader) pair(key, value string) {
	switch key {
	case "deploy":
		r.deploy(value)
	case "doc":
		r.doc = value
	case "roles":
		r.hosts = &HostsDef{Map: r.roles(value)}
	case "group":
		r.group = r.groupNamed(value)
	case "rolling":
		rolling, err := ParseRolling(value)
		if err != nil {
			r.bad("its tag has rolling:%q: %v", value, err)
		}
		r.rolling = &rolling
	default:
		if i := slices.IndexFunc(tagKeys, func(known string) bool { return nearest.Distance(key, known) == 1 }); i >= 0 {
			r.bad("its tag has the key %s: did you mean %s?", key, tagKeys[i])
		}
	}
}

func (r *tagReader) deploy(value string) {
	for option := range strings.SplitSeq(value, ",") {
		name, isName := strings.CutPrefix(option, "name=")
		switch {
		case option == "-":
			r.skip = true
		case option == "required":
			r.required = true
		case option == "private":
			r.private = true
		case option == "parallel":
			r.parallel = true
		case isName && name != "":
			r.name = name
		default:
			r.bad("its tag has deploy:%q: use required, private, parallel, name=NAME or -", value)
		}
	}
}

// allHosts stands for every role of the node above.
const allHosts = "ALL_HOSTS"

// roles reads what map_roles(…) says in scripts.
func (r *tagReader) roles(value string) []RoleMap {
	all := []RoleMap{}
	host := RoleMap{Role: HostRole}
	for _, item := range strings.FieldsFunc(value, func(r rune) bool { return r == ' ' || r == ',' }) {
		role, from, named := strings.Cut(item, "=")
		if !named {
			r.from(value, item, &host)
			continue
		}
		m := RoleMap{Role: role}
		if role == "" {
			r.bad("its tag has roles:%q: the name of a role is missing before =", value)
		}
		if slices.ContainsFunc(all, func(have RoleMap) bool { return have.Role == role }) {
			r.bad("its tag has roles:%q: the role %s is mapped twice: join what fills it with +", value, role)
		}
		r.from(value, from, &m)
		all = append(all, m)
	}
	if host.From == nil && !host.All {
		return all
	}
	if slices.ContainsFunc(all, func(have RoleMap) bool { return have.Role == HostRole }) {
		r.bad("its tag has roles:%q: what has no name before it fills the role %s, which is mapped too",
			value, HostRole)
	}
	return append([]RoleMap{host}, all...)
}

// from adds the roles in "a+b" to what fills a role.
func (r *tagReader) from(value, roles string, m *RoleMap) {
	for role := range strings.SplitSeq(roles, "+") {
		switch role {
		case "":
			r.bad("its tag has roles:%q: the name of a role is missing: write role=role+role", value)
		case allHosts:
			m.All = true
		default:
			m.From = append(m.From, role)
		}
	}
}

func (r *tagReader) groupNamed(name string) *Group {
	var names []string
	for _, g := range Groups() {
		if g.Name == name {
			return &g
		}
		names = append(names, g.Name)
	}
	hint := cmp.Or(nearest.Hint(name, names), "a group of your own is set in the field Group of nodes.Node")
	r.bad("its tag has group:%q: %s", name, hint)
	return nil
}

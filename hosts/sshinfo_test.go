package hosts

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// aspects are all that Info says, as NAME VALUE [SOURCE], with ~ for the home directory.
func (l *lab) aspects(o SSHOptions) (all []string) {
	l.Helper()
	aspects, err := l.host(o).Info(l.Context(), l.session)
	if err != nil {
		l.Fatal(err)
	}
	for _, a := range aspects {
		line := strings.ReplaceAll(fmt.Sprintf("%s %s [%s]", a.Name, a.Value, a.Source), l.home, "~")
		all = append(all, strings.TrimSpace(a.Jump+" "+line))
	}
	return all
}

// told returns the keys that Info says are offered, as offers does.
func (l *lab) told(o SSHOptions) string {
	l.Helper()
	var keys []string
	agent, held := -1, 0
	for _, line := range l.aspects(o) {
		kind, key, _ := strings.Cut(line, " ")
		name, what, _ := strings.Cut(key, " (")
		switch {
		case kind != "key" && kind != "certificate" || strings.HasPrefix(what, "missing)"):
		case strings.HasPrefix(key, "agent: "):
			if held++; agent < 0 {
				agent = len(keys)
				keys = append(keys, "")
			}
		case strings.HasPrefix(key, "a text "):
			keys = append(keys, "the key of "+o.Slug)
		default:
			keys = append(keys, name)
		}
	}
	switch {
	case held == 1:
		keys[agent] = "agent (1 key)"
	case held > 1:
		keys[agent] = fmt.Sprintf("agent (%d keys)", held)
	}
	return strings.Join(keys, ", ")
}

// Each key has the line that asks for it, also behind one that asks for none, and what is left out has its reason.
func TestInfoKeys(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	held := pairs(t, 2)
	l.agentOf(ring(t, held...))
	l.keyFile("locked", pairs(t, 1)[0])
	l.lock("locked", "secret")
	l.keyFile("open", pairs(t, 1)[0])
	l.chmod("open", 0o644)
	o := l.reading(SSHOptions{Slug: "web", KeyPassword: l.token("secret")}, "IdentityFile ~/.ssh/locked\n"+
		"IdentityFile none\nIdentityFile ~/.ssh/open\nIdentityFile ~/.ssh/missing\nIdentityFile ~/.ssh/id_ed25519\n"+
		"BatchMode yes\n")
	said := l.aspects(o)
	at := 0
	for _, want := range []struct{ begin, end string }{
		{"questions nobody is asked", "config1:7]"},
		{"key ~/.ssh/id_ed25519 (ssh-ed25519 SHA256:", "config1:6]"},
		{"key agent: key 0 (ssh-ed25519 SHA256:", "config1:1]"},
		{"key agent: key 1 (ssh-ed25519 SHA256:", "config1:1]"},
		{"key ~/.ssh/locked (ssh-ed25519 SHA256:", ", encrypted) [~/.ssh/config1:2]"},
		{"key ~/.ssh/missing (missing)", "config1:5]"},
		{"left out ~/.ssh/open can be used by others (0644)", "]"},
		{"agent " + l.agent, "config1:1]"},
	} {
		found := slices.IndexFunc(said[at:], func(line string) bool {
			return strings.HasPrefix(line, want.begin) && strings.HasSuffix(line, want.end)
		})
		if found < 0 {
			t.Fatalf("there is no %q … %q where it is expected in\n%s", want.begin, want.end, strings.Join(said, "\n"))
		}
		at += found + 1
	}
}

// A login that fails says that a file which ssh_config names is not there, but not so of the usual files.
func TestLoginWithoutItsFile(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	l.remove("id_ed25519")
	o := at("web", l.server(authorized(l.key)).Port())
	l.fails(l.reading(o, "IdentityFile ~/.ssh/missing\n"), LoginFailed,
		"there is nothing left to log in with; could not use: ~/.ssh/missing (there is no such file)")
	o.Slug = "usual"
	l.fails(l.reading(o, ""), LoginFailed, "there is nothing to log in with; the server takes publickey")
}

// What is told of a jump host is what a connection to it uses, with the line that says so.
func TestInfoJumps(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.reading(SSHOptions{Slug: "web"}, "Host second\nHostName 10.0.0.2\nUser me\n"+
		"Host web\nProxyJump first:2200,second\n")
	said := strings.Join(l.aspects(o), "\n")
	for _, want := range []string{
		"jump hosts first:2200, then second [~/.ssh/config1:5]", "first:2200 port 2200 [the chain of jump hosts]",
		"first:2200 way direct [default]", "second address 10.0.0.2 [~/.ssh/config1:2]", "second user me [~/.ssh/config1:3]",
		"second jump hosts first:2200 [the chain of jump hosts]",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("there is no %q in\n%s", want, said)
		}
	}
	if strings.Index(said, "first:2200 address") > strings.Index(said, "second address") {
		t.Errorf("the first jump host is not the first one:\n%s", said)
	}
	o = l.reading(SSHOptions{Slug: "round"}, "ProxyJump other\n")
	_, err := l.host(o).Info(t.Context(), l.session)
	if err == nil || !strings.Contains(err.Error(), "the jump hosts of round go round in a circle") {
		t.Errorf("error %v", err)
	}
}

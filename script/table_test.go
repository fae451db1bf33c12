package script

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/internal/generated"
	"deployer/journal"
	"deployer/nodes"

	"go.starlark.net/starlark"
)

// TestReference compares doc/script.md with the table it is made from.
func TestReference(t *testing.T) {
	generated.File(t, "../doc/script.md", markdown(), "go test ./script -run TestReference -update")
}

// TestExamplesOfReference loads the examples of the reference, and evaluates every property and query in them.
func TestExamplesOfReference(t *testing.T) {
	examples := regexp.MustCompile("(?s)```python\n(.*?)```").FindAllStringSubmatch(markdown(), -1)
	if len(examples) < 2 {
		t.Fatalf("there are %d examples", len(examples))
	}
	for _, m := range examples {
		loaded, err := Load(context.Background(), writeTree(t, m[1]), Options{})
		if err != nil {
			t.Errorf("%s\n%v", m[1], err)
			continue
		}
		if len(loaded.Warnings) > 0 {
			t.Errorf("warnings: %v", loaded.Warnings)
		}
		readAll(t, newRun(t, m[1], nodes.Options{}).root)
	}
}

// readAll reads all attributes of a node and those below.
func readAll(t *testing.T, env *nodes.Env) {
	t.Helper()
	for _, m := range env.Template().Members() {
		if m.Child == nil {
			if _, err := env.Attr(context.Background(), m.Name); err != nil {
				t.Error(err)
			}
			continue
		}
		child, err := env.Child(m.Name)
		if err != nil {
			t.Fatal(err)
		}
		readAll(t, child)
	}
}

// TestTable wants an entry for everything that a script may use, and nothing else.
func TestTable(t *testing.T) {
	want := append(builtins(nil).Keys(), "load", "print", "fail", "T(…)", "T.array", "T.just_one", "T.MEMBER", "env[…]")
	for _, name := range envAttrs {
		want = append(want, "env."+name)
	}
	for _, name := range methodNames {
		want = append(want, "host."+name)
	}
	want = append(want, "host.start_interactive_shell", "error")
	for _, name := range (&hostSet{}).AttrNames() {
		if methodOf(name) == nil {
			want = append(want, "hosts."+name)
		}
	}
	for _, name := range (&collection{}).AttrNames() {
		want = append(want, "result."+name)
	}
	for prefix, names := range map[string][]string{
		"inspector.": inspector{}.AttrNames(), "walk.": walk{}.AttrNames(), "filters.": filtersValue{}.AttrNames(),
		"console.": consoleValue{}.AttrNames(),
		"file.":    (&file{}).AttrNames(),
	} {
		for _, name := range names {
			want = append(want, prefix+name)
		}
	}
	slices.Sort(want)
	if got := Names(); !slices.Equal(got, want) {
		t.Errorf("the table has\n%v, want\n%v", got, want)
	}
}

// TestTableOptions wants every option of ssh_host and of run in the table.
// TestStrangersAreUnknown wants no hint for a name that is there, where nobody would see it.
func TestStrangersAreUnknown(t *testing.T) {
	for _, name := range append(builtins(nil).Keys(), starlark.Universe.Keys()...) {
		if hint := strangers[name] + stockHint(name); hint != "" {
			t.Errorf("%s is there, and has the hint %s", name, hint)
		}
	}
}

func TestTableOptions(t *testing.T) {
	for fn, names := range map[string][]string{
		"ssh_host": {"rsa_key", "rsa_key_password", "shell", "sudo_password", "sudo_password_command", "history", "silence"},
		"run":      nil,
	} {
		text, ok := Help(fn)
		if !ok {
			t.Fatalf("no help for %s", fn)
		}
		for _, p := range optionsOf(fn) {
			if slices.Contains(names, p) {
				continue
			}
			if !regexp.MustCompile(`(?m)^ +` + p + " ").MatchString(text) {
				t.Errorf("the help of %s does not have %s", fn, p)
			}
		}
	}
}

func optionsOf(fn string) []string {
	c := newCall(context.Background(), &program{secrets: journal.NewSecrets(), sources: map[string]*source{}}, nil)
	defer c.end()
	s := site{call: c, thread: c.thread}
	var params []param
	if fn == "run" {
		params = (&command{}).params(new(bool))
	} else {
		params = s.sshOptions(&hosts.SSHOptions{}, false)
	}
	var names []string
	for _, p := range params {
		if p.byName {
			names = append(names, p.name)
		}
	}
	return names
}

func TestHelp(t *testing.T) {
	for name, want := range map[string]string{
		"":         "map_roles(",
		"node":     "actions ",
		"env.host": "The only host of the node",
		"host.run": "initial_input ",
		"sudo":     "with sudo",
	} {
		if got, ok := Help(name); !ok || !strings.Contains(got, want) {
			t.Errorf("Help(%q) = %q, %v: want %q in it", name, got, ok, want)
		}
	}
	if got, ok := Help("nothing"); ok || got != "" {
		t.Errorf("Help of nothing is %q", got)
	}
}

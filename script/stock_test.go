package script

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"deployer/journal"
	"deployer/nodes"
)

// gitIdentity lets git commit, wherever the tests run.
const gitIdentity = `git config user.name x && git config user.email x@example.com`

// gitRepository makes a repository with two commits and a tag, and returns its folder.
func gitRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	sh(t, dir, `git init -q -b main && `+gitIdentity+` && echo 1 > f && git add f && git commit -q -m one && git tag v1 &&
		echo 2 > f && git commit -q -a -m two`)
	return dir
}

func sh(t *testing.T, dir, command string) string {
	t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// TestStockGit derives a stock node in every way: values, queries, properties, actions, members of its own.
func TestStockGit(t *testing.T) {
	repository, dir := gitRepository(t), t.TempDir()
	text := strings.NewReplacer("REPOSITORY", repository, "DIR", dir).Replace(`
load("@stock//git.star", "Git")

def before_checkout(env, commit):
    env.log("before " + commit)

def describe(env):
    return "%s at %s" % (env.label, env.git_head())

def git_head(env):
    return Git.head_sha(env)[:4]

App = Git(
    repository = Q.parent.source,
    default_commit = Q("v%d") % 1,
    label = query("'app in ' + project_directory"),
    actions = [before_checkout, describe, git_head],
)

def deploy(env, commit):
    env.app.checkout(commit)
    return env.app.describe()

root = node(
    hosts = [local_host()],
    source = "REPOSITORY",
    actions = [deploy],
    app = App.just_one(project_directory = property(lambda env: "DIR/" + env.host.slug)),
)
`)
	r := newRun(t, text, nodes.Options{})
	deploy := func(commit string) string {
		t.Helper()
		v, err := r.root.Call(context.Background(), "deploy", nodes.Args{Positional: []any{commit}})
		if err != nil {
			t.Fatal(err)
		}
		text, err := nodes.FormatResult(v)
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSuffix(text, "\n")
	}
	for _, tt := range [][2]string{{"main", "main"}, {"v1", "v1"}, {"main", "main"}, {"", "v1"}} {
		want := "app in " + dir + "/localhost at " + sh(t, repository, "git rev-parse "+tt[1])[:4]
		if got := deploy(tt[0]); got != want {
			t.Errorf("%q: got %q, want %q", tt[0], got, want)
		}
	}
	const said = "localhost: before v1 localhost: before main localhost: before v1"
	if got := r.said(journal.Message); strings.Join(got, " ") != said {
		t.Errorf("the action before_checkout said %q", got) // a fresh clone is at main already
	}
}

// TestStockConfig writes a file whose place, content and mode a system of several environments gives, with a secret in
// it that nobody sees.
func TestStockConfig(t *testing.T) {
	dir := t.TempDir()
	r := newRun(t, strings.ReplaceAll(`
load("@stock//config.star", "Config")

password = secret("hunter2")

System = node(
    settings = Config.array(
        remote_path = Q("DIR/%s.conf") % Q.host.slug,
        content = property(lambda env: "port = %d\npassword = %s\n" % (env.parent.port, password)),
    ),
    port = 80,
)

def setup(env):
    return [env.a.settings.setup(), env.b.settings.setup(backup = True)]

def changed(env):
    return [list(env.a.settings.changed()), list(env.b.settings["b1"].parent.settings.changed())]

root = node(
    actions = [setup, changed],
    a = System(hosts = [local_host("a1"), local_host("a2")], port = 81),
    b = System(hosts = [local_host("b1")], settings__mode = "0600", settings__content = Q("port = %d\n") % Q.parent.port),
)
`, "DIR", dir), nodes.Options{})
	call := func(action, want string) {
		t.Helper()
		v, err := r.root.Call(context.Background(), action, nodes.Args{})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := nodes.FormatResult(v); got != want || err != nil {
			t.Errorf("%s: got %s, error %v, want %s", action, got, err, want)
		}
	}
	call("changed", "[[true,true],[true]]\n")
	call("setup", "[{\"a1\":null,\"a2\":null},{\"b1\":null}]\n")
	call("changed", "[[false,false],[false]]\n")
	for file, want := range map[string]string{
		"a1": "port = 81\npassword = hunter2\n", "a2": "port = 81\npassword = hunter2\n", "b1": "port = 80\n",
	} {
		if text, err := os.ReadFile(filepath.Join(dir, file+".conf")); string(text) != want || err != nil {
			t.Errorf("%s: got %q, error %v", file, text, err)
		}
	}
	for _, e := range r.events.Events() {
		if line, err := json.Marshal(e); err != nil || strings.Contains(string(line)+string(e.Data), "hunter2") {
			t.Errorf("the secret is told, error %v: %s", err, line)
		}
	}
}

// TestStockFaults wants the errors of values that show when an action begins, with the node and the place in the file.
func TestStockFaults(t *testing.T) {
	r := newRun(t, `
load("@stock//config.star", "Config")
load("@stock//git.star", "Git")

root = node(
    hosts = [local_host()],
    empty = Git.array(repository = "x"),
    bare = Git.array(),
    wrong = Config.array(
        remote_path = "x",
        content = Q.parent.number),
    unknown = Config.array(
        remote_path = "x", content = property(lambda env: env.host.run("echo x"))),
    number = 7,
)
`, nodes.Options{Sandbox: true})
	for _, tt := range []struct{ node, action, want string }{
		{"empty", "status", "/empty[localhost] status: project_directory is required, and not set (FILE:7:5): where the clone is on the host"},
		{"bare", "status", "repository is required, and not set (FILE:8:5): what to clone: a URL, or a path on the host; project_directory is"},
		{"wrong", "changed", "/wrong[localhost] changed: content (FILE:11:9): got an int, want a string"},
		{"unknown", "changed", "unknown: depends on echo x"},
	} {
		node, err := r.root.Child(tt.node)
		if err != nil {
			t.Fatal(err)
		}
		_, err = node.Call(context.Background(), tt.action, nodes.Args{})
		if err == nil || !regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(tt.want), "FILE", `[^ ]*deploy`)).MatchString(err.Error()) {
			t.Errorf("%s: got %v, want %s", tt.node, err, tt.want)
		}
	}
}

// TestStockInspected looks at stock nodes as a script does: there is one model.
func TestStockInspected(t *testing.T) {
	repository := gitRepository(t)
	r := newRun(t, strings.ReplaceAll(`
load("@stock//git.star", "Git", "GitOverview")
load("@stock//analysis.star", "HostAnalysis")
load("eq.star", "eq")

def test(env):
    eq(inspect(env.git).has_action("checkout"), True)
    eq(env.git["localhost"].repository, "REPOSITORY")
    eq(env.look["localhost"].facts()["system"], "Linux")
    eq([str(n) for n in inspect(env).walk(filters.instance_of(Git))], ["/git"])
    return env.overview()

root = node(
    hosts = [local_host()],
    actions = [test],
    git = Git.array(repository = "REPOSITORY", project_directory = "REPOSITORY"),
    look = HostAnalysis.array(),
    overview = GitOverview(),
)
`, "REPOSITORY", repository), nodes.Options{})
	v, err := r.root.Call(context.Background(), "test", nodes.Args{})
	if err != nil {
		t.Fatal(err)
	}
	want := "/git[localhost]\t" + sh(t, repository, "git rev-parse --short HEAD") + " (HEAD -> main) two\n"
	if got, err := nodes.FormatResult(v); got != want || err != nil {
		t.Errorf("got %q, error %v, want %q", got, err, want)
	}
}

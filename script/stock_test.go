package script

import (
	"context"
	"os/exec"
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
	for _, commit := range []string{"main", "v1"} {
		want := "app in " + dir + "/localhost at " + sh(t, repository, "git rev-parse "+commit)[:4]
		if got := deploy(commit); got != want {
			t.Errorf("%s: got %q, want %q", commit, got, want)
		}
	}
	if got := r.events.text(journal.Message); strings.Join(got, " ") != "localhost: before v1" {
		t.Errorf("the action before_checkout said %q", got) // a fresh clone is at main already
	}
}

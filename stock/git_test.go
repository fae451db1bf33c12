package stock_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/nodes"
	"deployer/stock"
)

// Site has a clone and an overview.
type Site struct {
	nodes.Node
	Git      nodes.JustOne[stock.Git]
	Others   nodes.Array[stock.Git]
	Hidden   nodes.JustOne[stock.Git] `deploy:"private"`
	Overview stock.GitOverview
}

// repository makes a repository with two commits on main, a tag, a branch and a submodule, and returns its folder.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("GIT_CONFIG_GLOBAL", filepath.Join(t.TempDir(), "gitconfig"))
	sh(t, dir, `git config --global user.name x && git config --global user.email x@example.com &&
		git config --global protocol.file.allow always && git config --global init.defaultBranch main &&
		git init -q part && cd part && echo part > p && git add p && git commit -q -m part && cd .. &&
		git init -q repo && cd repo && echo 1 > f && git add f && git commit -q -m one && git tag v1 &&
		git checkout -q -b next && echo next > g && git add g && git commit -q -m next && git checkout -q main &&
		git submodule --quiet add "$PWD/../part" part && echo 2 > f && git add f && git commit -q -m two`)
	return filepath.Join(dir, "repo")
}

func newSite(repo, dir string, roles nodes.Roles) *Site {
	git := stock.Git{Repository: repo, ProjectDirectory: dir}
	return &Site{Node: nodes.Node{Roles: roles}, Git: nodes.JustOne[stock.Git]{Cell: git},
		Others: nodes.Array[stock.Git]{Cell: git}, Hidden: nodes.JustOne[stock.Git]{Cell: git}}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

// TestGitCheckout goes from one commit to another, on a real sshd, each twice: the second time changes nothing.
func TestGitCheckout(t *testing.T) {
	repo := repository(t)
	roles, home, tilde := server(t, "web1")
	sh(t, home, "cp "+os.Getenv("GIT_CONFIG_GLOBAL")+" .gitconfig")
	site := newSite(repo, tilde+"/stock-test/app", roles)
	t.Cleanup(func() { sh(t, home, "rm -rf stock-test") })
	git, r := &site.Git.Cell, newRun(t, site, nodes.Options{})
	dir := filepath.Join(home, "stock-test", "app")
	for _, tt := range []struct{ commit, file, content, branch string }{
		{"", "part/p", "part", "main"}, {"v1", "f", "1", "HEAD"}, {"next", "g", "next", "next"}, {"main", "f", "2", "main"},
	} {
		r.must(git, "checkout", tt.commit)
		if got, branch := read(t, filepath.Join(dir, tt.file)), sh(t, dir, "git rev-parse --abbrev-ref HEAD"); got != tt.content || branch != tt.branch {
			t.Errorf("%s: the file %s has %q, and the branch is %s", tt.commit, tt.file, got, branch)
		}
		before := snapshot(t, dir)
		r.must(git, "checkout", tt.commit)
		if r.wantCommands("git fetch"); snapshot(t, dir) != before {
			t.Errorf("%s: the second checkout changed the clone", tt.commit)
		}
	}
	sh(t, repo, "echo 3 > f && git commit -q -a -m three")
	sh(t, dir, "echo changed > part2 && git add part2")
	r.must(git, "checkout", "main")
	if r.wantCommands("git fetch", "git stash", "git checkout 'main'", "git merge", "git stash pop"); read(t, filepath.Join(dir, "f")) != "3" ||
		read(t, filepath.Join(dir, "part2")) != "changed" {
		t.Error("the branch was not brought forward, or what was changed is lost")
	}
}

// TestGitConflict wants changes that do not go together with a commit to be kept and told.
func TestGitConflict(t *testing.T) {
	repo, dir := repository(t), filepath.Join(t.TempDir(), "app")
	site := newSite(repo, dir, here("web1"))
	git, r := &site.Git.Cell, newRun(t, site, nodes.Options{})
	r.must(git, "checkout", "main")
	sh(t, dir, "echo mine > f")
	if _, err := r.call(git, "checkout", "v1"); err == nil || !strings.Contains(err.Error(), "are still in its stash") {
		t.Errorf("got %v", err)
	}
	if got := sh(t, dir, "git rev-parse HEAD; git stash list | wc -l"); got != sh(t, repo, "git rev-parse v1")+"\n1" {
		t.Errorf("the clone is at %s", got)
	}
	sh(t, dir, "git reset -q --hard && git stash drop -q && git checkout -q main && echo own > own && git add own && git commit -q -m own")
	sh(t, repo, "echo 4 > f && git commit -q -a -m four")
	if _, err := r.call(git, "checkout", "main"); err == nil || !strings.Contains(err.Error(), "git merge --ff-only") {
		t.Errorf("a branch with commits of its own: %v", err)
	}
	for _, commit := range []string{"nothing", "--force"} {
		if _, err := r.call(git, "checkout", commit); err == nil || !strings.Contains(err.Error(), commit) {
			t.Errorf("%s: got %v", commit, err)
		}
	}
}

// TestGitInSandbox wants to see what would be done, and nothing done.
func TestGitInSandbox(t *testing.T) {
	repo, dir := repository(t), t.TempDir()
	site := newSite(repo, filepath.Join(dir, "app"), here("web1"))
	git, r := &site.Git.Cell, newRun(t, site, nodes.Options{Sandbox: true})
	r.must(git, "checkout", "v1")
	r.wantCommands("? git clone", "? git checkout")
	sh(t, dir, "git clone -q --recurse-submodules "+repo+" app")
	before := snapshot(t, dir)
	r.must(git, "checkout", "v1")
	r.wantCommands("? git fetch", "git --no-pager log --oneline", "? git checkout 'v1'")
	r.must(git, "checkout", "newer")
	r.wantCommands("? git fetch", "? git checkout 'newer'")
	r.must(git, "run", "tag", "v9")
	r.wantCommands("? git 'tag' 'v9'")
	if snapshot(t, dir) != before {
		t.Error("the sandbox changed the clone")
	}
}

// TestGitLooks runs what only looks, in a sandbox.
func TestGitLooks(t *testing.T) {
	repo := repository(t)
	site := newSite(repo, repo, here("web1"))
	git, r := &site.Git.Cell, newRun(t, site, nodes.Options{Sandbox: true})
	sh(t, repo, "echo mine > f")
	for action, want := range map[string]string{
		"branch": "* main", "describe": "v1-1-g", "diff": "+mine", "git_log": "    two", "whatchanged": "M\tf", "show": "+2",
		"show_oneline": "two", "status": "modified:   f", "version": "git version 2", "stash_list": "",
		"head_sha": sh(t, repo, "git rev-parse HEAD"), "_git_current": "(HEAD -> main) two",
	} {
		if got := r.must(git, action); !strings.Contains(got, want) {
			t.Errorf("%s: got %q, want %q", action, got, want)
		}
	}
	for _, action := range []string{"diff", "show", "show_oneline", "reset"} {
		if _, err := r.call(git, action, "--output=x"); err == nil || !strings.Contains(err.Error(), "is no name of a commit") {
			t.Errorf("%s took an option: %v", action, err)
		}
	}
	if got := r.must(git, "git_log", 1); strings.Contains(got, "one") {
		t.Errorf("one commit: got %q", got)
	}
	r.must(git, "install")
	r.wantCommands()
}

// TestGitChanges runs what changes a clone.
func TestGitChanges(t *testing.T) {
	repo, dir := repository(t), filepath.Join(t.TempDir(), "app")
	site := newSite(repo, dir, here("web1"))
	git, r := &site.Git.Cell, newRun(t, site, nodes.Options{})
	r.must(git, "checkout")
	sh(t, repo, "echo 3 > f && git commit -q -a -m three")
	r.must(git, "pull")
	sh(t, dir, "echo mine > f")
	r.must(git, "stash")
	if got := read(t, filepath.Join(dir, "f")); got != "3" {
		t.Errorf("after the stash f is %s", got)
	}
	r.must(git, "stash_pop")
	if got := read(t, filepath.Join(dir, "f")); got != "mine" {
		t.Errorf("after stash_pop f is %s", got)
	}
	r.must(git, "reset", "HEAD~1")
	if got := read(t, filepath.Join(dir, "f")); got != "2" {
		t.Errorf("after the reset f is %s", got)
	}
	sh(t, dir, "echo mine > f")
	r.must(git, "stash")
	r.must(git, "stash_clear")
	if got := r.must(git, "stash_list"); got != "" {
		t.Errorf("there is still %s", got)
	}
	r.must(git, "run", "tag", "--message=it's new", "v9")
	if got := sh(t, dir, "git tag --list --format='%(contents:subject)' v9"); got != "it's new" {
		t.Errorf("the message of the tag is %q", got)
	}
}

// TestGitOverview lists all clones, also where one of them cannot be asked.
func TestGitOverview(t *testing.T) {
	repo := repository(t)
	site := newSite(repo, repo, here("web1"))
	site.Others.Cell.ProjectDirectory = "/nowhere"
	r := newRun(t, site, nodes.Options{Sandbox: true})
	got, err := r.call(&site.Overview, "")
	head := sh(t, repo, "git rev-parse --short HEAD")
	if want := "/git\t" + head + " (HEAD -> main) two"; got != want || err == nil || !strings.Contains(err.Error(), "/others[web1]") {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// OwnGit is a clone with more to do before a checkout, and another way to describe itself.
type OwnGit struct {
	stock.Git
	Service string
}

// BeforeCheckout is what Git calls.
func (g *OwnGit) BeforeCheckout(ctx context.Context, commit string) error {
	return g.Host(ctx).Run("echo stop " + g.Service + " for " + commit)
}

// Describe names the service too.
func (g *OwnGit) Describe(ctx context.Context) (string, error) {
	text, err := g.Git.Describe(ctx)
	return g.Service + " at " + text, err
}

// TestGitEmbedded derives a stock node as Go does, by embedding it.
func TestGitEmbedded(t *testing.T) {
	type site struct {
		nodes.Node
		Git      nodes.JustOne[OwnGit]
		Overview stock.GitOverview
	}
	repo := repository(t)
	git := OwnGit{stock.Git{Repository: repo, ProjectDirectory: filepath.Join(t.TempDir(), "app")}, "web"}
	tree := &site{Node: nodes.Node{Roles: here("web1")}, Git: nodes.JustOne[OwnGit]{Cell: git}}
	r := newRun(t, tree, nodes.Options{})
	r.must(&tree.Git.Cell, "checkout", "v1")
	r.wantCommands("git clone", "echo stop web for v1", "git checkout 'v1'")
	if got := r.must(&tree.Git.Cell, "describe"); got != "web at v1" {
		t.Errorf("describe: got %q", got)
	}
	if got := r.must(&tree.Overview, ""); !strings.HasPrefix(got, "/git\t") {
		t.Errorf("the overview lists %q", got)
	}
}

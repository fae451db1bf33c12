package stock_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/journal"
	"deployer/nodes"
	"deployer/stock"
)

// Settings are two files.
type Settings struct {
	nodes.Node
	File nodes.JustOne[stock.Config]
	Bad  nodes.JustOne[stock.Config]
}

// diffs are those of the files that the last action wrote, or would have.
func (r *run) diffs() string {
	var all strings.Builder
	for _, e := range r.events.Events() {
		if e.Kind == journal.FileWrite {
			all.WriteString(e.Diff)
		}
	}
	return all.String()
}

// TestConfig writes a file on a real sshd, in a sandbox, for real, and again.
func TestConfig(t *testing.T) {
	roles, home, tilde := server(t, "web1")
	dir, err := os.MkdirTemp(home, "stock-config-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sh(t, home, "rm -rf "+dir) })
	path := filepath.Join(dir, "app.conf")
	tree := &Settings{Node: nodes.Node{Roles: roles}, File: nodes.JustOne[stock.Config]{Cell: stock.Config{
		RemotePath: tilde + "/" + filepath.Base(dir) + "/app.conf", Content: "port = 80\n", Mode: "0600",
	}}, Bad: nodes.JustOne[stock.Config]{Cell: stock.Config{RemotePath: path, Content: "x", Mode: "rw"}}}
	file, r := &tree.File.Cell, newRun(t, tree, nodes.Options{})
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	want := func(r *run, action, result string) {
		t.Helper()
		if got := r.must(file, action); got != result {
			t.Errorf("%s: got %q, want %q", action, got, result)
		}
	}
	want(r, "show_new_config", "port = 80")
	want(r, "exists", "false")
	want(r, "changed", "true")
	want(r, "diff", "")
	if got := r.output(); !strings.Contains(got, "+port = 80") {
		t.Errorf("diff shows %q", got)
	}
	sandbox.must(file, "setup")
	if got := sandbox.diffs(); !strings.Contains(got, "+port = 80") {
		t.Errorf("the sandbox shows %q", got)
	}
	want(r, "exists", "false")
	r.must(file, "setup", true) // of what is not there no backup can be made
	want(r, "exists", "true")
	want(r, "changed", "false")
	want(r, "show", "port = 80")
	want(r, "current_content", "port = 80")
	want(r, "diff", "")
	if got := r.output(); got != "" {
		t.Errorf("diff of a file that is as it must be shows %q", got)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, error %v", info.Mode(), err)
	}
	before := snapshot(t, dir)
	if r.must(file, "setup", true); snapshot(t, dir) != before {
		t.Error("the second setup changed something")
	}
	changesConfig(t, tree, r, path)
	for action, wrong := range map[string]string{"edit": "an editor needs a person", "edit_in_vim": "an editor needs a person"} {
		if _, err := r.call(file, action); err == nil || !strings.Contains(err.Error(), wrong) {
			t.Errorf("%s: got %v", action, err)
		}
	}
	if _, err := r.call(&tree.Bad.Cell, "setup"); err == nil || !strings.Contains(err.Error(), `mode is "rw": expected permissions such as 0644`) {
		t.Errorf("a bad mode: %v", err)
	}
}

// changesConfig sets up a file that is not as it must be: it is kept beside the new one.
func changesConfig(t *testing.T, tree *Settings, r *run, path string) {
	t.Helper()
	file := &tree.File.Cell
	if err := os.WriteFile(path, []byte("port = 79\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	if got := sandbox.must(file, "changed"); got != "true" {
		t.Errorf("changed: %s", got)
	}
	sandbox.must(file, "setup", true)
	sandbox.wantCommands("? cp -p")
	if got := sandbox.diffs(); !strings.Contains(got, "-port = 79\n+port = 80") {
		t.Errorf("the sandbox shows %q", got)
	}
	r.must(file, "setup", true)
	kept, err := filepath.Glob(path + ".20*-*-*--*-*-*")
	if err != nil || len(kept) != 1 || read(t, kept[0]) != "port = 79" || read(t, path) != "port = 80" {
		t.Errorf("there are %q, error %v", kept, err)
	}
}

// TestConfigOfRoot reads and writes a file that only root may.
func TestConfigOfRoot(t *testing.T) {
	if !hasSudo(t) {
		t.Skip("sudo asks for a password here")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "secret.conf")
	sh(t, dir, "sudo install -m 600 /dev/null secret.conf && sudo chmod 700 .")
	t.Cleanup(func() { sh(t, "/", "sudo rm "+path+" && sudo chmod 755 "+dir) })
	tree := &Settings{Node: nodes.Node{Roles: here("web1")}, File: nodes.JustOne[stock.Config]{Cell: stock.Config{
		RemotePath: path, Content: "x\n", Sudo: true, Owner: "root:root"}},
		Bad: nodes.JustOne[stock.Config]{Cell: stock.Config{RemotePath: path, Content: "x"}}}
	file, r := &tree.File.Cell, newRun(t, tree, nodes.Options{})
	r.must(file, "setup")
	if got := sh(t, "/", "sudo cat "+path+" && sudo stat -c '%a %U:%G' "+path); got != "x\n600 root:root" {
		t.Errorf("the file is %q", got)
	}
	if got := r.must(file, "changed") + r.must(file, "exists") + r.must(file, "show"); got != "falsetruex" {
		t.Errorf("got %s", got)
	}
}

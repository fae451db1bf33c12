package stock_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/nodes"
	"deployer/stock"
)

// Python is a virtual environment.
type Python struct {
	nodes.Node
	Env nodes.JustOne[stock.Virtualenv]
}

// systemPython makes environments: Debian's, of the package python3-venv.
const systemPython = "/usr/bin/python3"

// wheel makes a wheel of a package with one module, and returns the folder that it is in.
func wheel(t *testing.T, name, version string) string {
	t.Helper()
	dir := t.TempDir()
	script := fmt.Sprintf(`
import zipfile
info = "%[1]s-%[2]s.dist-info/"
with zipfile.ZipFile("%[1]s-%[2]s-py3-none-any.whl", "w") as z:
    z.writestr("%[1]s.py", "version = '%[2]s'\n")
    z.writestr(info + "METADATA", "Metadata-Version: 2.1\nName: %[1]s\nVersion: %[2]s\n")
    z.writestr(info + "WHEEL", "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
    z.writestr(info + "RECORD", "%[1]s.py,,\n" + info + "METADATA,,\n" + info + "WHEEL,,\n" + info + "RECORD,,\n")
`, name, version)
	if err := os.WriteFile(filepath.Join(dir, "make.py"), []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	sh(t, dir, systemPython+" make.py")
	return dir
}

// TestVirtualenv makes an environment on a real sshd and installs a wheel in it; the second time changes nothing.
func TestVirtualenv(t *testing.T) {
	roles, home, tilde := server(t, "web1")
	wheels := wheel(t, "alpha", "1.0")
	t.Cleanup(func() { sh(t, home, "rm -rf stock-env stock-requirements.txt") })
	if err := os.WriteFile(filepath.Join(home, "stock-requirements.txt"), []byte("alpha==1.0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	tree := &Python{Node: nodes.Node{Roles: roles}, Env: nodes.JustOne[stock.Virtualenv]{Cell: stock.Virtualenv{
		Location: tilde + "/stock-env", Python: systemPython, Packages: []string{"alpha"}, RequirementsFiles: []string{tilde + "/stock-requirements.txt"},
		PipOptions: []string{"--no-index", "--find-links=" + wheels},
	}}}
	env, r := &tree.Env.Cell, newRun(t, tree, nodes.Options{})
	sandbox := newRun(t, tree, nodes.Options{Sandbox: true})
	sandbox.must(env, "setup_env")
	sandbox.wantCommands("? '"+systemPython+"' -m venv", "? pip", "? pip")
	r.must(env, "create")
	if got := r.must(env, "has_package", "alpha"); got != "false" {
		t.Errorf("a new environment has alpha: %s", got)
	}
	if sandbox.must(env, "setup_env"); !strings.Contains(sandbox.output(), "Would install alpha-1.0") {
		t.Errorf("the sandbox shows %s", sandbox.output())
	}
	r.must(env, "setup_env")
	r.must(env, "run", "python -c 'import alpha; print(alpha.version)'")
	if got := r.output(); got != "1.0\n" {
		t.Errorf("the environment has alpha %q", got)
	}
	before := snapshot(t, filepath.Join(home, "stock-env", "lib"))
	r.must(env, "setup_env")
	if snapshot(t, filepath.Join(home, "stock-env", "lib")) != before {
		t.Error("the second setup changed the environment")
	}
	for action, want := range map[string]string{"freeze": "alpha==1.0", "has_package": "true"} {
		args := []any{"alpha"}
		if action == "freeze" {
			args = nil
		}
		if got := r.must(env, action, args...); got != want {
			t.Errorf("%s: got %s, want %s", action, got, want)
		}
	}
	if _, err := r.call(env, "install_package", "nothing"); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("a package that is not to be had: %v", err)
	}
}

package stock_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/nodes"
	"deployer/stock"
)

// Machine has packages.
type Machine struct {
	nodes.Node
	Apt nodes.JustOne[stock.Apt]
}

// aptHost is a host with the real apt and dpkg, whose databases are in a folder of the test: it runs every command in a
// mount namespace of its own. It has no sources of packages.
func aptHost(t *testing.T) (hosts.Host, string) {
	t.Helper()
	sshdtest.NeedAccounts(t) // which says why there is no mount namespace, where there is none
	dir := t.TempDir()
	var mounts strings.Builder
	for _, at := range []string{"/var/lib/dpkg", "/var/lib/apt", "/var/cache/apt", "/etc/apt", "/var/log", "/opt"} {
		fmt.Fprintf(&mounts, "mkdir -p %[1]s%[2]s && mount --bind %[1]s%[2]s %[2]s && ", dir, at)
	}
	sh(t, dir, "mkdir -p var/lib/dpkg/info var/lib/dpkg/updates var/lib/apt/lists/partial var/cache/apt/archives/partial etc/apt/preferences.d "+
		"etc/apt/apt.conf.d var/log/apt && touch var/lib/dpkg/status")
	command := []string{"unshare", "--mount", "--propagation", "private", "sh", "-c", mounts.String() + `exec "$@"`, "sh"}
	return nodes.WrappedHost(hosts.WrappedOptions{Slug: "deb1", Command: command}), dir
}

// addPackage puts a package into a repository, and returns its file.
func addPackage(t *testing.T, repo, name, version string) string {
	t.Helper()
	dir := t.TempDir()
	sh(t, dir, fmt.Sprintf(`mkdir -p %[1]s/DEBIAN %[1]s/opt/%[1]s && echo %[2]s > %[1]s/opt/%[1]s/version &&
		printf 'Package: %[1]s\nVersion: %[2]s\nArchitecture: all\nMaintainer: x <x@example.com>\nDescription: test\n' > %[1]s/DEBIAN/control &&
		dpkg-deb --build --root-owner-group %[1]s %[3]s/%[1]s_%[2]s.deb`, name, version, repo))
	sh(t, repo, `for f in *.deb; do dpkg-deb -f $f; echo "Filename: ./$f"; stat -c 'Size: %s' $f; echo "SHA256: $(sha256sum $f | cut -d' ' -f1)"; echo; done > Packages`)
	return filepath.Join(repo, name+"_"+version+".deb")
}

// TestApt installs, upgrades and removes real packages with the real apt-get, on a machine of its own.
func TestApt(t *testing.T) {
	repo := t.TempDir()
	sh(t, repo, "chmod 755 . ..")
	addPackage(t, repo, "alpha", "1")
	file := addPackage(t, t.TempDir(), "loose", "7")
	host, dir := aptHost(t)
	tree := &Machine{Node: nodes.Node{Roles: nodes.Roles{nodes.Role("host", host)}}, Apt: nodes.JustOne[stock.Apt]{Cell: stock.Apt{
		Sources: []string{"deb [trusted=yes] file:" + repo + " ./"}, Key: "a key",
		Packages: []string{"alpha"}, OptionalPackages: []string{"beta", "never"}, DebFiles: []string{file}}}}
	apt, r := &tree.Apt.Cell, newRun(t, tree, nodes.Options{})
	is := func(action, name, want string) {
		t.Helper()
		if got := r.must(apt, action, name); got != want {
			t.Errorf("%s %s is %s", action, name, got)
		}
	}
	is("is_installed", "alpha", "false")
	is("is_available", "alpha", "false") // nothing was updated yet
	sandbox, fresh := newRun(t, tree, nodes.Options{Sandbox: true}), snapshot(t, dir)
	sandbox.must(apt, "setup")
	sandbox.wantCommands("? "+aptGet+"update", "? "+aptGet+"install -- '/", "? "+aptGet+"update", "? "+aptGet+"install -- 'alpha'")
	if got := sandbox.diffs(); !strings.Contains(got, "+deb [trusted=yes] file:"+repo+" ./\n") || !strings.Contains(got, "+a key\n") {
		t.Errorf("the sandbox shows %q", got)
	}
	if snapshot(t, dir) != fresh {
		t.Error("the sandbox changed something")
	}
	r.must(apt, "setup")
	r.wantCommands(aptGet+"update", aptGet+"install -- '/", aptGet+"install -- 'alpha'")
	is("is_installed", "alpha", "true")
	is("is_installed", "loose=7", "true")
	before := snapshot(t, dir)
	r.must(apt, "setup")
	if r.wantCommands(); snapshot(t, dir) != before {
		t.Error("the second setup changed something")
	}

	addPackage(t, repo, "alpha", "2")
	addPackage(t, repo, "beta", "1")
	r.must(apt, "update")
	is("is_package_available", "beta", "true")
	is("is_installed", "alpha=2", "false")
	if got := r.must(apt, "upgradable"); !strings.Contains(got, "alpha/") {
		t.Errorf("upgradable: %s", got)
	}
	r.must(apt, "setup")
	r.wantCommands(aptGet + "install -- 'beta'")
	r.must(apt, "upgrade")
	is("is_installed", "alpha=2", "true")
	r.must(apt, "upgrade")
	r.wantCommands()
	r.must(apt, "install", "alpha=2", "beta")
	r.wantCommands()
	r.must(apt, "remove", "beta", "never")
	r.wantCommands(aptGet + "remove -- 'beta'")
	is("is_installed", "beta", "false")
	r.must(apt, "remove", "beta")
	r.wantCommands()
	if got := read(t, filepath.Join(dir, "opt/alpha/version")); got != "2" {
		t.Errorf("alpha is there in the version %s", got)
	}

	r = newRun(t, tree, nodes.Options{Sandbox: true})
	installed := filepath.Join(dir, "var/lib/dpkg")
	before = snapshot(t, installed)
	r.must(apt, "install", "beta")
	if r.wantCommands("apt-get --simulate -q install -- 'beta'", "? "+aptGet+"install -- 'beta'"); snapshot(t, installed) != before {
		t.Error("the sandbox installed something")
	}
}

const aptGet = "DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0" +
	" -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "

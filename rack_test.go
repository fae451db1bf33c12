package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"deployer"
	"deployer/hosts"
	"deployer/internal/sshdtest"
	"deployer/nodes"
)

// rack is one sshd that is several hosts: each has an address of its own, and a home.
type rack struct {
	t       *testing.T
	server  *sshdtest.Server
	slugs   []string
	dir     string // holds the homes
	scripts string // is first in the PATH of the hosts
}

func startRack(t *testing.T, slugs ...string) *rack {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "rack-") // sockets must have short names
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	r := &rack{t: t, slugs: slugs, dir: dir, scripts: filepath.Join(dir, "bin")}
	makeDir(t, r.scripts)
	// The home of sshd's own sftp is that of the account file, and not HOME.
	config := []string{"Subsystem sftp cd && exec /usr/lib/openssh/sftp-server"}
	for i, slug := range slugs {
		makeDir(t, r.home(slug))
		env := fmt.Sprintf("SetEnv HOME=%s LC_ALL=C PATH=%s:/usr/bin:/bin:/usr/sbin:/sbin", r.home(slug), r.scripts)
		config = append(config, "Match LocalAddress "+address(i), env)
	}
	config = append(config, "Match all")
	r.server = sshdtest.Start(t, sshdtest.Options{Addresses: len(slugs), NoSFTP: true, Config: config})
	return r
}

func makeDir(t *testing.T, dir string) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
}

func address(i int) string { return fmt.Sprintf("127.0.0.%d", 1+i) }

func (r *rack) home(slug string) string { return filepath.Join(r.dir, slug) }

// script gives all hosts a program.
func (r *rack) script(name, text string) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(r.scripts, name), []byte("#!/bin/sh\n"+text), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// machine is a host for trees in Go.
func (r *rack) machine(slug string) hosts.Host {
	return nodes.SSHHost(hosts.SSHOptions{Slug: slug, Address: address(slices.Index(r.slugs, slug)),
		Port: r.server.Port, Username: me(),
		KeyFilename: r.server.ClientKeyFile, KnownHosts: []string{r.server.KnownHostsFile}, ConfigFilename: "none"})
}

// star is a file of all hosts, for scripts.
func (r *rack) star() string {
	var b strings.Builder
	for i, slug := range r.slugs {
		fmt.Fprintf(&b, "%s = ssh_host(%q, address = %q, port = %d, username = %q, config_filename = \"none\", ",
			strings.ReplaceAll(slug, "-", "_"), slug, address(i), r.server.Port, me())
		fmt.Fprintf(&b, "key_filename = %q, known_hosts = %q)\n", r.server.ClientKeyFile, r.server.KnownHostsFile)
	}
	return b.String()
}

// sh runs a command of the test in the home of a host, or in a folder there.
func (r *rack) sh(in, command string) string {
	r.t.Helper()
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir = r.home(in)
	cmd.Env = append(os.Environ(), "HOME="+r.dir, "LC_ALL=C")
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("%s: %s: %v\n%s", in, command, err, out)
	}
	return strings.TrimSpace(string(out))
}

// front is a tree, as a script or in Go.
type front struct {
	t       *testing.T
	program deployer.Program
	file    []string // the options that name the tree
	homes   string   // the folder that differs from test to test
}

// scriptOf is a tree of testdata in which a file of hosts is that of the rack.
func (r *rack) scriptOf(tree, hostsFile string) front {
	r.t.Helper()
	dir := r.t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Dir(tree))); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, hostsFile), []byte(r.star()), 0o600); err != nil {
		r.t.Fatal(err)
	}
	return front{r.t, deployer.Program{}, []string{"-f", filepath.Join(dir, filepath.Base(tree))}, r.dir}
}

// goOf is a tree in Go.
func (r *rack) goOf(root nodes.Embedder) front {
	return front{r.t, deployer.Program{Root: root}, nil, r.dir}
}

// does runs a line and returns all that is seen of it; hosts work in parallel, so that the lines are sorted.
func (f front) does(line string) string {
	f.t.Helper()
	return strings.ReplaceAll(seenOf(f.t, f.program, "", append(f.file, strings.Fields(line)...)), f.homes, "$RACK")
}

// client is a home with an ssh_config for all hosts, where a tree is the user's own.
func (r *rack) client() place {
	r.t.Helper()
	p := place{dir: r.t.TempDir()}
	p.home = filepath.Join(p.dir, "home")
	makeDir(r.t, filepath.Join(p.home, ".ssh"))
	var b strings.Builder
	for i, slug := range r.slugs {
		fmt.Fprintf(&b, "Host %s\n  HostName %s\n  Port %d\n  User %s\n", slug, address(i), r.server.Port, me())
		fmt.Fprintf(&b, "  IdentityFile %s\n  IdentitiesOnly yes\n  UserKnownHostsFile %s\n",
			r.server.ClientKeyFile, r.server.KnownHostsFile)
	}
	p.write(r.t, "home/.ssh/config", b.String())
	return p
}

package deployer_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
)

// real adds a host behind a real sshd to the tree.
func (g *gate) real(slug string, s *sshdtest.Server, options ...string) {
	g.t.Helper()
	options = append([]string{fmt.Sprintf("%q", slug), `address = "127.0.0.1"`, fmt.Sprintf("port = %d", s.Port),
		fmt.Sprintf("username = %q", s.User)}, options...)
	g.add(options...)
}

// keygen runs ssh-keygen, which must succeed.
func (g *gate) keygen(args ...string) {
	g.t.Helper()
	if out, err := exec.Command("ssh-keygen", append([]string{"-q"}, args...)...).CombinedOutput(); err != nil {
		g.t.Fatalf("ssh-keygen %q: %v: %s", args, err, out)
	}
}

// states runs the action hello on all hosts without a person, and returns how each host ended.
func (g *gate) states(args ...string) (states map[string]string, said string) {
	g.t.Helper()
	r := g.start(g.t, append([]string{"run", "--json"}, append(args, "hello")...)...)
	r.status()
	all, err := readEvents(r.out.String())
	if err != nil {
		g.t.Fatal(err)
	}
	states = map[string]string{}
	for _, e := range all {
		if e.Event == "host.end" {
			states[e.Host] = e.State
		}
	}
	return states, r.err.String()
}

// Every kind of entry of known_hosts, as ssh-keygen and administrators write them, against one sshd with several keys
// and certificates, and what is said of those that are not trusted.
func TestEntriesOfKnownHosts(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	s := sshdtest.Start(t, sshdtest.Options{HostKeys: []string{"ed25519", "rsa"}, HostCertificates: true})
	host := fmt.Sprintf("[127.0.0.1]:%d ", s.Port)
	keys := make([]string, 2)
	for i, line := range s.HostKeyLines {
		keys[i] = strings.TrimPrefix(line, host)
	}
	authority := strings.TrimPrefix(s.AuthorityLine, "@cert-authority "+host)
	stray := strings.TrimSpace(g.read(strayPublic(g)))
	says := map[string]string{}
	for slug, c := range map[string]struct{ entries, options, says string }{
		"one":        {host + keys[0], "", ""},
		"other":      {host + keys[1], "", ""},
		"everywhere": {"127.0.0.1 " + keys[1], "", ""},
		"pattern":    {"*,!10.0.0.1 " + keys[0], "", ""},
		"certified":  {"@cert-authority [127.0.0.*]:* " + authority, "", ""},
		"both":       {"@cert-authority * " + authority + "\n" + host + keys[1], "", ""},
		"named":      {"", fmt.Sprintf("host_key = %q", keys[1]), ""},
		"taken":      {"", `host_keys = "accept-new"`, ""},
		"unknown":    {"elsewhere " + keys[0], "", "is not known: ssh-ed25519 SHA256:"},
		"uncertain":  {"@cert-authority elsewhere " + authority, "", "is not known: ssh-ed25519 SHA256:"},
		"changed":    {"# ours\n" + host + stray, `host_keys = "accept-new"`, "changed_known:2 says ssh-ed25519 SHA256:"},
		"revoked":    {host + keys[0] + "\n@revoked * " + keys[0], `host_keys = "accept-new"`, "is revoked by "},
		"cast out": {"@cert-authority * " + authority + "\n@revoked * " + authority, "",
			"the authority that certified the host key of"},
		"renamed": {host + keys[0], fmt.Sprintf("host_key = %q", stray),
			"is not the one that host_key names: it is ssh-ed25519 SHA256:"},
	} {
		file := g.ssh(strings.ReplaceAll(slug, " ", "_") + "_known")
		must(t, os.WriteFile(file, []byte(c.entries+"\n"), 0o600))
		if slug == "one" {
			g.keygen("-H", "-f", file)
		}
		options := []string{fmt.Sprintf("known_hosts = %q", file), fmt.Sprintf("key_filename = %q", s.ClientKeyFile)}
		if c.options != "" {
			options = append(options, c.options)
		}
		g.real(slug, s, options...)
		says[slug] = c.says
	}
	if strings.Contains(g.read(g.ssh("one_known")), "127.0.0.1") {
		t.Error("ssh-keygen has hashed nothing")
	}
	states, said := g.states()
	for slug, part := range says {
		want := "done"
		if part != "" {
			want = "refused"
		}
		if states[slug] != want {
			t.Errorf("%s: %s, want %s", slug, states[slug], want)
		}
		if !strings.Contains(said, part) {
			t.Errorf("%s: nothing says %q", slug, part)
		}
	}
	if t.Failed() {
		t.Log(said)
	}
}

// strayPublic makes a key that no host has, and returns the file of its public half.
func strayPublic(g *gate) string {
	g.t.Helper()
	file := g.ssh("stray")
	g.keygen("-t", "ed25519", "-N", "", "-C", "", "-f", file)
	return file + ".pub"
}

// A person comes to two new hosts behind a new jump host, all of which want a key and a password: what is on the way is
// asked for first, what both hosts want once, and the passphrase of the key once for all.
func TestWayToNewHosts(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	g := newGate(t)
	g.lockKey(passphrase)
	const jumpPassword = wrongPassword // the hosts have another one
	start := func(password string, methods string) *sshdtest.Server {
		authorized := filepath.Join(g.world(), "authorized")
		return sshdtest.Start(t, sshdtest.Options{
			Accounts: []sshdtest.Account{{Name: "deploytest", Password: password}}, UsePAM: true,
			Config: []string{"AuthenticationMethods publickey," + methods, "AuthorizedKeysFile " + authorized},
		})
	}
	jump := start(jumpPassword, "keyboard-interactive")
	way := fmt.Sprintf("deploytest@127.0.0.1:%d", jump.Port)
	for i, methods := range []string{"password", "keyboard-interactive"} {
		s := start(rightPassword, methods)
		g.real(fmt.Sprintf("web%d", i+1), s, fmt.Sprintf("jump = %q", way), `config_filename = "none"`)
	}
	p := g.sit(t, "run", "hello")
	for _, q := range [][2]string{
		{"this host key is not known yet; compare the fingerprint with the one you were told:\r\n", ""},
		{way, ""},
		{"trust this key, now and in future? [y/N] ", "y"},
		{"passphrase of ~/.ssh/id_ed25519 on " + way + ": ", passphrase},
		{"password of deploytest on " + way + ": ", jumpPassword},
		{"these host keys are not known yet; compare the fingerprints with those you were told:\r\n", ""},
		{"trust these keys, now and in future? [y/N] ", "yes"},
		{"password of deploytest on web[1-2]: ", rightPassword},
	} {
		p.Expect(q[0])
		if q[1] != "" {
			p.Send(q[1] + "\r")
		}
	}
	p.ends(0)
	out := p.Output()
	for text, want := range map[string]int{
		"hello\r\n": 2, "not known yet": 2, "passphrase of": 1, "password of": 2,
	} {
		if n := strings.Count(out, text); n != want {
			t.Errorf("it says %q %d times, want %d:\n%s", text, n, want, out)
		}
	}
	if n := strings.Count(g.read(g.ssh("known_hosts")), "\n"); n != 3 {
		t.Errorf("known_hosts has %d lines, want 3", n)
	}
	expectNoSecrets(t, g, out+g.read(g.ssh("known_hosts")))
}

// world is a directory that the accounts of sshd can look into, with the public keys of ~/.ssh in the file authorized.
func (g *gate) world() string {
	g.t.Helper()
	dir, err := os.MkdirTemp("/tmp", "world")
	must(g.t, err)
	g.t.Cleanup(func() { os.RemoveAll(dir) })
	must(g.t, os.Chmod(dir, 0o755))
	public, err := exec.Command("ssh-keygen", "-y", "-P", passphrase, "-f", g.ssh("id_ed25519")).Output()
	must(g.t, err)
	must(g.t, os.WriteFile(filepath.Join(dir, "authorized"), public, 0o644))
	return dir
}

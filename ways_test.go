package deployer_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"
)

// agent starts OpenSSH's agent with the keys of files, and returns its socket.
func (g *gate) agent(files ...string) string {
	g.t.Helper()
	dir, err := os.MkdirTemp("", "agent") // the folder of the test may be too long for a socket
	must(g.t, err)
	g.t.Cleanup(func() { os.RemoveAll(dir) })
	socket := filepath.Join(dir, "socket")
	server := exec.Command("ssh-agent", "-D", "-a", socket)
	must(g.t, server.Start())
	g.t.Cleanup(func() {
		_ = server.Process.Kill() // an error means that it has ended
		_ = server.Wait()
	})
	eventually(g.t, "the agent listens", func() bool {
		conn, err := net.Dial("unix", socket)
		return err == nil && conn.Close() == nil
	})
	add := exec.Command("ssh-add", append([]string{"-q"}, files...)...)
	add.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket)
	if out, err := add.CombinedOutput(); err != nil {
		g.t.Fatalf("ssh-add: %v: %s", err, out)
	}
	return socket
}

// Every way in that needs nobody, as ssh-keygen, ssh-agent and ssh_config make it, to one sshd that lets a key in, and
// certificates of an authority; straight, and through a jump host that wants the same.
func TestWaysWithoutAnybody(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	g.keygen("-t", "ed25519", "-N", "", "-f", g.ssh("authority"))
	g.keygen("-t", "ed25519", "-a", "1", "-N", passphrase, "-f", g.ssh("locked"))
	for _, name := range []string{"bare", "certified", "signed", "apart"} {
		g.keygen("-t", "ed25519", "-N", "", "-f", g.ssh(name))
	}
	g.keygen("-t", "rsa", "-b", "2048", "-N", "", "-f", g.ssh("rsa"))
	for _, name := range []string{"certified", "signed", "apart"} {
		g.keygen("-s", g.ssh("authority"), "-I", name, "-n", me(), "-V", "-1d:+1d", g.ssh(name+".pub"))
	}
	must(t, os.Rename(g.ssh("apart-cert.pub"), g.ssh("certificate")))
	var crowd []string
	for i := range 19 {
		crowd = append(crowd, g.ssh(fmt.Sprintf("crowd%d", i)))
		g.keygen("-t", "ed25519", "-N", "", "-f", crowd[i])
	}
	crowded := g.agent(append(crowd, g.ssh("bare"))...)
	certified := g.agent(g.ssh("certified"))
	s := g.letIn("bare", "locked", "rsa")
	jump := g.letIn("bare", "locked", "rsa")

	slugs := 0
	for name, c := range map[string]struct{ config, options string }{
		"a file":                    {"IdentityFile KEYS/bare", ""},
		"key_filename":              {"", `key_filename = "KEYS/bare"`},
		"RSA":                       {"", `key_filename = "KEYS/rsa"`},
		"a file with a phrase":      {"", fmt.Sprintf(`key_filename = "KEYS/locked", key_password = secret(%q)`, passphrase)},
		"a text":                    {"", fmt.Sprintf("key = %q", g.read(g.ssh("bare")))},
		"a certificate":             {"IdentityFile KEYS/signed", ""},
		"a certificate apart":       {"IdentityFile KEYS/apart\nCertificateFile KEYS/certificate", ""},
		"the agent, the last of 20": {"IdentityAgent " + crowded, ""},
		"the agent, one of 20":      {"IdentityAgent " + crowded + "\nIdentityFile KEYS/bare.pub\nIdentitiesOnly yes", ""},
		"a certificate in it":       {"IdentityAgent " + certified, ""},
	} {
		for _, way := range []string{"none", fmt.Sprintf("%s@127.0.0.1:%d", jump.User, jump.Port)} {
			slugs++
			config := g.ssh(fmt.Sprintf("config%d", slugs))
			must(t, os.WriteFile(config, []byte(strings.ReplaceAll(c.config, "KEYS", g.ssh())+"\n"), 0o600))
			options := []string{fmt.Sprintf("config_filename = %q", config), fmt.Sprintf("jump = %q", way)}
			if c.options != "" {
				options = append(options, strings.ReplaceAll(c.options, "KEYS", g.ssh()))
			}
			g.real(fmt.Sprintf("%s, jump %s", name, way), s, options...)
		}
	}
	states, said := g.states()
	for slug, state := range states {
		if state != "done" {
			t.Errorf("%s: %s", slug, state)
		}
	}
	if len(states) != slugs {
		t.Errorf("%d hosts ended, want %d", len(states), slugs)
	}
	for _, server := range []*sshdtest.Server{s, jump} {
		if strings.Contains(server.Log(), "maximum authentication attempts") {
			t.Error("a server was offered too many keys")
		}
	}
	if t.Failed() {
		t.Log(said)
	}
	expectNoSecrets(t, g, said)
}

// letIn starts an sshd that lets in who has a key of ~/.ssh, or a certificate of the authority there.
func (g *gate) letIn(names ...string) *sshdtest.Server {
	g.t.Helper()
	dir, err := os.MkdirTemp("/tmp", "keys")
	must(g.t, err)
	g.t.Cleanup(func() { os.RemoveAll(dir) })
	must(g.t, os.Chmod(dir, 0o755))
	authorized := ""
	for _, name := range names {
		authorized += g.read(g.ssh(name + ".pub"))
	}
	must(g.t, os.WriteFile(filepath.Join(dir, "authorized"), []byte(authorized), 0o644))
	must(g.t, os.WriteFile(filepath.Join(dir, "authority"), []byte(g.read(g.ssh("authority.pub"))), 0o644))
	s := sshdtest.Start(g.t, sshdtest.Options{Config: []string{
		"MaxAuthTries 6", "AuthorizedKeysFile " + dir + "/authorized", "TrustedUserCAKeys " + dir + "/authority",
	}})
	g.know(strings.Join(s.HostKeyLines, "\n") + "\n")
	return s
}

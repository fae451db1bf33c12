package script

import (
	"context"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"deployer/hosts"
	"deployer/journal"
	"deployer/nodes"
)

// hostsOf loads a tree and returns the hosts of its root.
func hostsOf(t *testing.T, secrets *journal.Secrets, text string) []hosts.Host {
	t.Helper()
	loaded, err := Load(context.Background(), writeTree(t, text), Options{Secrets: secrets})
	if err != nil {
		t.Fatal(err)
	}
	return loaded.Tree.Root().Hosts()
}

func TestOptionsOfSSHHost(t *testing.T) {
	secrets := journal.NewSecrets()
	all := hostsOf(t, secrets, `
base = ssh_host("base", address = "10.0.0.1", port = 2222, username = "u", password = "pass-word", key_filename = "~/k",
    key_password = "key-pass", config_filename = "none", known_hosts = ["a", "b"], host_keys = "accept-new",
    timeout = 1.5, keepalive_interval = 7, jump = "j@gate:22", identities_only = True, agent_forwarding = False,
    shell = "/bin/dash", sudo_password = "sudo-pass", sudo_password_command = ["pass", "sudo"])
derived = base(slug = "derived", port = 22, known_hosts = "c", timeout = 2, password = from_env("P"))
old = ssh_host("old", rsa_key = "the key", rsa_key_password = "old-pass", proxy_command = "nc %h %p")
root = node(hosts = [base, derived, old])
`)
	yes, no := true, false
	base := hosts.SSHOptions{
		Slug: "base", Address: "10.0.0.1", Port: 2222, Username: "u", Password: "pass-word", KeyFilename: "~/k",
		KeyPassword: "key-pass", ConfigFilename: "none", KnownHosts: []string{"a", "b"}, HostKeys: "accept-new",
		Timeout: 1500 * time.Millisecond, Keepalive: 7 * time.Second, Jump: "j@gate:22",
		IdentitiesOnly: &yes, AgentForwarding: &no,
		Common: hosts.Common{Shell: "/bin/dash", SudoPassword: "sudo-pass", SudoPasswordCommand: []string{"pass", "sudo"}},
	}
	wantOptions(t, secrets, all[0], base)
	t.Setenv("P", "from the environment")
	derived := base
	derived.Slug, derived.Port, derived.KnownHosts = "derived", 22, []string{"c"}
	derived.Timeout, derived.Password = 2*time.Second, "from the environment"
	wantOptions(t, secrets, all[1], derived)
	wantOptions(t, secrets, all[2], hosts.SSHOptions{Slug: "old", Key: "the key", KeyPassword: "old-pass", ProxyCommand: "nc %h %p"})
	if got := secrets.Mask("pass-word key-pass sudo-pass"); strings.Contains(got, "pass-") || strings.Contains(got, "-pass") {
		t.Errorf("not masked: %s", got)
	}
}

// wantOptions compares the options of a host, with its secrets revealed.
func wantOptions(t *testing.T, secrets *journal.Secrets, h hosts.Host, want hosts.SSHOptions) {
	t.Helper()
	got := h.(*hosts.SSH).Options()
	for _, field := range []*string{&got.Password, &got.Key, &got.KeyPassword, &got.SudoPassword} {
		if *field == "" {
			continue
		}
		if !secrets.Has(*field) {
			t.Errorf("%s: a secret is kept as it is", got.Slug)
		}
		var err error
		if *field, err = secrets.Reveal(context.Background(), *field); err != nil {
			t.Error(err)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
}

func TestOtherHosts(t *testing.T) {
	all := hostsOf(t, journal.NewSecrets(), `
w = wrapped_host("w", command = ["docker", "exec", "-i", "web"], shell = "/bin/sh")
l = local_host()
root = node(hosts = [w, w(slug = "w2", command = ["sh", "-c"]), w("w3") if False else l, l(slug = "l2", shell = "/bin/dash")])
`)
	if got := all[0].(*hosts.Wrapped).Options(); got.Slug != "w" || len(got.Command) != 4 || got.Shell != "/bin/sh" {
		t.Errorf("got %+v", got)
	}
	if got := all[1].(*hosts.Wrapped).Options(); got.Slug != "w2" || len(got.Command) != 2 || got.Shell != "/bin/sh" {
		t.Errorf("got %+v", got)
	}
	if got := all[2].(*hosts.Local).Options(); got.Slug != "localhost" {
		t.Errorf("got %+v", got)
	}
	if got := all[3].(*hosts.Local).Options(); got.Slug != "l2" || got.Shell != "/bin/dash" {
		t.Errorf("got %+v", got)
	}
}

func TestOptionsThatDoNotGoTogether(t *testing.T) {
	wantReport(t, map[string]string{"deploy": `a = ssh_host("a", key = "the key", key_filename = "f", jump = "x", proxy_command = "y")
b = ssh_host("b", agent_forwarding = 1)
c = ssh_host("c", address = "c c")
root = node(hosts = [a, b, c])
`},
		"deploy:1:19: ssh_host: key and key_filename are both given: expected one of them",
		"deploy:1:56: ssh_host: jump and proxy_command are both given: expected one of them",
		"deploy:2:19: ssh_host: agent_forwarding: got int, want True or False",
		`deploy:3:19: ssh_host: address is "c c": expected a host name or an IP address, without spaces`)
}

// TestSudo looks at what is asked of the host: whether sudo is there and lets us is not the matter.
func TestSudo(t *testing.T) {
	r := newRun(t, `
root = node(hosts = local_host(),
    go = lambda env: [attempt(env.host.sudo, "true", user = "nobody"), attempt(env.host.output, "true", sudo = True),
        attempt(env.host.result, "true", sudo = True, user = "nobody"), attempt(env.host.run, "true", user = "nobody")])
`, nodes.Options{})
	if _, err := r.call(t, context.Background(), "go"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, ev := range r.events.Events() {
		if ev.Kind == journal.CommandStart && ev.Sudo {
			got = append(got, "sudo "+ev.User)
		}
	}
	if want := []string{"sudo nobody", "sudo ", "sudo nobody"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSecretCommandsThatFail(t *testing.T) {
	for text, want := range map[string]string{
		`["sh", "-c", "echo not this; echo no such entry >&2; exit 3"]`: "exit status 3: no such entry",
		`["no-such-program-here"]`:                                      "executable file not found",
	} {
		r := newRun(t, "s = from_command("+text+")\n"+
			`root = node(hosts = local_host(), go = lambda env: env.host.env("X", s).run("true"))`, nodes.Options{})
		_, err := r.call(t, context.Background(), "go")
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "not this") {
			t.Errorf("%s: got %v", text, err)
		}
	}
}

// TestNothingRunsWhileLoading loads a tree whose every secret, property and action would leave a trace.
func TestNothingRunsWhileLoading(t *testing.T) {
	dir := t.TempDir()
	trace := filepath.Join(dir, "trace")
	hostsOf(t, journal.NewSecrets(), `
s = from_command(["touch", "`+trace+`"])
h = wrapped_host("w", command = ["touch", "`+trace+`"], sudo_password = s, sudo_password_command = ["touch", "`+trace+`"])
def act(env): env.host.run("touch `+trace+`")
root = node(hosts = h, actions = [act], p = property(act), default = act, text = "%s" % s)
`)
	if found, err := filepath.Glob(trace); err != nil || len(found) > 0 {
		t.Errorf("something ran: %v %v", found, err)
	}
}

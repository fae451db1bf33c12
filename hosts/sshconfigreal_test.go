package hosts

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"deployer/internal/sshdtest"
	"deployer/journal"
)

// configured returns options for a real sshd that read a configuration, in which PORT and KEY are those of the server.
func (l *lab) configured(text string, config ...string) SSHOptions {
	l.Helper()
	o := l.sshd(sshdtest.Options{Config: config})
	text = strings.NewReplacer("PORT", fmt.Sprint(o.Port), "KEY", o.KeyFilename, "HOME", l.home).Replace(text)
	l.write("config", text)
	o.ConfigFilename = l.path("config")
	return o
}

func TestConfigEnvironment(t *testing.T) {
	t.Setenv("LC_DEPLOYER", "sent")
	t.Setenv("MY_DEPLOYER", "kept")
	l := newLab(t, Options{})
	o := l.configured("SendEnv LC_* MY_*\nSetEnv LC_SET=\"a b\" OTHER=x\n", "AcceptEnv LC_*")
	const show = `echo "$LC_DEPLOYER-$MY_DEPLOYER-$LC_SET-$OTHER"`
	for range 5 { // the last ones under a guard
		got, err := run(t, l.session.Handle(l.host(o)), show, RunOptions{})
		if want := "sent--a b-\n"; err != nil || got != want {
			t.Errorf("%q, %v; want %q", got, err, want)
		}
	}
}

func TestConfigMatchExec(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.configured("Host real\n  HostName 127.0.0.1\n"+
		"Match exec \"test %h:%n = 127.0.0.1:real\" localuser * originalhost real\n  SetEnv LC_X=met\n", "AcceptEnv LC_*")
	o.Address = ""
	if got, err := run(t, l.session.Handle(l.host(o)), "echo $LC_X", RunOptions{}); err != nil || got != "met\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestConfigCertificateFile(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	ca, key, cert := l.path("ca"), l.path("user"), l.path("elsewhere")
	for _, args := range [][]string{
		{"-t", "ed25519", "-f", ca}, {"-t", "ed25519", "-f", key}, {"-s", ca, "-I", "me", "-n", "root,deploy," + l.userName(), "-V", "-1d:+1d", key + ".pub"},
	} {
		out, err := exec.Command("ssh-keygen", append([]string{"-q", "-N", ""}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := os.Rename(key+"-cert.pub", cert); err != nil {
		t.Fatal(err)
	}
	o := l.configured("IdentityFile "+key+"\nCertificateFile "+cert+"\n", "TrustedUserCAKeys "+ca+".pub", "AuthorizedKeysFile none")
	o.KeyFilename = ""
	l.output(o, "true")
	o.Slug, o.ConfigFilename = "without", "none"
	o.KeyFilename = key
	l.fails(o, LoginFailed)
}

func (l *lab) userName() string {
	l.Helper()
	name, err := localUser()
	if err != nil {
		l.Fatal(err)
	}
	return name
}

func TestConfigAlgorithms(t *testing.T) {
	t.Parallel()
	const old = "HostKeyAlgorithms ssh-rsa\nKexAlgorithms diffie-hellman-group14-sha1\n" +
		"Ciphers aes128-cbc\nMACs hmac-sha1\n"
	const named = "HostKeyAlgorithms ssh-ed25519\nKexAlgorithms ecdh-sha2-nistp256\n" +
		"Ciphers aes128-ctr\nMACs hmac-sha2-256\n"
	for _, c := range []struct{ name, config, server, says string }{
		{"named", named, "", ""},
		{"none in common", "KexAlgorithms ecdh-sha2-nistp256\n", "KexAlgorithms curve25519-sha256", "no common algorithm"},
		{"what is not safe", "", old, "no common algorithm"},
		{"what is not safe, allowed", strings.ReplaceAll(old, "s ", "s +"), old, ""},
		{"what is not safe, named", old, old, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := newLab(t, Options{HostKeys: "accept-new"})
			o := l.real(sshdtest.Start(t, sshdtest.Options{
				HostKeys: []string{"ed25519", "rsa"}, Config: strings.Split(c.server, "\n"),
			}))
			l.write("config", c.config)
			o.ConfigFilename = l.path("config")
			if c.says != "" {
				l.fails(o, Unreachable, c.says)
			} else {
				l.output(o, "true")
			}
		})
	}
}

func TestConfigWays(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.configured("PubkeyAuthentication no\n")
	l.fails(o, LoginFailed)
}

func TestConfigWay(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.configured("AddressFamily inet\nBindAddress 127.0.0.2\n")
	if got := l.output(o, "echo ${SSH_CLIENT%% *}"); got != "127.0.0.2\n" {
		t.Errorf("from %q", got)
	}
	l.write("config6", "AddressFamily inet6\n")
	o.Slug, o.ConfigFilename = "six", l.path("config6")
	l.fails(o, Unreachable)
}

// A server that is started while ConnectionAttempts are left is found.
func TestConfigConnectionAttempts(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	l.write("config", "ConnectionAttempts 2\n")
	o := at("late", port)
	o.ConfigFilename = l.path("config")
	begun := time.Now()
	l.fails(o, Unreachable, "refused")
	if time.Since(begun) < betweenAttempts {
		t.Error("there was no second attempt")
	}
}

// What has no effect is said once, with its place.
func TestConfigWithoutEffect(t *testing.T) {
	t.Parallel()
	l := newLab(t, Options{})
	o := l.configured("BindInterface lo\nCheckHostIP yes\nRekeyLimit 1G 1h\nLocalForward 1 a:2\nControlMaster auto\n" +
		"TCPKeepAlive yes\nBatchMode no\n")
	for range 2 {
		l.output(o, "true")
	}
	o.Slug = "second"
	l.output(o, "true")
	var said []string
	for _, e := range l.events.Events(journal.Warning) {
		said = append(said, e.Message)
	}
	if len(said) != 3 || !strings.Contains(strings.Join(said, "\n"), "config:1: BindInterface has no effect here") {
		t.Errorf("%q", said)
	}
}

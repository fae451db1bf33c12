package hosts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"deployer/internal/sshdtest"

	"golang.org/x/crypto/ssh"
)

// realChain starts two sshds, the first of which is the jump host of the second, and returns options for the second,
// which read a configuration.
func (l *lab) realChain(o sshdtest.Options, config string) SSHOptions {
	l.Helper()
	o.Config = append(o.Config, "SetEnv HOME="+l.home)
	jump, target := sshdtest.Start(l.T, o), sshdtest.Start(l.T, o)
	to := l.reading(at("real", target.Port), config)
	to.Username, to.Jump = target.User, fmt.Sprintf("%s@127.0.0.1:%d", jump.User, jump.Port)
	to.KnownHosts = []string{target.KnownHostsFile, jump.KnownHostsFile}
	return to
}

// trusting writes a file for sshd, and returns the line of its configuration that names it.
func trusting(t *testing.T, option string, keys ...ssh.PublicKey) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "sshdkeys")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	var text []byte
	for _, key := range keys {
		text = append(text, ssh.MarshalAuthorizedKey(key)...)
	}
	file := filepath.Join(dir, "keys")
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return option + " " + file
}

const rsaOnly = "PubkeyAcceptedAlgorithms rsa-sha2-512,rsa-sha2-256"

// realWays are ways in, for the configuration of sshd and of ours.
var realWays = []struct {
	name    string
	prepare func(l *lab) (config []string)
	config  string // of ours
}{
	{"key file", func(l *lab) []string { return []string{trusting(l.T, "AuthorizedKeysFile", l.key)} }, ""},
	{"the last of 9 keys", func(l *lab) []string {
		return []string{trusting(l.T, "AuthorizedKeysFile", l.crowd(9)[8])}
	}, ""},
	{"RSA with SHA-2", func(l *lab) []string {
		key := newRSA(l.T)
		l.keyFile("id_rsa", key)
		return []string{trusting(l.T, "AuthorizedKeysFile", publicOf(l.T, key)), rsaOnly}
	}, ""},
	{"RSA in the agent with SHA-2", func(l *lab) []string {
		key := newRSA(l.T)
		l.agentOf(ring(l, key))
		return []string{trusting(l.T, "AuthorizedKeysFile", publicOf(l.T, key)), rsaOnly}
	}, ""},
	{"encrypted RSA with SHA-2", func(l *lab) []string {
		key := newRSA(l.T)
		l.keyFile("id_rsa", key)
		l.lock("id_rsa", "pass phrase")
		return []string{trusting(l.T, "AuthorizedKeysFile", publicOf(l.T, key)), rsaOnly}
	}, ""},
	{"certificate", func(l *lab) []string {
		authority, trusted := newAuthority(l)
		l.write("id_ed25519-cert.pub", string(ssh.MarshalAuthorizedKey(certifyAs(l, authority, l.key))))
		return []string{trusting(l.T, "TrustedUserCAKeys", trusted), "AuthorizedKeysFile none"}
	}, ""},
	{"certificate of an RSA key", func(l *lab) []string {
		authority, trusted := newAuthority(l)
		key := newRSA(l.T)
		l.keyFile("id_rsa", key)
		l.write("id_rsa-cert.pub", string(ssh.MarshalAuthorizedKey(certifyAs(l, authority, publicOf(l.T, key)))))
		return []string{trusting(l.T, "TrustedUserCAKeys", trusted), "AuthorizedKeysFile none"}
	}, ""},
	{"hardware key", func(l *lab) []string {
		device, public := newDevice(l)
		l.agentOf(device)
		return []string{trusting(l.T, "AuthorizedKeysFile", public)}
	}, ""},
	{"two keys", func(l *lab) []string {
		publics := l.crowd(4)
		return []string{"AuthenticationMethods publickey,publickey",
			trusting(l.T, "AuthorizedKeysFile", publics[1], publics[3])}
	}, ""},
	{"RSA with SHA-1, where that is allowed", func(l *lab) []string {
		key := newRSA(l.T)
		l.keyFile("id_rsa", key)
		return []string{trusting(l.T, "AuthorizedKeysFile", publicOf(l.T, key)), "PubkeyAcceptedAlgorithms ssh-rsa"}
	}, "PubkeyAcceptedAlgorithms ssh-rsa\n"},
	{"RSA in the agent with SHA-1, where that is allowed", func(l *lab) []string {
		key := newRSA(l.T)
		l.agentOf(ring(l, key))
		return []string{trusting(l.T, "AuthorizedKeysFile", publicOf(l.T, key)), "PubkeyAcceptedAlgorithms ssh-rsa"}
	}, "PubkeyAcceptedAlgorithms ssh-rsa\n"},
}

// What sshd itself has to say about keys and certificates, on a jump host and the host behind it.
func TestRealWaysIn(t *testing.T) {
	t.Parallel()
	for _, c := range realWays {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			person := &knowing{answers: map[string]string{"passphrase of ~/.ssh/id_rsa": "pass phrase"}}
			l := newLab(t, Options{Person: person})
			server := sshdtest.Options{Config: c.prepare(l)}
			if got := l.output(l.realChain(server, c.config), "echo there"); got != "there\n" {
				t.Errorf("output %q", got)
			}
		})
	}
}

// certifyAs makes a certificate for the account that runs the tests, which is the one of sshd.
func certifyAs(l *lab, authority ssh.Signer, key ssh.PublicKey) *ssh.Certificate {
	l.Helper()
	name, err := localUser()
	if err != nil {
		l.Fatal(err)
	}
	return certify(l, authority, key, name)
}

// askAgain has PAM ask for another password, and take any.
const askAgain = "auth optional pam_userdb.so db=/nonexistent\n"

// Several ways in a row, as sshd asks for them with AuthenticationMethods, PAM asking the questions.
func TestRealSteps(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	account := sshdtest.Account{Name: "deploytest", Password: "pass word"}
	typed := map[string]string{"password": "pass word", "Password:": "pass word"}
	again := "auth required pam_unix.so\n" + askAgain + "account required pam_permit.so\n"
	for _, c := range []struct {
		name, methods, pam string
		keys               int // that the agent holds besides
		asked              int // on each of two servers
	}{
		{"key and password", "publickey,password", "", 0, 1},
		{"key and questions", "publickey,keyboard-interactive", "", 0, 1},
		{"two rounds of questions", "keyboard-interactive", again, 0, 2},
		{"key and two rounds of questions", "publickey,keyboard-interactive", again, 0, 2},
		{"15 keys and then a password", "password publickey,password", "", 15, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			person := &knowing{answers: typed}
			l := newLab(t, Options{Person: person})
			config := []string{"AuthenticationMethods " + c.methods, trusting(t, "AuthorizedKeysFile", l.key), "MaxAuthTries 3"}
			if c.keys > 0 {
				l.crowd(c.keys)
				config[1] = trusting(t, "AuthorizedKeysFile", otherKeys(t)...)
			}
			o := l.realChain(sshdtest.Options{
				Accounts: []sshdtest.Account{account}, UsePAM: true, PAM: c.pam, Config: config,
			}, "")
			if got := l.output(o, "id -un"); got != "deploytest\n" {
				t.Errorf("output %q", got)
			}
			if len(person.asked) != 2*c.asked {
				t.Errorf("asked %d questions, want %d: %+v", len(person.asked), 2*c.asked, person.asked)
			}
		})
	}
}

// What PAM says is shown, but cannot speak to the terminal.
func TestRealSpeaks(t *testing.T) {
	t.Parallel()
	sshdtest.NeedAccounts(t)
	said := filepath.Join(t.TempDir(), "said")
	if err := os.WriteFile(said, []byte("welcome \x1b]0;title\a to \x1b[2Jthis\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	person := &knowing{answers: map[string]string{"password": "pass word", "Password:": "pass word"}}
	l := newLab(t, Options{Person: person})
	o := l.realChain(sshdtest.Options{
		Accounts: []sshdtest.Account{{Name: "deploytest", Password: "pass word"}}, UsePAM: true,
		PAM: "auth required pam_unix.so\nauth optional pam_echo.so file=" + said +
			"\n" + askAgain + "account required pam_permit.so\n",
	}, "")
	l.output(o, "true")
	last := person.asked[len(person.asked)-1]
	if text := strings.Join(last.Lines, "\n"); !strings.Contains(text, "welcome") || strings.ContainsAny(text, "\x1b\a") {
		t.Errorf("asked %+v", last)
	}
}
